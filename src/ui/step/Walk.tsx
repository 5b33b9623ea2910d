/** The walk through a step: where one is, the phase's picture, formula and words, and the way on. */
import { ActionIcon, Button } from '@mantine/core';
import { useElementSize, useViewportSize } from '@mantine/hooks';
import { IconArrowLeft, IconArrowRight, IconMaximize, IconMinimize } from '@tabler/icons-react';
import { type ComponentType, useEffect, useRef } from 'react';
import type { Anatomy } from '../../protocol/anatomy.ts';
import { fillWindow, PHASES, type StepPhase, showPhase, walk } from '../../state/anatomy.ts';
import { useAnatomy } from '../use-stores.ts';
import { Agreement } from './Agreement.tsx';
import { SharpenPicture, StudentPicture, TeacherPicture } from './AnswerPictures.tsx';
import { CenterPicture } from './CenterPicture.tsx';
import { CropsPicture } from './CropsPicture.tsx';
import { EmaPicture } from './EmaPicture.tsx';
import { FORMULAS } from './formulas.tsx';
import { GradientsPicture } from './GradientsPicture.tsx';
import { LossPicture } from './LossPicture.tsx';
import { LESSONS, optimizerName } from './lessons.tsx';
import { Inline } from './math.tsx';
import { NextStep } from './NextStep.tsx';
import { OptimizerPicture } from './OptimizerPicture.tsx';
import type { PictureProps } from './pictures.ts';
import { Specimens } from './Specimens.tsx';
import classes from './step.module.css';

const PICTURES: Record<StepPhase, ComponentType<PictureProps>> = {
  crops: CropsPicture,
  teacher: TeacherPicture,
  sharpen: SharpenPicture,
  student: StudentPicture,
  loss: LossPicture,
  gradients: GradientsPicture,
  optimizer: OptimizerPicture,
  ema: EmaPicture,
  center: CenterPicture,
};

/** Phases that show one image of the batch. */
const OF_AN_IMAGE: ReadonlySet<StepPhase> = new Set(['crops', 'teacher', 'sharpen', 'student', 'loss']);

/** Height of a picture, CSS pixels: in the column, what the window leaves; never less than can be read. */
const AROUND = 370;
const MOST = 470;
const LEAST = 300;

export const phaseName = (phase: StepPhase, anatomy: Anatomy): string =>
  phase === 'optimizer' ? optimizerName(anatomy) : LESSONS[phase].name;

export function Walk({ anatomy, large }: { anatomy: Anatomy; large: boolean }) {
  const phase = useAnatomy((state) => state.phase);
  const frame = useRef<HTMLDivElement>(null);
  useWalkingKeys(frame, large);
  const at = PHASES.indexOf(phase);
  const Picture = PICTURES[phase];
  const { ref, width, height } = useElementSize();
  const { height: viewport } = useViewportSize();
  const room = { width, height: Math.max(LEAST, large ? height : Math.min(MOST, viewport - AROUND)) };
  return (
    <div className={classes.walk} data-large={large} ref={frame}>
      <div className={classes.head}>
        <Dots phase={phase} anatomy={anatomy} />
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={large ? 'Back to the page' : 'Fill the window'}
          title={large ? 'Back to the page (Escape)' : 'Fill the window, for a projector'}
          onClick={() => fillWindow(!large)}
        >
          {large ? (
            <IconMinimize size={20} aria-hidden="true" />
          ) : (
            <IconMaximize size={20} aria-hidden="true" />
          )}
        </ActionIcon>
      </div>
      <h3 className={classes.title} aria-live="polite">
        <span>
          {at + 1} of {PHASES.length}
        </span>{' '}
        {phaseName(phase, anatomy)}
      </h3>
      <div className={classes.body}>
        <div className={classes.picture} data-testid={`picture-${phase}`}>
          {OF_AN_IMAGE.has(phase) && <Specimens anatomy={anatomy} />}
          <div ref={ref} className={classes.room}>
            {width > 0 && <Picture anatomy={anatomy} room={room} />}
          </div>
        </div>
        <div className={classes.words}>
          <div className={classes.formula}>{FORMULAS[phase](anatomy)}</div>
          <p>{LESSONS[phase].text(anatomy)}</p>
          <Symbols phase={phase} anatomy={anatomy} />
          <Agreement phase={phase} anatomy={anatomy} />
        </div>
      </div>
      <div className={classes.foot}>
        <Button
          variant="default"
          size="md"
          leftSection={<IconArrowLeft size={20} aria-hidden="true" />}
          disabled={at === 0}
          onClick={() => walk(-1)}
        >
          Back
        </Button>
        <Button
          variant={at === PHASES.length - 1 ? 'default' : 'filled'}
          size="md"
          rightSection={<IconArrowRight size={20} aria-hidden="true" />}
          disabled={at === PHASES.length - 1}
          onClick={() => walk(1)}
        >
          Next
        </Button>
        <span className={classes.keysHint}>or the keys ← →</span>
        <NextStep emphasised={at === PHASES.length - 1} />
      </div>
    </div>
  );
}

function Dots({ phase, anatomy }: { phase: StepPhase; anatomy: Anatomy }) {
  return (
    <ol className={classes.dots} aria-label="Phases of the step">
      {PHASES.map((each, i) => (
        <li key={each}>
          <button
            type="button"
            aria-current={each === phase ? 'step' : undefined}
            aria-label={`${i + 1}: ${phaseName(each, anatomy)}`}
            title={phaseName(each, anatomy)}
            data-past={i < PHASES.indexOf(phase)}
            onClick={() => showPhase(each)}
          >
            <b>{i + 1}</b>
            <span>{phaseName(each, anatomy)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function Symbols({ phase, anatomy }: { phase: StepPhase; anatomy: Anatomy }) {
  return (
    <table className={classes.symbols}>
      <thead>
        <tr>
          <th scope="col">Paper</th>
          <th scope="col">Official code</th>
          <th scope="col">In this step</th>
        </tr>
      </thead>
      <tbody>
        {LESSONS[phase].symbols(anatomy).map(({ symbol, code, value }) => (
          <tr key={code}>
            <td>
              <Inline>{symbol}</Inline>
            </td>
            <td>
              <code>{code}</code>
            </td>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Controls that act on arrow keys themselves. */
const ARROWS =
  'input, textarea, select, [contenteditable=true], [role=tab], [role=option], [role=combobox], [role=listbox], [role=slider], [data-pair], [data-specimen]';

/** ← and → walk; in a window so do Page Up and Page Down, which a presenter's remote sends. */
function useWalkingKeys(frame: React.RefObject<HTMLElement | null>, large: boolean): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const by = stepOf(event.key, large);
      if (by === null) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(ARROWS)) return;
      const dialog = document.querySelector('[role=dialog][aria-modal=true]');
      if (dialog && !dialog.contains(frame.current)) return;
      event.preventDefault();
      walk(by);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [frame, large]);
}

function stepOf(key: string, large: boolean): 1 | -1 | null {
  if (key === 'ArrowRight' || (large && key === 'PageDown')) return 1;
  if (key === 'ArrowLeft' || (large && key === 'PageUp')) return -1;
  return null;
}
