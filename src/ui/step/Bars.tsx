/** Many numbers as bars on a line: scores or probabilities of all prototypes, crisp in any look and at any size. */
import { useMemo } from 'react';

interface Props {
  values: ArrayLike<number>;
  /** CSS pixels. */
  width: number;
  height: number;
  /** Values at the lower and the upper edge. */
  low: number;
  high: number;
  color: string;
  /** What it shows. */
  label: string;
  /** Bars hang from the top edge, for a distribution below another one. */
  hanging?: boolean;
  opacity?: number;
}

export function Bars({
  values,
  width,
  height,
  low,
  high,
  color,
  label,
  hanging = false,
  opacity = 1,
}: Props) {
  const path = useMemo(
    () => pathOf(values, { width, height, low, high, hanging }),
    [values, width, height, low, high, hanging],
  );
  const bins = Math.min(values.length, Math.floor(width));
  const zero = yOf(0, { height, low, high, hanging });
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      style={{ display: 'block', overflow: 'visible' }}
    >
      <rect width={width} height={height} fill="var(--sunken)" rx={3} />
      <path
        d={path}
        stroke={color}
        strokeWidth={Math.max(1, (width / bins) * 0.86)}
        strokeOpacity={opacity}
        fill="none"
      />
      <line x1={0} x2={width} y1={zero} y2={zero} stroke="var(--quiet)" strokeWidth={1} />
    </svg>
  );
}

interface Frame {
  height: number;
  low: number;
  high: number;
  hanging: boolean;
}

function yOf(value: number, { height, low, high, hanging }: Frame): number {
  const share = (value - low) / Math.max(high - low, Number.MIN_VALUE);
  return hanging ? share * height : height - share * height;
}

/** A stroke a bar; where several numbers share a pixel, from the least of them to the largest. */
function pathOf(values: ArrayLike<number>, frame: Frame & { width: number }): string {
  const bins = Math.min(values.length, Math.floor(frame.width));
  const zero = yOf(0, frame);
  const strokes: string[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const from = Math.floor((bin * values.length) / bins);
    const to = Math.floor(((bin + 1) * values.length) / bins);
    let least = 0;
    let most = 0;
    for (let i = from; i < to; i++) {
      least = Math.min(least, values[i] ?? 0);
      most = Math.max(most, values[i] ?? 0);
    }
    const x = (((bin + 0.5) * frame.width) / bins).toFixed(2);
    const ends = [least, most].map((value) => (value === 0 ? zero : yOf(value, frame)).toFixed(2));
    if (ends[0] !== ends[1]) strokes.push(`M${x},${ends[0]}V${ends[1]}`);
  }
  return strokes.join('');
}

/** The least and the largest of several rows, 0 among them. */
export function rangeOf(...rows: ArrayLike<number>[]): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (const values of rows)
    for (let i = 0; i < values.length; i++) {
      low = Math.min(low, values[i] ?? 0);
      high = Math.max(high, values[i] ?? 0);
    }
  return { low, high: high > low ? high : low + 1 };
}
