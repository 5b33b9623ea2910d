/** Loss and k-NN accuracy of several runs in one chart each. */
import { useInViewport } from '@mantine/hooks';
import { useMemo } from 'react';
import type { RunRecord } from '../../protocol/runs.ts';
import { tracesOf } from '../../state/runs.ts';
import { seriesStore } from '../../state/series.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import { formatValue } from '../charts/format.ts';
import { extent, niceAxis, stepAxis } from '../charts/scale.ts';
import { CHART_INTERVAL, useThrottled } from '../charts/throttle.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useRuns } from '../use-stores.ts';
import { colorOf, dashOf } from './colors.ts';
import { keyOf, knnRows, lossRows, type OverlaidRow, valuesOf } from './run-rows.ts';

/** Steps of the moving average. */
const SPAN = 10;

export function RunCurves() {
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const version = useThrottled(seriesStore, (state) => state.version, inViewport ? CHART_INTERVAL : null);
  const runs = useRuns((state) => state.runs);
  const kept = useRuns((state) => state.kept);
  const hidden = useRuns((state) => state.hidden);
  const shown = useMemo(() => runs.filter(({ id }) => !hidden.has(id)), [runs, hidden]);
  const drawn = useMemo(() => draw(shown, kept, version), [shown, kept, version]);
  const curves = shown.map(({ id, name }) => {
    const dash = dashOf(id);
    return {
      key: keyOf(id),
      name,
      color: colorOf(id),
      width: 2,
      joined: true,
      ...(dash === undefined ? {} : { dash }),
    };
  });
  const names = shown.map(({ name }) => name).join(', ');
  return (
    <PanelFrame
      title="Curves compared"
      about="The training loss and the teacher's k-NN accuracy of every run whose eye in the list is open, over the same steps. A fork's line begins where it left its parent. The loss is smoothed over about ten steps. Two losses can be compared only where their targets are alike: a sharper teacher or fewer prototypes alone lower it, and a collapsed run's can be lowest of all; k-NN tells which network has learned more."
      source="Caron et al. 2021, §3.1 (loss), §3.2 (k-NN protocol), §5.3 and Fig. 7 (collapse)."
      figure={hidden.size > 0 && `${hidden.size} hidden`}
    >
      <div ref={ref}>
        <h3 className={panel.smallHead}>Training loss</h3>
        <CurveChart
          rows={drawn.loss}
          curves={curves}
          x={drawn.x}
          y={axisOf(drawn.loss, 0)}
          height={220}
          formatY={formatValue}
          description={`Training loss of ${names} over steps.`}
          empty={
            runs.length > 0 && shown.length === 0
              ? 'Every run is hidden: open an eye in the list above.'
              : 'The loss of each run appears here from its first step on.'
          }
        />
        <h3 className={panel.smallHead} style={{ marginTop: 14 }}>
          k-NN accuracy of the teacher
        </h3>
        <CurveChart
          rows={drawn.knn}
          curves={curves.map((curve) => ({ ...curve, dots: true }))}
          x={drawn.x}
          y={axisOf(drawn.knn, 2)}
          height={200}
          formatY={(value) => `${Number(value.toFixed(1))} %`}
          description={`k-NN accuracy of ${names} over steps.`}
          empty="The accuracy of each run appears here as it is measured, where the images have labels."
        />
      </div>
    </PanelFrame>
  );
}

function axisOf(rows: readonly OverlaidRow[], margin: number) {
  const [low, high] = extent(valuesOf(rows)) ?? [0, 1];
  return niceAxis(Math.max(0, low - margin), high + margin, 5);
}

/** @param _kept stands for the traces of the runs that were left, `_version` for those of the present one. */
function draw(shown: readonly RunRecord[], _kept: unknown, _version: number) {
  const runs = shown.flatMap(({ id, parent }) => {
    const traces = tracesOf(id);
    return traces ? [{ id, from: parent?.at ?? 0, traces }] : [];
  });
  const loss = lossRows(runs, SPAN);
  const knn = knnRows(runs);
  const [first, last] = extent([...loss, ...knn].map(({ step }) => step ?? 0)) ?? [0, 1];
  return { loss, knn, x: stepAxis(first, last, 5) };
}
