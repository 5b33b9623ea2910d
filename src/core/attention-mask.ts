/** What the attention panel computes from a map of one head: the mask of the top mass, the mean, larger grids. */

/**
 * The patches that together hold the top `mass` of one head's attention, as visualize_attention.py of the official code
 * finds them: values rise, their cumulative share is taken, and what lies above 1 − mass is kept. 1 is kept, 0 is not.
 * @param map attention of the CLS token to the patches, any positive sum, [patches]
 * @param mass share of the attention to keep, 0 … 1
 */
export function topMassMask(map: Float32Array, mass: number): Uint8Array<ArrayBuffer> {
  const order = Array.from(map.keys()).sort((a, b) => (map[a] ?? 0) - (map[b] ?? 0));
  const total = map.reduce((sum, value) => sum + value, 0);
  const mask = new Uint8Array(map.length);
  let cumulative = 0;
  for (const patch of order) {
    cumulative += (map[patch] ?? 0) / total;
    if (cumulative > 1 - mass) mask[patch] = 1;
  }
  return mask;
}

/** One head of a snapshot, [heads, patches] → [patches]; shares the memory. */
export function headOf(maps: Float32Array, head: number, patches: number): Float32Array {
  return maps.subarray(head * patches, (head + 1) * patches);
}

/** Mean over the heads, [heads, patches] → [patches]. */
export function meanOverHeads(maps: Float32Array, heads: number): Float32Array {
  const patches = maps.length / heads;
  return Float32Array.from({ length: patches }, (_, patch) => {
    let sum = 0;
    for (let head = 0; head < heads; head++) sum += maps[head * patches + patch] ?? 0;
    return sum / heads;
  });
}

/** Every value repeated `factor` times a side: the patch grid as it is, [rows, columns] → [rows·f, columns·f]. */
export function enlargeNearest(
  map: ArrayLike<number>,
  rows: number,
  columns: number,
  factor: number,
): Float32Array {
  const width = columns * factor;
  return Float32Array.from(
    { length: rows * factor * width },
    (_, i) =>
      map[Math.floor(Math.floor(i / width) / factor) * columns + Math.floor((i % width) / factor)] ?? 0,
  );
}

/** Bilinear between the middles of the patches, [rows, columns] → [rows·f, columns·f]. */
export function enlargeSmooth(
  map: ArrayLike<number>,
  rows: number,
  columns: number,
  factor: number,
): Float32Array {
  const across = between(columns, factor);
  const down = between(rows, factor);
  const enlarged = new Float32Array(rows * factor * columns * factor);
  let to = 0;
  for (const y of down)
    for (const x of across) {
      const above = y.first * columns;
      const below = y.second * columns;
      const top = mixed(map[above + x.first] ?? 0, map[above + x.second] ?? 0, x.share);
      const bottom = mixed(map[below + x.first] ?? 0, map[below + x.second] ?? 0, x.share);
      enlarged[to++] = mixed(top, bottom, y.share);
    }
  return enlarged;
}

/** Between which two patches each of the finer places lies, and the share of the second. */
function between(patches: number, factor: number): { first: number; second: number; share: number }[] {
  return Array.from({ length: patches * factor }, (_, i) => {
    const place = clamp((i + 0.5) / factor - 0.5, patches - 1);
    const first = Math.floor(place);
    return { first, second: Math.min(first + 1, patches - 1), share: place - first };
  });
}

const mixed = (a: number, b: number, share: number): number => a + (b - a) * share;

function clamp(value: number, largest: number): number {
  return Math.min(largest, Math.max(0, value));
}

/** The line around the ones of a 0/1 grid, as unit segments [x0, y0, x1, y1] between cells. */
export function outline(mask: ArrayLike<number>, rows: number, columns: number): number[][] {
  const inside = (row: number, column: number) =>
    row >= 0 && row < rows && column >= 0 && column < columns && (mask[row * columns + column] ?? 0) > 0;
  const segments: number[][] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      if (!inside(row, column)) continue;
      if (!inside(row - 1, column)) segments.push([column, row, column + 1, row]);
      if (!inside(row + 1, column)) segments.push([column, row + 1, column + 1, row + 1]);
      if (!inside(row, column - 1)) segments.push([column, row, column, row + 1]);
      if (!inside(row, column + 1)) segments.push([column + 1, row, column + 1, row + 1]);
    }
  return segments;
}
