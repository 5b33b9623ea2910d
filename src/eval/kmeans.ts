/** k-means: k-means++ beginnings (Arthur & Vassilvitskii 2007), Lloyd's iterations, the best of several restarts. */
import { PURPOSE, type Rng, rng } from '../core/rng.ts';
import { type Between, paced } from './pace.ts';

export interface Clusters {
  /** The nearest center of each row. [n] */
  assignment: Int32Array<ArrayBuffer>;
  /** [k, width] */
  centers: Float64Array;
  /** Σ squared distance of the rows to their centers. */
  inertia: number;
  iterations: number;
}

export interface KMeansSettings {
  seed: number;
  restarts?: number;
  /** At most, a restart. */
  iterations?: number;
}

function squaredDistance(
  rows: Float32Array,
  row: number,
  centers: Float64Array,
  center: number,
  width: number,
): number {
  let sum = 0;
  for (let j = 0; j < width; j++) {
    const difference = (rows[row * width + j] ?? 0) - (centers[center * width + j] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

/** Groups rows [n, width]; k is cut to n. Throws RangeError where there are no rows or k is less than 1. */
export async function kMeans(
  rows: Float32Array,
  width: number,
  k: number,
  { seed, restarts = 10, iterations = 300 }: KMeansSettings,
  between: Between,
): Promise<Clusters> {
  const count = Math.min(k, rows.length / width);
  if (!(count >= 1)) throw new RangeError(`${rows.length / width} images cannot be put into ${k} groups`);
  let best: Clusters | null = null;
  for (let restart = 0; restart < Math.max(1, restarts); restart++) {
    const centers = await spreadCenters(rows, width, count, rng(seed, PURPOSE.clusters, restart), between);
    const found = await lloyd(rows, width, centers, iterations, between);
    if (!best || found.inertia < best.inertia) best = found;
  }
  if (!best) throw new RangeError('There was no restart');
  return best;
}

/**
 * k rows as first centers, each drawn in proportion to its squared distance to those before. Of 2 + ⌊ln k⌋ draws the one
 * that lowers the sum of distances most is taken, as in the authors' own code and in scikit-learn.
 */
async function spreadCenters(
  rows: Float32Array,
  width: number,
  k: number,
  draws: Rng,
  between: Between,
): Promise<Float64Array> {
  const n = rows.length / width;
  const breathe = paced(between);
  const centers = new Float64Array(k * width);
  const rowAt = (row: number) => Float64Array.from(rows.subarray(row * width, (row + 1) * width));
  /** The distances once `row` is a center, too. */
  const including = async (row: number, before: Float64Array | null): Promise<Float64Array> => {
    const center = rowAt(row);
    const distances = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const own = squaredDistance(rows, i, center, 0, width);
      distances[i] = Math.min(own, before?.[i] ?? own);
      if (i % 64 === 0) await breathe();
    }
    return distances;
  };
  const first = draws.below(n);
  centers.set(rowAt(first));
  let nearest = await including(first, null);
  for (let c = 1; c < k; c++) {
    let chosen = 0;
    let after: Float64Array | null = null;
    for (let trial = 0; trial < 2 + Math.floor(Math.log(k)); trial++) {
      const row = drawn(nearest, draws.uniform());
      const distances = await including(row, nearest);
      if (!after || sumOf(distances) < sumOf(after)) {
        after = distances;
        chosen = row;
      }
    }
    centers.set(rowAt(chosen), c * width);
    nearest = after ?? nearest;
  }
  return centers;
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** An index drawn in proportion to the weights; the last one where all are 0. */
function drawn(weights: Float64Array, uniform: number): number {
  let left = uniform * sumOf(weights);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i] ?? 0;
    if (left < 0) return i;
  }
  return weights.length - 1;
}

/**
 * Lloyd's iterations from the given centers [k, width] until no row changes its center. A center that no row is nearest
 * to moves to the row that is farthest from its own, as in scikit-learn.
 */
export async function lloyd(
  rows: Float32Array,
  width: number,
  centers: Float64Array,
  iterations: number,
  between: Between,
): Promise<Clusters> {
  const n = rows.length / width;
  const breathe = paced(between);
  let current = Float64Array.from(centers);
  let assignment = new Int32Array(n).fill(-1);
  const distances = new Float64Array(n);
  const assigned = async (): Promise<Int32Array<ArrayBuffer>> => {
    const found = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let c = 0; c * width < current.length; c++) {
        const distance = squaredDistance(rows, i, current, c, width);
        if (distance >= nearest) continue;
        nearest = distance;
        found[i] = c;
      }
      distances[i] = nearest;
      if (i % 64 === 0) await breathe();
    }
    return found;
  };
  let done = 0;
  let moved = true;
  while (moved && done < iterations) {
    const found = await assigned();
    moved = found.some((center, i) => center !== assignment[i]);
    assignment = found;
    if (moved) current = meansOf(rows, width, assignment, distances, current.length / width);
    done++;
  }
  // Out of iterations, the centers are means of an assignment that they have outrun.
  if (moved) assignment = await assigned();
  let inertia = 0;
  for (let i = 0; i < n; i++) inertia += squaredDistance(rows, i, current, assignment[i] ?? 0, width);
  return { assignment, centers: current, inertia, iterations: done };
}

/** The mean of the rows of each center; `distances` are those of the rows to their centers so far. */
function meansOf(
  rows: Float32Array,
  width: number,
  assignment: Int32Array,
  distances: Float64Array,
  k: number,
): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(k * width);
  const counts = new Float64Array(k);
  const add = (row: number, center: number, sign: 1 | -1) => {
    counts[center] = (counts[center] ?? 0) + sign;
    for (let j = 0; j < width; j++)
      sums[center * width + j] = (sums[center * width + j] ?? 0) + sign * (rows[row * width + j] ?? 0);
  };
  for (const [row, center] of assignment.entries()) add(row, center, 1);
  const empty = [...counts.keys()].filter((center) => counts[center] === 0);
  if (empty.length > 0) {
    const farthest = [...assignment.keys()].sort((a, b) => (distances[b] ?? 0) - (distances[a] ?? 0));
    for (const [at, center] of empty.entries()) {
      const row = farthest[at] ?? 0;
      add(row, assignment[row] ?? 0, -1);
      add(row, center, 1);
    }
  }
  return sums.map((sum, at) => sum / Math.max(1, counts[Math.floor(at / width)] ?? 1));
}
