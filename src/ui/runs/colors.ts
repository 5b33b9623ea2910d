/** A color and a dash for each run, the same wherever it is drawn; light and dark are in runs.module.css. */

const COLORS = 6;
const DASHES = [undefined, '7 4', '2 3'];

/** By the run's number: twenty runs are told apart. */
export function colorOf(id: number): string {
  return `var(--run-${1 + ((id - 1) % COLORS)})`;
}

/** SVG dash pattern of its lines; undefined for a whole line. */
export function dashOf(id: number): string | undefined {
  return DASHES[Math.floor((id - 1) / COLORS) % DASHES.length];
}
