/** UMAP's layout: pairs of the graph are drawn together one by one, and pushed from points drawn at random. */
import type { Rng } from '../../core/rng.ts';
import type { SparseMatrix } from './affinities.ts';
import { curveOf } from './umap-graph.ts';

/** Points that one is pushed away from, for each that it is drawn to. */
const NEGATIVES = 5;
/** No move along an axis is larger, times the learning rate. */
const CLIP = 4;
/** First positions reach this far from the middle. */
const REACH = 10;
const MANY = 10_000;

/** As umap-learn: fewer where there are many points. */
export const umapEpochs = (n: number): number => (n > MANY ? 200 : 500);

interface Pairs {
  heads: Int32Array;
  tails: Int32Array;
  /** Epochs from one use of a pair to the next: the heaviest is used in each. */
  every: Float64Array;
}

/**
 * A layout that is on its way; each `step` is an epoch of the stochastic gradient descent on the fuzzy cross-entropy
 * (McInnes et al. 2018, §3.2 and algorithm 5, with umap-learn's schedule).
 */
export class Umap {
  readonly positions: Float64Array;
  readonly epochs: number;
  /** Epochs done. */
  iteration = 0;
  private readonly pairs: Pairs;
  private readonly curve: { a: number; b: number };
  private readonly due: Float64Array;
  private readonly dueNegative: Float64Array;
  private state: number;

  /** Begins with `start` [n, 2], stretched to umap-learn's size. */
  constructor(graph: SparseMatrix, start: ArrayLike<number>, minDist: number, draws: Rng, epochs?: number) {
    this.epochs = epochs ?? umapEpochs(start.length / 2);
    this.positions = stretched(start, draws);
    this.curve = curveOf(minDist);
    this.pairs = pairsOf(graph, this.epochs);
    this.due = this.pairs.every.slice();
    this.dueNegative = this.pairs.every.map((every) => every / NEGATIVES);
    this.state = draws.bits() || 1;
  }

  step(): void {
    const { positions, pairs, curve, due, dueNegative, epochs } = this;
    const { heads, tails, every } = pairs;
    const { a, b } = curve;
    const n = positions.length / 2;
    const epoch = this.iteration;
    const rate = 1 - epoch / epochs;
    // Distances to the power of b are most of the work, and exp(b·ln d) takes half the time of d ** b.
    for (let pair = 0; pair < heads.length; pair++) {
      if ((due[pair] ?? 0) > epoch) continue;
      const head = 2 * (heads[pair] ?? 0);
      const tail = 2 * (tails[pair] ?? 0);
      let x = positions[head] ?? 0;
      let y = positions[head + 1] ?? 0;
      const dx = x - (positions[tail] ?? 0);
      const dy = y - (positions[tail + 1] ?? 0);
      const squared = dx * dx + dy * dy;
      if (squared > 0) {
        const power = Math.exp(b * Math.log(squared));
        const pull = (-2 * a * b * power) / squared / (a * power + 1);
        const moveX = rate * clipped(pull * dx);
        const moveY = rate * clipped(pull * dy);
        x += moveX;
        y += moveY;
        positions[tail] = (positions[tail] ?? 0) - moveX;
        positions[tail + 1] = (positions[tail + 1] ?? 0) - moveY;
      }
      due[pair] = (due[pair] ?? 0) + (every[pair] ?? 0);
      const everyNegative = (every[pair] ?? 0) / NEGATIVES;
      const count = Math.floor((epoch - (dueNegative[pair] ?? 0)) / everyNegative);
      for (let i = 0; i < count; i++) {
        const other = 2 * this.below(n);
        if (other === head) continue;
        const fromX = x - (positions[other] ?? 0);
        const fromY = y - (positions[other + 1] ?? 0);
        const apart = fromX * fromX + fromY * fromY;
        if (apart === 0) continue;
        const push = (2 * b) / ((0.001 + apart) * (a * Math.exp(b * Math.log(apart)) + 1));
        x += rate * clipped(push * fromX);
        y += rate * clipped(push * fromY);
      }
      dueNegative[pair] = (dueNegative[pair] ?? 0) + count * everyNegative;
      positions[head] = x;
      positions[head + 1] = y;
    }
    this.iteration++;
  }

  /** Marsaglia's xorshift (2003): a hundred million draws go into a layout, and nobody needs to find one again alone. */
  private below(n: number): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return (state >>> 0) % n;
  }
}

const clipped = (move: number): number => (move > CLIP ? CLIP : move < -CLIP ? -CLIP : move);

/** Pairs that would not be used once in all epochs are left out. */
function pairsOf({ offsets, columns, values }: SparseMatrix, epochs: number): Pairs {
  const heaviest = values.reduce((most, value) => Math.max(most, value), 0);
  const heads: number[] = [];
  const tails: number[] = [];
  const every: number[] = [];
  for (let row = 0; row + 1 < offsets.length; row++)
    for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++) {
      const weight = values[at] ?? 0;
      if (weight < heaviest / epochs) continue;
      heads.push(row);
      tails.push(columns[at] ?? 0);
      every.push(heaviest / weight);
    }
  return { heads: Int32Array.from(heads), tails: Int32Array.from(tails), every: Float64Array.from(every) };
}

/** From −10 to 10 along the wider axis, and a little off, so that no two points begin at the same place. */
function stretched(start: ArrayLike<number>, draws: Rng): Float64Array {
  const n = start.length / 2;
  let [x, y] = [0, 0];
  for (let i = 0; i < n; i++) {
    x += (start[2 * i] ?? 0) / n;
    y += (start[2 * i + 1] ?? 0) / n;
  }
  const centered = Float64Array.from(start, (value, i) => value - (i % 2 === 0 ? x : y));
  const reach = centered.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = reach > 0 ? REACH / reach : 0;
  return centered.map((value) => value * scale + 1e-4 * draws.normal());
}
