/** What a chart is asked to draw. */

export interface Curve {
  key: string;
  name: string;
  /** As CSS has it, variables too. */
  color: string;
  width?: number;
  opacity?: number;
  /** As SVG has it: lengths of strokes and gaps; empty for a whole line. */
  dash?: string;
  /** A dot at every point, while they are few. */
  dots?: boolean;
  /** Drawn on over rows that have no value of it. */
  joined?: boolean;
}

/** Between the two values that a row has under `key`. */
export interface Band {
  key: string;
  name: string;
  color: string;
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

/** A row's value under `key`; null where it has none. */
export function valueIn(row: object, key: string): number | null {
  const value: unknown = Reflect.get(row, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The two values of a band. */
export function edgesIn(row: object, key: string): [low: number | null, high: number | null] {
  const value: unknown = Reflect.get(row, key);
  if (!Array.isArray(value)) return [null, null];
  const [low, high]: unknown[] = value;
  return [typeof low === 'number' ? low : null, typeof high === 'number' ? high : null];
}

/** The last row that has a value under `key`, for those who do not see the line. */
export function lastOf(rows: readonly object[], key: string): { step: number; value: number } | null {
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i] ?? {};
    const [step, value] = [valueIn(row, 'step'), valueIn(row, key)];
    if (step !== null && value !== null) return { step, value };
  }
  return null;
}
