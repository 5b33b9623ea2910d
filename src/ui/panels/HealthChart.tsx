/** Signs of health: teacher entropy, KL, feature spread and gradient norm, each with the level it is judged by. */

import { useInViewport } from '@mantine/hooks';
import { useMemo } from 'react';
import { featureWidth } from '../../config/work-resnet.ts';
import { type SeriesState, seriesStore } from '../../state/series.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import type { Level } from '../charts/curves.ts';
import { formatValue } from '../charts/format.ts';
import { GOOD_LEVEL, INK, WARN_LEVEL } from '../charts/palette.ts';
import { MOST_POINTS_SMALL, smoothedRows } from '../charts/rows.ts';
import { extent, niceAxis, stepAxis } from '../charts/scale.ts';
import { useThrottled } from '../charts/throttle.ts';
import { useSession, useSettings } from '../use-stores.ts';
import { PanelFrame } from './PanelFrame.tsx';
import classes from './panels.module.css';

/** Milliseconds between two redraws of the four charts. */
const INTERVAL = 1000;
/** Steps in the moving average. */
const SPAN = 20;

interface Sign {
  key: 'teacherEntropy' | 'kl' | 'featureSpread' | 'gradNorm';
  name: string;
  unit: string;
  what: string;
  levels: Level[];
}

export function HealthChart() {
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const version = useThrottled(seriesStore, (state) => state.version, inViewport ? INTERVAL : null);
  const settings = useSettings((state) => state.config);
  const { head, backbone, optimizer } = useSession((state) => state.runConfig) ?? settings;
  const lnK = Math.log(head.prototypes);
  const width = featureWidth(backbone);
  const spread = 1 / Math.sqrt(width);
  const signs: Sign[] = [
    {
      key: 'teacherEntropy',
      name: 'Teacher entropy',
      unit: 'nats',
      what: 'At ln K all answers are flat, at 0 all are the same.',
      levels: [
        { value: lnK, label: `ln K = ${lnK.toFixed(2)}`, color: WARN_LEVEL, at: 'right', side: 'above' },
      ],
    },
    {
      key: 'kl',
      name: 'KL(teacher‖student)',
      unit: 'nats',
      what: 'What the student has yet to learn; 0 is collapse.',
      levels: [],
    },
    {
      key: 'featureSpread',
      name: 'Feature spread',
      unit: 'std',
      what: 'Healthy near 1/√d; at 0 all images look alike to it.',
      levels: [
        {
          value: spread,
          label: `1/√${width} = ${spread.toFixed(3)}`,
          color: GOOD_LEVEL,
          at: 'right',
          side: 'above',
        },
      ],
    },
    {
      key: 'gradNorm',
      name: 'Gradient norm',
      unit: 'L2',
      what: `Of the whole gradient; ${clipText(optimizer.clip, optimizer.clipNorm)}.`,
      levels: [],
    },
  ];
  return (
    <PanelFrame
      title="Health"
      about="The loss is the teacher's entropy plus KL(teacher‖student). Without centering the entropy falls to 0, without sharpening it rises to ln K; in both cases KL goes to 0 and the network has collapsed. Feature spread is the standard deviation over a batch of the teacher's L2-normalised CLS features, averaged over the d dimensions."
      source="Caron et al. 2021, §5.3 and Fig. 7 (entropy and KL); Chen & He 2021 (SimSiam), §4.1 (spread near 1/√d)."
    >
      <div ref={ref} className={classes.multiplesWide}>
        {signs.map((sign) => (
          <SmallSign key={sign.key} sign={sign} version={version} />
        ))}
      </div>
    </PanelFrame>
  );
}

function clipText(clip: 'tensor' | 'global' | 'off', norm: number): string {
  if (clip === 'off') return 'clipping is off';
  return clip === 'tensor' ? `each tensor alone is then clipped to ${norm}` : `it is then clipped to ${norm}`;
}

function SmallSign({ sign: { key, name, unit, what, levels }, version }: { sign: Sign; version: number }) {
  const level = levels[0]?.value;
  const drawn = useMemo(() => draw(seriesStore.getState(), version, key, level), [version, key, level]);
  const value = drawn.value === null ? null : formatValue(Number(drawn.value.toPrecision(3)));
  return (
    <div className={classes.small}>
      <h3 className={classes.smallHead}>
        {name}
        <span>{value === null ? unit : `${value} ${unit}`}</span>
      </h3>
      <p className={classes.what}>{what}</p>
      <CurveChart
        rows={drawn.rows}
        curves={[
          { key: 'raw', name: 'Of the step', color: INK, width: 1, opacity: 0.38 },
          { key: 'smoothed', name: `Smoothed over ${SPAN}`, color: INK, width: 2 },
        ]}
        levels={levels}
        x={drawn.x}
        y={drawn.y}
        height={112}
        formatY={formatValue}
        description={`${name} over steps${value === null ? '' : `, now ${value} ${unit}`}. ${what}`}
        empty="From the first step on"
      />
    </div>
  );
}

/** @param version of the series: the columns grow in place, so it stands for what they hold. */
function draw({ column }: SeriesState, _version: number, key: Sign['key'], level: number | undefined) {
  const steps = column('step');
  const values = column(key);
  const rows = smoothedRows(steps, values, SPAN, MOST_POINTS_SMALL);
  const [, high] = extent(values) ?? [0, 1];
  return {
    rows,
    value: rows.at(-1)?.smoothed ?? null,
    x: stepAxis(steps[0] ?? 0, rows.at(-1)?.step ?? 0, 4),
    y: niceAxis(0, Math.max(high, level === undefined ? 1e-6 : 1.15 * level), 3),
  };
}
