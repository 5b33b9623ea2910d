/** How much every row is another's neighbor, as t-SNE wants it: a probability for each pair of neighbors. */
import type { Neighbors } from './neighbors.ts';

/** A symmetric matrix [n, n] of which only what is not 0 is kept, row by row. */
export interface SparseMatrix {
  /** Where each row begins in the others, and where the last one ends. [n + 1] */
  offsets: Int32Array;
  columns: Int32Array;
  values: Float64Array;
}

const TOLERANCE = 1e-5;
const HALVINGS = 100;

/** Neighbors that a perplexity asks for: three times as many (van der Maaten 2014, §4.1). */
export const neighborsFor = (perplexity: number): number => Math.floor(3 * perplexity);

/**
 * p(j|i) = exp(−β_i·d²) over the neighbors of i, with β_i such that the entropy of the row is ln(perplexity) (van der
 * Maaten and Hinton 2008, §2). [n, k]
 */
export function conditionalAffinities({ k, distances }: Neighbors, perplexity: number): Float64Array {
  const n = distances.length / k;
  const wanted = Math.log(perplexity);
  const found = new Float64Array(n * k);
  for (let row = 0; row < n; row++) {
    const squares = Float64Array.from(
      distances.subarray(row * k, (row + 1) * k),
      (distance) => distance ** 2,
    );
    const values = found.subarray(row * k, (row + 1) * k);
    let low = 0;
    let high = Number.POSITIVE_INFINITY;
    let beta = 1;
    for (let i = 0; i < HALVINGS; i++) {
      const excess = spread(squares, beta, values) - wanted;
      if (Math.abs(excess) <= TOLERANCE) break;
      if (excess > 0) low = beta;
      else high = beta;
      beta = high === Number.POSITIVE_INFINITY ? 2 * beta : (low + high) / 2;
    }
  }
  return found;
}

/** Fills in the row's probabilities under β and returns their entropy, in nats. */
function spread(squares: Float64Array, beta: number, values: Float64Array): number {
  const least = squares[0] ?? 0;
  let sum = 0;
  for (const [j, square] of squares.entries()) {
    // Taking the smallest away changes nothing but keeps the largest weight at 1.
    const value = Math.exp(-beta * (square - least));
    values[j] = value;
    sum += value;
  }
  let mean = 0;
  for (const [j, square] of squares.entries()) {
    const value = (values[j] ?? 0) / sum;
    values[j] = value;
    mean += value * (square - least);
  }
  return Math.log(sum) + beta * mean;
}

/** p_ij = (p(j|i) + p(i|j)) / 2n, which sum to 1 (van der Maaten 2014, equation 6). */
export function jointAffinities(neighbors: Neighbors, perplexity: number): SparseMatrix {
  const n = neighbors.distances.length / neighbors.k;
  const conditional = conditionalAffinities(neighbors, perplexity);
  return symmetric(neighbors, conditional, (a, b) => (a + b) / (2 * n));
}

/** The matrix of `join(w_ij, w_ji)` for weights [n, k] of directed pairs, 0 where there is no such pair. */
export function symmetric(
  { indices, k }: Neighbors,
  weights: Float64Array,
  join: (own: number, other: number) => number,
): SparseMatrix {
  const n = indices.length / k;
  const incoming = incomingPairs(indices, n);
  const offsets = new Int32Array(n + 1);
  const columns = new Int32Array(2 * indices.length);
  const values = new Float64Array(2 * indices.length);
  /** Where a column stands in the present row; below `offsets[row]` it does not. */
  const places = new Int32Array(n).fill(-1);
  const others = new Float64Array(2 * indices.length);
  let end = 0;
  for (let row = 0; row < n; row++) {
    const begin = end;
    offsets[row] = begin;
    for (let at = row * k; at < (row + 1) * k; at++) {
      const column = indices[at] ?? 0;
      places[column] = end;
      columns[end] = column;
      values[end++] = weights[at] ?? 0;
    }
    for (let i = incoming.offsets[row] ?? 0; i < (incoming.offsets[row + 1] ?? 0); i++) {
      const at = incoming.pairs[i] ?? 0;
      const column = Math.floor(at / k);
      let place = places[column] ?? -1;
      if (place < begin) {
        place = end++;
        places[column] = place;
        columns[place] = column;
      }
      others[place] = weights[at] ?? 0;
    }
    for (let at = begin; at < end; at++) values[at] = join(values[at] ?? 0, others[at] ?? 0);
  }
  offsets[n] = end;
  return { offsets, columns: columns.slice(0, end), values: values.slice(0, end) };
}

/** For each row the places in `indices` that name it. */
function incomingPairs(indices: Int32Array, n: number): { offsets: Int32Array; pairs: Int32Array } {
  const offsets = new Int32Array(n + 1);
  for (const index of indices) offsets[index + 1] = (offsets[index + 1] ?? 0) + 1;
  for (let i = 0; i < n; i++) offsets[i + 1] = (offsets[i + 1] ?? 0) + (offsets[i] ?? 0);
  const next = offsets.slice();
  const pairs = new Int32Array(indices.length);
  for (const [at, index] of indices.entries()) {
    const place = next[index] ?? 0;
    pairs[place] = at;
    next[index] = place + 1;
  }
  return { offsets, pairs };
}
