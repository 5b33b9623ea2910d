/** Lines over steps with labelled levels: the one chart that all curve panels use. Nothing in it moves by itself. */
import type { ReactNode } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import classes from './charts.module.css';
import { formatCount, formatStep } from './format.ts';
import type { Axis } from './scale.ts';

export interface Curve {
  key: string;
  name: string;
  color: string;
  width?: number;
  opacity?: number;
  /** SVG dash pattern. */
  dash?: string;
  /** A dot at every point. */
  dots?: boolean;
  /** Drawn on over rows that have no value of it. */
  joined?: boolean;
}

export interface Level {
  value: number;
  label: string;
  color: string;
  /** Where along the line the label stands. */
  at: 'left' | 'middle' | 'right';
  /** Above or below the line. */
  side: 'above' | 'below';
}

interface Props {
  /** Rising in `step`; at most some hundred. */
  rows: readonly object[];
  /** What `step` counts. */
  xName?: string;
  curves: readonly Curve[];
  levels?: readonly Level[];
  /** Key of a [low, high] pair drawn as a band. */
  band?: { key: string; name: string; color: string };
  x: Axis;
  y: Axis;
  height: number;
  formatY: (value: number) => string;
  /** What the chart shows, for those who do not see it. */
  description: string;
  /** Shown in place of the lines while there are none. */
  empty: ReactNode;
}

const POSITIONS = {
  left: { above: 'insideBottomLeft', below: 'insideTopLeft' },
  middle: { above: 'insideBottom', below: 'insideTop' },
  right: { above: 'insideBottomRight', below: 'insideTopRight' },
} as const;

export function CurveChart(props: Props) {
  const {
    rows,
    xName = 'Step',
    curves,
    levels = [],
    band,
    x,
    y,
    height,
    formatY,
    description,
    empty,
  } = props;
  if (rows.length === 0)
    return (
      <div className={classes.chart}>
        <div className={classes.empty} style={{ height }}>
          {empty}
        </div>
      </div>
    );
  const tick = { fontSize: 11, fill: 'var(--chart-quiet)' };
  return (
    <figure className={classes.chart} aria-label={description}>
      <ResponsiveContainer width="100%" height={height}>
        <ComposedChart data={[...rows]} margin={{ top: 8, right: 10, bottom: 0, left: 0 }} desc={description}>
          <CartesianGrid stroke="var(--chart-grid)" vertical={false} />
          <XAxis
            dataKey="step"
            type="number"
            domain={x.domain}
            ticks={x.ticks}
            tickFormatter={formatStep}
            tick={tick}
            tickLine={false}
            axisLine={{ stroke: 'var(--chart-grid)' }}
            height={20}
            allowDataOverflow
          />
          <YAxis
            domain={y.domain}
            ticks={y.ticks}
            tickFormatter={formatY}
            tick={tick}
            tickLine={false}
            axisLine={false}
            width={46}
            interval={0}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--chart-quiet)', strokeDasharray: '2 3' }}
            content={({ active, payload, label }) =>
              active && payload.length > 0 ? (
                <Tip
                  at={`${xName} ${formatCount(Number(label))}`}
                  values={tipValues(payload, curves, formatY)}
                />
              ) : null
            }
          />
          {band && (
            <Area
              dataKey={band.key}
              name={band.name}
              stroke="none"
              fill={band.color}
              fillOpacity={0.18}
              isAnimationActive={false}
              activeDot={false}
            />
          )}
          {levels.map((level) => (
            <ReferenceLine
              key={level.label}
              y={level.value}
              stroke={level.color}
              strokeDasharray="5 4"
              strokeWidth={1.25}
              label={{
                value: level.label,
                position: POSITIONS[level.at][level.side],
                fill: level.color,
                fontSize: 11.5,
                offset: 4,
              }}
            />
          ))}
          {curves.map((curve) => (
            <Line
              key={curve.key}
              dataKey={curve.key}
              name={curve.name}
              type="linear"
              stroke={curve.color}
              strokeWidth={curve.width ?? 1.75}
              strokeOpacity={curve.opacity ?? 1}
              {...(curve.dash === undefined ? {} : { strokeDasharray: curve.dash })}
              dot={
                curve.dots === true && rows.length < 60
                  ? { r: 2.5, fill: curve.color, strokeWidth: 0 }
                  : false
              }
              activeDot={{ r: 3.5, strokeWidth: 0 }}
              connectNulls={curve.joined ?? false}
              isAnimationActive={false}
            />
          ))}
        </ComposedChart>
      </ResponsiveContainer>
    </figure>
  );
}

interface TipValue {
  name: string;
  text: string;
  color: string;
  dash: boolean;
}

function tipValues(
  payload: readonly { dataKey?: unknown; value?: unknown }[],
  curves: readonly Curve[],
  formatY: (value: number) => string,
): TipValue[] {
  return curves.flatMap(({ key, name, color, dash }) => {
    const value = payload.find((entry) => entry.dataKey === key)?.value;
    return typeof value === 'number' ? [{ name, text: formatY(value), color, dash: dash !== undefined }] : [];
  });
}

function Tip({ at, values }: { at: string; values: readonly TipValue[] }) {
  return (
    <div className={classes.tip}>
      <div>{at}</div>
      {values.map(({ name, text, color, dash }) => (
        <div key={name} className={classes.tipRow}>
          <span>
            <span
              className={classes.swatch}
              style={{ borderTop: `2px ${dash ? 'dashed' : 'solid'} ${color}` }}
            />
            {name}
          </span>
          <b>{text}</b>
        </div>
      ))}
    </div>
  );
}
