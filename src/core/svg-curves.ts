/** A small chart of curves as SVG text, for pages without scripts. */
import { decimate } from './decimate.ts';
import { exponential } from './exponent.ts';

export interface Curve {
  name: string;
  /** A CSS color. */
  color: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** Each value as a dot, where there are few. */
  dots?: boolean;
}

export interface CurveChart {
  /** Read out in place of the picture. */
  title: string;
  curves: readonly Curve[];
  /** Values that a reader compares with, each as a dashed line. */
  levels?: readonly { value: number; label: string; color: string }[];
}

const WIDTH = 460;
const HEIGHT = 200;
const MARGIN = { left: 58, right: 14, top: 14, bottom: 26 };
const POINTS = 400;

/** Text within markup and attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The chart; null where no curve has a number. A single one is drawn as a dot. */
export function curvesSvg({ title, curves, levels = [] }: CurveChart): string | null {
  const drawn = curves.map(pointsOf).filter(({ points }) => points.length > 0);
  const all = drawn.flatMap(({ points }) => points);
  const [firstX, lastX] = spanOf(all.map(([x]) => x));
  if (all.length === 0) return null;
  const [low, high] = spanOf([...all.map(([, y]) => y), ...levels.map(({ value }) => value)]);
  // A flat curve lies in the middle.
  const room = high > low ? 0 : Math.abs(low) / 2 || 0.5;
  const [bottom, top] = [low - room, high + room];
  const across = (x: number) =>
    MARGIN.left + ((x - firstX) / Math.max(1e-12, lastX - firstX)) * (WIDTH - MARGIN.left - MARGIN.right);
  const down = (y: number) =>
    MARGIN.top + ((top - y) / (top - bottom)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const place = ([x, y]: readonly [number, number]) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`;
  const parts = [
    ...[bottom, top].map(
      (value) =>
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${down(value).toFixed(1)}" y2="${down(value).toFixed(1)}" class="grid"/>` +
        `<text x="${MARGIN.left - 6}" y="${(down(value) + 4).toFixed(1)}" text-anchor="end">${short(value)}</text>`,
    ),
    `<text x="${MARGIN.left}" y="${HEIGHT - 6}">${short(firstX)}</text>`,
    `<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 6}" text-anchor="end">${short(lastX)}</text>`,
    ...levels.map(
      ({ value, label, color }) =>
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${down(value).toFixed(1)}" y2="${down(value).toFixed(1)}" style="stroke:${color}" stroke-dasharray="4 3"/>` +
        `<text x="${WIDTH - MARGIN.right}" y="${(down(value) - 4).toFixed(1)}" text-anchor="end" style="fill:${color}">${escaped(label)}</text>`,
    ),
    ...drawn.map(({ color, points, dots }) =>
      dots || points.length === 1
        ? `${points
            .map((point) => {
              const [cx, cy] = place(point).split(',');
              return `<circle cx="${cx}" cy="${cy}" r="2.5" style="fill:${color}"/>`;
            })
            .join('')}<polyline points="${points.map(place).join(' ')}" fill="none" style="stroke:${color}"/>`
        : `<polyline points="${points.map(place).join(' ')}" fill="none" style="stroke:${color}" stroke-width="1.5"/>`,
    ),
  ];
  const legend =
    drawn.length > 1
      ? `<p class="legend">${drawn.map(({ name, color }) => `<span><i style="background:${color}"></i>${escaped(name)}</span>`).join(' ')}</p>`
      : '';
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">${parts.join('')}</svg>${legend}`;
}

function pointsOf(curve: Curve) {
  const { x, y } = curve;
  const points = [...decimate(y, POINTS)]
    .map((i): [number, number] => [x[i] ?? Number.NaN, y[i] ?? Number.NaN])
    .filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  return { ...curve, points };
}

function spanOf(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/** A number for an axis, to three figures; with an exponent where it would not fit beside the chart. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return exponential(value);
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });
}
