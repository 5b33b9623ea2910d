/** What was worked out beside the run, and what the run's own step gave: the phase's share of it. */
import type { Anatomy } from '../../protocol/anatomy.ts';
import type { StepPhase } from '../../state/anatomy.ts';
import classes from './step.module.css';
import { numeral } from './weight-update.ts';

/** Beyond this share two numbers are not the same to float32 rounding. */
const ROUNDING = 1e-4;
/** The same for a weight, whatever its size. */
const WEIGHT_ROUNDING = 1e-5;

interface Line {
  what: string;
  same: boolean;
  /** Two numbers beside each other, or the largest difference of many. */
  found: { run: string; here: string } | { off: string };
}

export function Agreement({ phase, anatomy }: { phase: StepPhase; anatomy: Anatomy }) {
  const lines = linesOf(phase, anatomy);
  if (lines.length === 0) return null;
  return (
    <div className={classes.agreement}>
      {lines.map(({ what, found, same }) => (
        <p key={what} data-same={same}>
          {what}
          {'off' in found ? (
            <>
              {' '}
              <strong data-testid="here-value">{found.off}</strong>
            </>
          ) : (
            <>
              : <strong data-testid="run-value">{found.run}</strong>, computed here{' '}
              <strong data-testid="here-value">{found.here}</strong>
            </>
          )}
          {same ? '.' : ': more than rounding explains.'}
        </p>
      ))}
    </div>
  );
}

function linesOf(phase: StepPhase, { agreement, differences }: Anatomy): Line[] {
  const compared = (what: string, { here, run }: { here: number; run: number }): Line => ({
    what,
    found: { run: run.toFixed(3), here: here.toFixed(3) },
    same: Math.abs(here - run) <= ROUNDING * Math.max(1, Math.abs(run)),
  });
  const weights = (what: string, difference: number): Line => ({
    what: `${what} after the step, computed here, are the run’s own`,
    found: { off: difference === 0 ? 'to the last bit' : `to ${numeral(difference)}` },
    same: difference <= WEIGHT_ROUNDING,
  });
  switch (phase) {
    case 'crops':
    case 'student':
      return [];
    case 'teacher':
      return [compared('Spread of the teacher’s features over the batch', agreement.featureSpread)];
    case 'sharpen':
      return [compared('Teacher entropy of the step, over the batch', agreement.teacherEntropy)];
    case 'loss':
      return [compared('This step’s loss', agreement.loss)];
    case 'gradients':
      return [compared('Length of the whole gradient', agreement.gradNorm)];
    case 'optimizer':
      return [weights('All weights of the student', differences.student)];
    case 'ema':
      return [weights('All weights of the teacher', differences.teacher)];
    case 'center':
      return [weights('The center’s numbers', differences.center)];
    default:
      return phase satisfies never;
  }
}
