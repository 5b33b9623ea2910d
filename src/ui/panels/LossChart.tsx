/** Training loss, raw and smoothed, under the level at which a run has collapsed to uniform. */
import { Slider } from '@mantine/core';
import { useInViewport } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { smooth } from '../../core/decimate.ts';
import { type SeriesState, seriesStore } from '../../state/series.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import { formatCount, formatValue } from '../charts/format.ts';
import { INK, WARN_LEVEL } from '../charts/palette.ts';
import { smoothedRows } from '../charts/rows.ts';
import { extent, niceAxis, stepAxis } from '../charts/scale.ts';
import { CHART_INTERVAL, useThrottled } from '../charts/throttle.ts';
import { useSession, useSettings } from '../use-stores.ts';
import { readLoss } from './loss-reading.ts';
import { PanelFrame } from './PanelFrame.tsx';
import classes from './panels.module.css';

/** Spans of the moving average, in steps. */
const SPANS = [1, 5, 10, 20, 50, 100, 200];
const DEFAULT_SPAN = 2;

export function LossChart() {
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const version = useThrottled(seriesStore, (state) => state.version, inViewport ? CHART_INTERVAL : null);
  const settings = useSettings((state) => state.config);
  const config = useSession((state) => state.runConfig) ?? settings;
  const [spanIndex, setSpanIndex] = useState(DEFAULT_SPAN);
  const span = SPANS[spanIndex] ?? 1;
  const prototypes = config.head.prototypes;
  const lnK = Math.log(prototypes);
  const drawn = useMemo(() => draw(seriesStore.getState(), version, span, lnK), [version, span, lnK]);
  const now =
    drawn.rows.length === 0
      ? 'No step yet.'
      : `Now ${formatValue(drawn.loss)} smoothed, ln K is ${lnK.toFixed(2)}.`;
  return (
    <PanelFrame
      title="Training loss"
      figure={
        drawn.rows.length > 0 && (
          <>
            <strong>{drawn.loss.toFixed(3)}</strong> nats at step {formatCount(drawn.step)}
          </>
        )
      }
      about="Cross-entropy between the teacher's answer to one view and the student's answer to another view of the same image, over K prototypes, averaged over all pairs. A student that spreads its answer evenly has ln K; a loss near 0 means that both always name one prototype. Both ends are collapse. The faint line is every step, the bold one their moving average."
      source="Caron et al. 2021, §3.1, eq. 3 (loss) and §5.3 (collapse). Moving average: exponential, corrected for its start as in Kingma & Ba 2015, §3."
    >
      <div ref={ref}>
        <CurveChart
          rows={drawn.rows}
          curves={[
            { key: 'raw', name: 'Loss of the step', color: INK, width: 1, opacity: 0.38 },
            { key: 'smoothed', name: 'Smoothed', color: INK, width: 2.25 },
          ]}
          levels={[
            {
              value: lnK,
              label: `ln K = ${lnK.toFixed(2)} · uniform collapse`,
              color: WARN_LEVEL,
              at: 'right',
              side: 'above',
            },
          ]}
          x={drawn.x}
          y={drawn.y}
          height={218}
          formatY={formatValue}
          description={`Training loss over steps. ${now}`}
          empty={`The loss appears here from the first step on, below the line at ln K = ${lnK.toFixed(2)}.`}
        />
      </div>
      <div className={classes.row}>
        <span>Smoothing</span>
        <Slider
          flex={1}
          maw={180}
          size="sm"
          min={0}
          max={SPANS.length - 1}
          step={1}
          value={spanIndex}
          onChange={setSpanIndex}
          label={null}
          thumbLabel="Smoothing"
          thumbValueText={spanText(span)}
        />
        <span className={classes.quiet}>{spanText(span)}</span>
      </div>
      <p className={classes.reading} data-tone={drawn.reading?.tone}>
        {drawn.reading?.text}
      </p>
    </PanelFrame>
  );
}

function spanText(span: number): string {
  return span === 1 ? 'off' : `about ${span} steps`;
}

/** @param version of the series: the columns grow in place, so it stands for what they hold. */
function draw({ column }: SeriesState, _version: number, span: number, lnK: number) {
  const steps = column('step');
  const losses = column('loss');
  const rows = smoothedRows(steps, losses, span);
  const last = rows.at(-1);
  const [low, high] = extent(losses) ?? [0, lnK];
  const step = last?.step ?? 0;
  const loss = last?.smoothed ?? Number.NaN;
  const entropy = smooth(column('teacherEntropy'), span).at(-1) ?? Number.NaN;
  return {
    rows,
    step,
    loss,
    x: stepAxis(steps[0] ?? 0, step, 5),
    // A line that hardly moves must look like one: never less than a quarter of ln K from bottom to top.
    y: niceAxis(Math.max(0, Math.min(low, 0.75 * lnK)), Math.max(high, 1.06 * lnK), 5),
    reading:
      rows.length === 0
        ? null
        : readLoss({ steps: steps.length, first: losses[0] ?? Number.NaN, loss, entropy, lnK }),
  };
}
