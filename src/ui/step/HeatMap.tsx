/** A corner of a tensor as a picture: a cell a number, one of them chosen. */
import { useMemo } from 'react';

interface Props {
  values: ArrayLike<number>;
  rows: number;
  columns: number;
  /** CSS pixels of the longer side. */
  side: number;
  /** Value at full strength; the largest of the values where it is left out. */
  top?: number;
  chosen: number;
  onChoose: (cell: number) => void;
  label: string;
}

/** Positive and negative numbers; told apart by hue and, at a look at the number, by sign. */
const POSITIVE = 'var(--teacher)';
const NEGATIVE = 'var(--student)';

/** Strengths that are told apart. */
const LEVELS = 24;

interface Shade {
  path: string;
  negative: boolean;
  /** 0 to 1. */
  strength: number;
}

/** Cells of one shade as one path: hundreds of elements would make the page slow to draw. */
function shadesOf(
  values: ArrayLike<number>,
  { rows, columns, cell, top }: { rows: number; columns: number; cell: number; top: number },
): Shade[] {
  const shades = new Map<number, string>();
  for (let i = 0; i < rows * columns; i++) {
    const share = (values[i] ?? 0) / Math.max(top, Number.MIN_VALUE);
    const level = Math.round(LEVELS * Math.max(-1, Math.min(1, share)));
    if (level === 0) continue;
    const square = `M${(i % columns) * cell},${Math.floor(i / columns) * cell}h${cell}v${cell}h${-cell}z`;
    shades.set(level, (shades.get(level) ?? '') + square);
  }
  return [...shades].map(([level, path]) => ({
    path,
    negative: level < 0,
    strength: Math.abs(level) / LEVELS,
  }));
}

export function HeatMap({ values, rows, columns, side, top, chosen, onChoose, label }: Props) {
  const cell = Math.floor(side / Math.max(rows, columns));
  const shades = useMemo(
    () => shadesOf(values, { rows, columns, cell, top: top ?? largestSize(values) }),
    [values, rows, columns, cell, top],
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the cells are chosen by keyboard in the fields beside the numbers
    <svg
      width={cell * columns}
      height={cell * rows}
      role="img"
      aria-label={label}
      style={{ display: 'block', cursor: 'crosshair' }}
      onClick={({ nativeEvent: { offsetX, offsetY } }) => {
        const column = Math.min(columns - 1, Math.floor(offsetX / cell));
        const row = Math.min(rows - 1, Math.floor(offsetY / cell));
        onChoose(row * columns + column);
      }}
    >
      <rect width={cell * columns} height={cell * rows} fill="var(--sunken)" />
      {shades.map(({ path, negative, strength }) => (
        <path
          key={`${negative} ${strength}`}
          d={path}
          fill={negative ? NEGATIVE : POSITIVE}
          fillOpacity={strength}
        />
      ))}
      {chosen >= 0 && (
        <rect
          x={(chosen % columns) * cell}
          y={Math.floor(chosen / columns) * cell}
          width={cell}
          height={cell}
          fill="none"
          stroke="var(--ink)"
          strokeWidth={2.5}
        />
      )}
    </svg>
  );
}

export function largestSize(values: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) found = Math.max(found, Math.abs(values[i] ?? 0));
  return found;
}
