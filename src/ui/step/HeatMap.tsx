/** A corner of a tensor as a picture: a cell a number, one of them chosen. */

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

export function HeatMap({ values, rows, columns, side, top, chosen, onChoose, label }: Props) {
  const cell = Math.floor(side / Math.max(rows, columns));
  const strongest = Math.max(top ?? largestSize(values), Number.MIN_VALUE);
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
      {Array.from({ length: rows * columns }, (_, i) => {
        const value = values[i] ?? 0;
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
            key={i}
            x={(i % columns) * cell}
            y={Math.floor(i / columns) * cell}
            width={cell}
            height={cell}
            fill={value < 0 ? NEGATIVE : POSITIVE}
            fillOpacity={Math.min(1, Math.abs(value) / strongest)}
          />
        );
      })}
      <rect
        x={(chosen % columns) * cell}
        y={Math.floor(chosen / columns) * cell}
        width={cell}
        height={cell}
        fill="none"
        stroke="var(--ink)"
        strokeWidth={2.5}
      />
    </svg>
  );
}

export function largestSize(values: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) found = Math.max(found, Math.abs(values[i] ?? 0));
  return found;
}
