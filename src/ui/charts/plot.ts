/** uPlot's options and columns for the curves of a chart, in the colors and figures of the page. */
import type uPlot from 'uplot';
import { type Band, type Curve, edgesIn, valueIn } from './curves.ts';
import { formatStep } from './format.ts';
import type { Axis } from './scale.ts';

/** Around the curves, CSS pixels. */
export const ROOM = { top: 8, right: 14, bottom: 20 };
/** Left of the curves: as much as most figures take. */
const LEFT = 46;
/** Of a longer figure: a digit, a point, and what parts it from the curves and the edge. */
const DIGIT = 7;
const POINT = 3.5;
const GAPS = 7;
/** Dots are drawn while there are fewer points. */
const MOST_DOTS = 60;

export interface Axes {
  x: Axis;
  y: Axis;
  formatY: (value: number) => string;
}

/** Room for the figures of the y axis, CSS pixels. */
export function leftRoom({ y, formatY }: Pick<Axes, 'y' | 'formatY'>): number {
  const widths = y.ticks.map((tick) =>
    [...formatY(tick)].reduce((sum, sign) => sum + (sign === '.' ? POINT : DIGIT), GAPS),
  );
  return Math.max(LEFT, ...widths);
}

interface Look {
  curves: readonly Curve[];
  band: Band | null;
  width: number;
  height: number;
  /** Asked anew at each drawing. */
  axes: () => Axes;
  /** Called with the row under the pointer, or null, and where the pointer is among the curves, CSS pixels. */
  onPoint: (index: number | null, left: number, top: number) => void;
}

/** @param element whose CSS variables and font are meant. */
export function plotOptions(element: Element, look: Look): uPlot.Options {
  const { curves, band, width, height, axes, onPoint } = look;
  const { fontFamily } = getComputedStyle(element);
  const paint = painter(element);
  const grid = { stroke: paint('var(--chart-grid)'), width: 1 };
  const axis: uPlot.Axis = {
    stroke: paint('var(--chart-quiet)'),
    font: `11px ${fontFamily}`,
    ticks: { show: false },
    gap: 5,
  };
  const lines = curves.map((curve): uPlot.Series => {
    const stroke = paint(curve.color);
    return {
      stroke,
      width: curve.width ?? 1.75,
      alpha: curve.opacity ?? 1,
      spanGaps: curve.joined ?? false,
      points: {
        show: ({ data: [steps] }) => curve.dots === true && steps.length < MOST_DOTS,
        size: 6,
        fill: stroke,
        width: 0,
      },
      ...(curve.dash && { dash: curve.dash.split(' ').map(Number) }),
    };
  });
  return {
    width,
    height,
    padding: [ROOM.top, ROOM.right, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false, range: () => axes().x.domain }, y: { range: () => axes().y.domain } },
    axes: [
      {
        ...axis,
        size: ROOM.bottom,
        grid: { show: false },
        border: { show: true, ...grid },
        splits: () => axes().x.ticks,
        values: (_, ticks) => ticks.map(formatStep),
      },
      {
        ...axis,
        size: () => leftRoom(axes()),
        grid,
        splits: () => axes().y.ticks,
        values: (_, ticks) => ticks.map(axes().formatY),
      },
    ],
    series: [{}, ...lines, ...(band ? [EDGE, EDGE] : [])],
    ...(band && { bands: [{ series: [lines.length + 2, lines.length + 1], fill: paint(band.color, 0.18) }] }),
    hooks: {
      setCursor: [
        ({ cursor: { idx, left = -1, top = 0 } }) => onPoint(left < 0 ? null : (idx ?? null), left, top),
      ],
    },
  };
}

/** Of a band: neither drawn nor pointed at. */
const EDGE: uPlot.Series = { width: 0, points: { show: false } };

/** Steps, then a column a curve, then the two edges of the band. */
export function columnsOf(
  rows: readonly object[],
  curves: readonly Curve[],
  band: Band | null,
): uPlot.AlignedData {
  const edges = band ? rows.map((row) => edgesIn(row, band.key)) : [];
  return [
    rows.map((row) => valueIn(row, 'step') ?? Number.NaN),
    ...curves.map(({ key }) => rows.map((row) => valueIn(row, key))),
    ...(band ? [edges.map(([low]) => low), edges.map(([, high]) => high)] : []),
  ];
}

/** Says what a color of the page's CSS is on a canvas. */
function painter(element: Element): (color: string, opacity?: number) => string {
  const style = getComputedStyle(element);
  const resolved = (color: string): string =>
    color.replace(/var\((--[\w-]+)\)/g, (_, name: string) => resolved(style.getPropertyValue(name).trim()));
  return (color, opacity = 1) =>
    opacity === 1 ? resolved(color) : `color-mix(in srgb, ${resolved(color)} ${100 * opacity}%, transparent)`;
}
