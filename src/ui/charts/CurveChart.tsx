/** Lines over steps with labelled levels: the one chart that all curve panels use. Nothing in it moves by itself. */
import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactNode, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react';
import UPlot from 'uplot';
import classes from './charts.module.css';
import { type Band, type Curve, type Level, lastOf, valueIn } from './curves.ts';
import { formatCount } from './format.ts';
import { columnsOf, leftRoom, plotOptions, ROOM } from './plot.ts';
import type { Axis } from './scale.ts';

interface Props {
  /** Rising in `step`; at most some hundred. */
  rows: readonly object[];
  /** What `step` counts. */
  xName?: string;
  curves: readonly Curve[];
  levels?: readonly Level[];
  /** Of a [low, high] pair in each row. */
  band?: Band;
  x: Axis;
  y: Axis;
  height: number;
  formatY: (value: number) => string;
  /** What the chart shows, for those who do not see it. */
  description: string;
  /** Shown in place of the lines while there are none. */
  empty: ReactNode;
}

export function CurveChart(props: Props) {
  const { rows, curves, levels = [], xName = 'Step', y, height, formatY, description, empty } = props;
  if (rows.length === 0)
    return (
      <div className={classes.chart}>
        <div className={classes.empty} style={{ height }}>
          {empty}
        </div>
      </div>
    );
  return (
    <figure className={classes.chart} aria-label={description}>
      <Plot {...props} />
      {levels.map((level) => (
        <LevelLine key={level.label} level={level} y={y} left={leftRoom(props)} height={height} />
      ))}
      <figcaption className={classes.unseen}>
        {curves.map(({ key, name }) => (
          <span key={key}>{lineText(name, lastOf(rows, key), xName, formatY)}</span>
        ))}
      </figcaption>
    </figure>
  );
}

function lineText(
  name: string,
  last: ReturnType<typeof lastOf>,
  xName: string,
  formatY: Props['formatY'],
): string {
  if (last === null) return `${name}: nothing yet. `;
  return `${name}: ${formatY(last.value)} at ${xName.toLowerCase()} ${formatCount(last.step)}. `;
}

interface Point {
  index: number;
  left: number;
  top: number;
}

function Plot({ rows, xName = 'Step', curves, band, x, y, height, formatY }: Props) {
  const { ref: sized, width } = useElementSize<HTMLDivElement>();
  const host = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme();
  const plot = useRef<UPlot | null>(null);
  const [point, setPoint] = useState<Point | null>(null);
  // Panels make their curves anew at each drawing; uPlot is made anew only where they look otherwise.
  const look = JSON.stringify([curves, band, scheme]);
  const columns = useMemo(() => columnsOf(rows, curves, band ?? null), [rows, curves, band]);
  const axes = useRef({ x, y, formatY });

  const make = useEffectEvent((element: HTMLElement) => {
    const options = plotOptions(element, {
      curves,
      band: band ?? null,
      width,
      height,
      axes: () => axes.current,
      onPoint: (index, left, top) => setPoint(index === null ? null : { index, left, top }),
    });
    return new UPlot(options, columns, element);
  });
  const wide = width > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `look` stands for all that `make` puts into the options.
  useLayoutEffect(() => {
    if (!wide || !host.current) return;
    const made = make(host.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [wide, look]);
  useLayoutEffect(() => {
    axes.current = { x, y, formatY };
    plot.current?.setData(columns);
  }, [columns, x, y, formatY]);
  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);

  const row = point && rows[point.index];
  const left = leftRoom({ y, formatY });
  return (
    <div ref={sized} style={{ height }} aria-hidden>
      <div ref={host} />
      {row && (
        <div
          className={classes.tip}
          data-above={point.top > (height - ROOM.top - ROOM.bottom) / 2 || undefined}
          style={{
            top: ROOM.top + point.top,
            ...(point.left > (width - left) / 2 ? { left } : { right: 0 }),
          }}
        >
          <div>
            {xName} {formatCount(valueIn(row, 'step') ?? 0)}
          </div>
          {curves.map((curve) => (
            <TipRow key={curve.key} curve={curve} value={valueIn(row, curve.key)} formatY={formatY} />
          ))}
        </div>
      )}
    </div>
  );
}

interface TipRowProps {
  curve: Curve;
  value: number | null;
  formatY: Props['formatY'];
}

function TipRow({ curve: { name, color, dash }, value, formatY }: TipRowProps) {
  if (value === null) return null;
  return (
    <div className={classes.tipRow}>
      <span>
        <span className={classes.swatch} style={{ borderTop: `2px ${dash ? 'dashed' : 'solid'} ${color}` }} />
        {name}
      </span>
      <b>{formatY(value)}</b>
    </div>
  );
}

interface LevelLineProps {
  level: Level;
  y: Axis;
  left: number;
  height: number;
}

function LevelLine({ level, y, left, height }: LevelLineProps) {
  const [low, high] = y.domain;
  if (level.value < low || level.value > high) return null;
  const top = ROOM.top + ((high - level.value) / (high - low)) * (height - ROOM.top - ROOM.bottom);
  return (
    <div
      className={classes.level}
      data-at={level.at}
      data-side={level.side}
      style={{ top, left, right: ROOM.right, color: level.color }}
    >
      <span>{level.label}</span>
    </div>
  );
}
