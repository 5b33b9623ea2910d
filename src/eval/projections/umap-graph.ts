/** UMAP's picture of the neighborhoods: a weight from 0 to 1 for each pair, and the curve that distances follow. */
import { type SparseMatrix, symmetric } from './affinities.ts';
import type { Neighbors } from './neighbors.ts';

const HALVINGS = 64;
const TOLERANCE = 1e-5;
/** σ is at least this share of the mean distance. */
const LEAST_SCALE = 1e-3;

/**
 * exp(−max(0, d − ρ_i)/σ_i) over the neighbors of i: ρ_i is the distance of its nearest neighbor that is not at the very
 * same place, σ_i such that the weights sum to log2(k + 1) (McInnes et al. 2018, algorithm 3; as in umap-learn the point
 * counts among its neighbors). [n, k]
 */
export function memberships({ k, distances }: Neighbors): Float64Array {
  const n = distances.length / k;
  const wanted = Math.log2(k + 1);
  const weights = new Float64Array(n * k);
  const meanOfAll = distances.reduce((sum, distance) => sum + distance, 0) / (n * (k + 1));
  for (let row = 0; row < n; row++) {
    const own = distances.subarray(row * k, (row + 1) * k);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    let low = 0;
    let high = Number.POSITIVE_INFINITY;
    let sigma = 1;
    for (let i = 0; i < HALVINGS; i++) {
      let sum = 0;
      for (const distance of own) sum += weightOf(distance - nearest, sigma);
      if (Math.abs(sum - wanted) < TOLERANCE) break;
      if (sum > wanted) high = sigma;
      else low = sigma;
      sigma = high === Number.POSITIVE_INFINITY ? 2 * sigma : (low + high) / 2;
    }
    const mean = own.reduce((sum, distance) => sum + distance, 0) / (k + 1);
    sigma = Math.max(sigma, LEAST_SCALE * (nearest > 0 ? mean : meanOfAll));
    for (const [j, distance] of own.entries()) weights[row * k + j] = weightOf(distance - nearest, sigma);
  }
  return weights;
}

const weightOf = (excess: number, sigma: number): number => (excess > 0 ? Math.exp(-excess / sigma) : 1);

/** The union of both directions, a + b − ab (McInnes et al. 2018, §3.1). */
export function fuzzyGraph(neighbors: Neighbors): SparseMatrix {
  return symmetric(neighbors, memberships(neighbors), (a, b) => a + b - a * b);
}

/** Where the curve is compared: to three times the spread, which is 1. */
const POINTS = 300;
const REACH = 3;
const ROUNDS = 200;

/**
 * a and b of 1 / (1 + a·x^2b) that come closest, in squares, to 1 up to `minDist` and exp(minDist − x) beyond it
 * (McInnes et al. 2018, §3.2). Levenberg and Marquardt's steps from a = b = 1.
 */
export function curveOf(minDist: number): { a: number; b: number } {
  const xs = Array.from({ length: POINTS }, (_, i) => (REACH * i) / (POINTS - 1));
  const wanted = xs.map((x) => (x < minDist ? 1 : Math.exp(minDist - x)));
  const errorOf = (a: number, b: number) =>
    xs.reduce((sum, x, i) => sum + (1 / (1 + a * x ** (2 * b)) - (wanted[i] ?? 0)) ** 2, 0);
  let [a, b, damping] = [1, 1, 1e-3];
  let error = errorOf(a, b);
  for (let round = 0; round < ROUNDS; round++) {
    let [aa, ab, bb, ra, rb] = [0, 0, 0, 0, 0];
    for (const [i, x] of xs.entries()) {
      if (x === 0) continue;
      const power = x ** (2 * b);
      const value = 1 / (1 + a * power);
      const byA = -power * value * value;
      const byB = 2 * a * Math.log(x) * byA;
      const left = (wanted[i] ?? 0) - value;
      aa += byA * byA;
      ab += byA * byB;
      bb += byB * byB;
      ra += byA * left;
      rb += byB * left;
    }
    const [daa, dbb] = [aa * (1 + damping), bb * (1 + damping)];
    const determinant = daa * dbb - ab * ab;
    const next = { a: a + (dbb * ra - ab * rb) / determinant, b: b + (daa * rb - ab * ra) / determinant };
    const nextError = next.a > 0 && next.b > 0 ? errorOf(next.a, next.b) : Number.POSITIVE_INFINITY;
    if (nextError < error) {
      [a, b, error] = [next.a, next.b, nextError];
      damping /= 10;
    } else damping *= 10;
    if (damping > 1e12) break;
  }
  return { a, b };
}
