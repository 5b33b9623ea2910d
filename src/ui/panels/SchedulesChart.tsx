/** The four schedules, each in its own small chart: what was, and what is to come. */
import { useInViewport } from '@mantine/hooks';
import { memo, useMemo } from 'react';
import type { ScheduleCurves } from '../../protocol/values.ts';
import { seriesStore } from '../../state/series.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import { formatCount, formatMomentum, formatValue } from '../charts/format.ts';
import { INK } from '../charts/palette.ts';
import { scheduleRows, valueAt } from '../charts/rows.ts';
import { extent, niceAxis, stepAxis } from '../charts/scale.ts';
import { useThrottled } from '../charts/throttle.ts';
import { useSeries, useSession } from '../use-stores.ts';
import { PanelFrame } from './PanelFrame.tsx';
import classes from './panels.module.css';

interface Schedule {
  key: 'lr' | 'weightDecay' | 'momentum' | 'teacherTemp';
  name: string;
  symbol: string;
  format: (value: number) => string;
}

const SCHEDULES: Schedule[] = [
  { key: 'lr', name: 'Learning rate', symbol: 'lr', format: formatValue },
  { key: 'weightDecay', name: 'Weight decay', symbol: 'wd', format: formatValue },
  { key: 'momentum', name: 'Teacher momentum', symbol: 'm', format: formatMomentum },
  { key: 'teacherTemp', name: 'Teacher temperature', symbol: 'τₜ', format: formatValue },
];

/** Milliseconds between two redraws: schedules creep, and four charts cost four times as much. */
const INTERVAL = 1000;

function stepNow(): number {
  return seriesStore.getState().column('step').at(-1) ?? 0;
}

export function SchedulesChart() {
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const curves = useSeries((state) => state.schedules);
  const measured = useThrottled(seriesStore, stepNow, inViewport ? INTERVAL : null);
  // A run that goes on from a file or with another batch has no figures of its own at first.
  const now = useSession(({ status }) => (measured > 0 ? measured : (status?.step ?? 0)));
  // The charts move on with every 200th part of the run: less than that is less than a pixel.
  const part = Math.max(1, Math.floor((curves?.steps.at(-1) ?? 0) / 200));
  const drawnNow = now - (now % part);
  return (
    <PanelFrame
      title="Schedules"
      figure={curves && `step ${formatCount(now)} of ${formatCount(curves.steps.at(-1) ?? 0)}`}
      about="Four settings that change while the run goes on. The learning rate warms up and falls as a cosine, weight decay and the teacher's momentum rise as a cosine, the teacher's temperature may warm up in a line. At momentum m the teacher keeps m of itself each step and takes the rest from the student."
      source="Caron et al. 2021, §3.1 (teacher) and §3.2 (implementation details)."
    >
      <div ref={ref} className={classes.multiples}>
        {SCHEDULES.map((schedule) => (
          <SmallSchedule key={schedule.key} schedule={schedule} curves={curves} now={drawnNow} />
        ))}
      </div>
      <div className={classes.key} style={{ marginTop: 6 }}>
        <span>
          <i className={classes.keyLine} />
          past
        </span>
        <span>
          <i className={classes.keyLine} style={{ borderTopStyle: 'dashed', opacity: 0.55 }} />
          to come
        </span>
      </div>
    </PanelFrame>
  );
}

interface SmallProps {
  schedule: Schedule;
  curves: ScheduleCurves | null;
  now: number;
}

const SmallSchedule = memo(function SmallSchedule({ schedule, curves, now }: SmallProps) {
  const { key, name, symbol, format } = schedule;
  const drawn = useMemo(() => {
    if (curves === null) return null;
    const [low, high] = extent(curves[key]) ?? [0, 1];
    return {
      rows: scheduleRows(curves.steps, curves[key], now),
      // Before the first step, what that step will get.
      value: valueAt(curves.steps, curves[key], Math.max(now, curves.steps[0] ?? 0)),
      x: stepAxis(curves.steps[0] ?? 0, curves.steps.at(-1) ?? 1, 3),
      y: niceAxis(low, high, 2),
    };
  }, [curves, key, now]);
  const value = drawn?.value ?? null;
  return (
    <div className={classes.small}>
      <h3 className={classes.smallHead} data-stacked="true">
        {name}
        <span>{value === null ? symbol : `${symbol} = ${format(value)}`}</span>
      </h3>
      <CurveChart
        rows={drawn?.rows ?? []}
        curves={[
          { key: 'coming', name: 'To come', color: INK, opacity: 0.55, dash: '3 3' },
          { key: 'past', name: 'Past', color: INK, width: 2 },
        ]}
        x={drawn?.x ?? { domain: [0, 1], ticks: [] }}
        y={drawn?.y ?? { domain: [0, 1], ticks: [] }}
        height={96}
        formatY={format}
        description={`${name} over the steps of the run${value === null ? '' : `, now ${format(value)}`}.`}
        empty="Planned before the first step"
      />
    </div>
  );
});
