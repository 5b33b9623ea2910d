/** The verdict in words, and the signs that it was made of, each beside what it is judged by. */

import { useMemo } from 'react';
import { featureWidth } from '../../config/work-resnet.ts';
import { EARLY, recent, type Signs, type Verdict, verdictOf } from '../../state/collapse-verdict.ts';
import type { DiagnosisState } from '../../state/diagnosis.ts';
import { type SeriesState, seriesStore } from '../../state/series.ts';
import { formatCount, formatValue } from '../charts/format.ts';
import { useThrottled } from '../charts/throttle.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useDiagnosis, useSession, useSettings } from '../use-stores.ts';
import classes from './collapse.module.css';

/** Milliseconds between two verdicts. */
const INTERVAL = 1000;

const WORDS: Record<Verdict, { word: string; tone: 'good' | 'bad' | 'none' }> = {
  healthy: { word: 'Healthy', tone: 'good' },
  uniform: { word: 'Uniform collapse', tone: 'bad' },
  'one-dimensional': { word: 'One-dimensional collapse', tone: 'bad' },
  diverged: { word: 'Diverged', tone: 'bad' },
  early: { word: 'Too early to say', tone: 'none' },
};

export function Diagnosis() {
  const version = useThrottled(seriesStore, (state) => state.version, INTERVAL);
  const settings = useSettings((state) => state.config);
  const config = useSession((state) => state.runConfig) ?? settings;
  const notFinite = useSession(({ fault }) => fault?.kind === 'not-finite');
  const diagnosis = useDiagnosis((state) => state.diagnosis);
  const signs = useMemo(
    () =>
      signsOf(seriesStore.getState(), version, {
        prototypes: config.head.prototypes,
        width: featureWidth(config.backbone),
        notFinite,
        diagnosis,
      }),
    [version, config, notFinite, diagnosis],
  );
  return (
    <PanelFrame
      title="Diagnosis"
      figure={
        signs && (
          <>
            at <strong>step {formatCount(signs.steps)}</strong>
          </>
        )
      }
      about="Two networks that only have to agree have two cheap ways to do so: always the same flat answer, or always the same one prototype. In both the KL between them goes to 0 and nothing is learned any more; the teacher’s entropy tells which it is, ln K or 0. Figures of steps are means of the last 20. Prototypes in use and the effective rank are of up to 512 training images as they are evaluated; rank and use of the network before its first step stand beside them."
      source="Caron et al. 2021, §3.1 and §5.3 with Fig. 7 (entropy and KL); Chen & He 2021 (SimSiam), Fig. 2 (spread); Roy & Vetterli 2007 and Garrido et al. 2023 (RankMe), effective rank. The thresholds are this page’s own."
    >
      {signs ? (
        <Judged signs={signs} usage={diagnosis} />
      ) : (
        <div className={panel.empty}>
          <strong>{notFinite ? 'Diverged' : 'No step yet'}</strong>
          {notFinite
            ? 'The loss was not a finite number from the first step on: lower the learning rate and begin anew.'
            : 'From the first step on, this says whether the run is healthy or has collapsed, how one sees it, and what to do.'}
        </div>
      )}
    </PanelFrame>
  );
}

function Judged({ signs, usage }: { signs: Signs; usage: DiagnosisState['diagnosis'] }) {
  const { verdict, reason, remedy } = verdictOf(signs);
  const { word, tone } = WORDS[verdict];
  const { lnK, width } = signs;
  const share = (value: number) => `${((100 * value) / lnK).toFixed(1)} % of ln K`;
  return (
    <>
      <div className={classes.verdict} data-tone={tone} role="status">
        <strong data-testid="verdict">{word}</strong>
        <p>{reason}</p>
        <p>{remedy}</p>
      </div>
      <table className={classes.signs} aria-label="Signs">
        <thead>
          <tr>
            <th scope="col">Sign</th>
            <th scope="col">Now</th>
            <th scope="col">Judged by</th>
          </tr>
        </thead>
        <tbody>
          <Sign
            name="Teacher entropy"
            now={`${signs.teacherEntropy.toFixed(3)} nats`}
            by={`${share(signs.teacherEntropy)}; 100 % is flat, 0 one prototype`}
          />
          <Sign
            name="KL(teacher‖student)"
            now={`${signs.kl.toFixed(3)} nats`}
            by={`${share(signs.kl)}; near 0 nothing is left to learn`}
          />
          <Sign
            name="Loss"
            now={`${signs.loss.toFixed(3)} nats`}
            by={`ln K = ${lnK.toFixed(3)} is an even guess`}
          />
          <Sign
            name="Feature spread"
            now={formatValue(Number(signs.featureSpread.toPrecision(3)))}
            by={`1/√${width} = ${(1 / Math.sqrt(width)).toFixed(3)} on a full sphere; at 0 all images are alike`}
          />
          {usage ? (
            <>
              <Sign
                name="Effective rank"
                now={usage.teacher.rank.toFixed(1)}
                by={`of ${usage.width}; ${usage.untrained.rank.toFixed(1)} before training`}
              />
              <Sign
                name="Prototypes in use"
                now={`${formatCount(usage.teacher.used)}, as good as ${usage.teacher.perplexity.toFixed(1)}`}
                by={`of ${formatCount(usage.prototypes)} by ${formatCount(usage.images)} images; ${formatCount(usage.untrained.used)}, as good as ${usage.untrained.perplexity.toFixed(1)} before training`}
              />
            </>
          ) : (
            <Sign name="Rank and prototypes" now="…" by="looked for with the next snapshot" />
          )}
        </tbody>
      </table>
    </>
  );
}

function Sign({ name, now, by }: { name: string; now: string; by: string }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{now}</td>
      <td>{by}</td>
    </tr>
  );
}

interface Known {
  prototypes: number;
  width: number;
  notFinite: boolean;
  diagnosis: DiagnosisState['diagnosis'];
}

/** @param version of the series: the columns grow in place, so it stands for what they hold. */
function signsOf({ column }: SeriesState, _version: number, known: Known): Signs | null {
  const steps = column('step').at(-1);
  if (steps === undefined) return null;
  const { diagnosis, notFinite, width, prototypes } = known;
  return {
    steps,
    lnK: Math.log(prototypes),
    width,
    loss: recent(column('loss')),
    teacherEntropy: recent(column('teacherEntropy')),
    kl: recent(column('kl')),
    featureSpread: recent(column('featureSpread')),
    notFinite,
    usage:
      diagnosis && steps - diagnosis.step <= EARLY
        ? {
            perplexity: diagnosis.teacher.perplexity,
            untrainedPerplexity: diagnosis.untrained.perplexity,
            rank: diagnosis.teacher.rank,
            untrainedRank: diagnosis.untrained.rank,
          }
        : null,
  };
}
