/** From features to places in the plane, with word of how far it is: what the projection worker does. */
import { PURPOSE, rng } from '../../core/rng.ts';
import { kMeans } from '../kmeans.ts';
import type { Between } from '../pace.ts';
import { principalComponents } from '../pca.ts';
import { jointAffinities, neighborsFor } from './affinities.ts';
import { type Faithfulness, faithfulness } from './faithfulness.ts';
import { type Neighbors, nearestNeighbors } from './neighbors.ts';
import { aligned } from './procrustes.ts';
import { TSNE_STEPS, Tsne } from './tsne.ts';
import { Umap } from './umap.ts';
import { fuzzyGraph } from './umap-graph.ts';

export type Method =
  | { method: 'pca' }
  | { method: 'tsne'; perplexity: number }
  | { method: 'umap'; neighbors: number; minDist: number };

export interface Job {
  /** Of unit length. [n, width] */
  rows: Float32Array;
  width: number;
  /** −1 for none. [n] */
  labels: Int32Array;
  /** Groups that the features are put into, besides. */
  clusters: number;
  projection: Method;
  seed: number;
  /** Where the layout begins, and what it is laid over. [n, 2] */
  start: Float32Array | null;
}

export interface Word {
  /** @param share done of the stage, 0 to 1; null where nobody knows. */
  stage(text: string, share: number | null): void;
  /** The layout so far, [n, 2]. */
  positions(positions: Float32Array<ArrayBuffer>): void;
}

export interface Projected {
  /** The method with the parameters that the number of images allows. */
  used: Method;
  positions: Float32Array<ArrayBuffer>;
  clusters: Int32Array<ArrayBuffer>;
  explained: number[] | null;
  faithfulness: Faithfulness | null;
}

/** Components that neighbors are sought in (van der Maaten and Hinton 2008, §4.1, take 30; scikit-learn's guide 50). */
const COMPONENTS = 50;
const NEIGHBORS_CHECKED = 10;
const ROWS_CHECKED = 1000;
const RESTARTS = 3;
/** Between two words of a layout that forms, milliseconds. */
const EVERY = 150;

/** Throws RangeError for fewer than four images. */
export async function project(job: Job, word: Word): Promise<Projected> {
  const n = job.labels.length;
  if (n < 4) throw new RangeError(`${n} images make no map: at least four are needed`);
  const between: Between = async () => {};
  word.stage('Principal components', null);
  const { rows, width, labels } = job;
  const { projected, ratio } = await principalComponents(rows, width, COMPONENTS, between);
  const plane = firstTwo(projected, n);
  const used = fitting(job.projection, n);
  const laid = layout({ used, seed: job.seed, components: projected, plane, start: job.start }, n, word);
  const positions = Float32Array.from(laid);
  word.positions(positions.slice());
  word.stage('k-means, for the colors', null);
  const found = await kMeans(rows, width, job.clusters, { seed: job.seed, restarts: RESTARTS }, between);
  word.stage('Comparing neighbours in the map and among the features', null);
  const checked = rng(job.seed, PURPOSE.embedding, 1).permutation(n).subarray(0, ROWS_CHECKED);
  return {
    used,
    positions,
    clusters: Int32Array.from(found.assignment),
    explained: used.method === 'pca' ? [ratio[0] ?? 0, ratio[1] ?? 0] : null,
    faithfulness: faithfulness({ rows, width, positions, labels }, checked, NEIGHBORS_CHECKED),
  };
}

/** A perplexity needs three times as many neighbors. */
function fitting(projection: Method, n: number): Method {
  if (projection.method === 'tsne')
    return {
      ...projection,
      perplexity: Math.min(projection.perplexity, Math.max(1, Math.floor((n - 1) / 3))),
    };
  if (projection.method === 'umap') return { ...projection, neighbors: Math.min(projection.neighbors, n) };
  return projection;
}

interface Plan {
  used: Method;
  seed: number;
  /** [n, m] */
  components: Float32Array;
  /** The first two of them. */
  plane: Float64Array;
  start: Float32Array | null;
}

function layout({ used, seed, components, plane, start }: Plan, n: number, word: Word): Float64Array {
  const over = (positions: Float64Array) => (start ? aligned(positions, start) : positions);
  const from = start ?? plane;
  if (used.method === 'pca') return over(plane);
  const neighbors = (k: number): Neighbors => {
    const tell = limited((share: number) => word.stage('Nearest neighbours', share));
    return nearestNeighbors(components, components.length / n, k, tell);
  };
  if (used.method === 'tsne') {
    const near = neighbors(neighborsFor(used.perplexity));
    word.stage('Affinities', null);
    const way = new Tsne(jointAffinities(near, used.perplexity), from);
    walk(way, TSNE_STEPS, 't-SNE', over, word);
    return over(way.positions);
  }
  // The point itself counts as one.
  const graph = fuzzyGraph(neighbors(Math.max(1, used.neighbors - 1)));
  const way = new Umap(graph, from, used.minDist, rng(seed, PURPOSE.embedding));
  walk(way, way.epochs, 'UMAP', over, word);
  return over(way.positions);
}

interface Way {
  positions: Float64Array;
  iteration: number;
  step(): void;
}

function walk(
  way: Way,
  steps: number,
  name: string,
  over: (at: Float64Array) => Float64Array,
  word: Word,
): void {
  const tell = limited((done: number) => {
    word.stage(`${name}: step ${done} of ${steps}`, done / steps);
    word.positions(Float32Array.from(over(way.positions)));
  });
  while (way.iteration < steps) {
    way.step();
    tell(way.iteration);
  }
}

/** Passes on what it is told a few times a second. */
function limited(tell: (value: number) => void): (value: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = performance.now();
    if (now - last < EVERY) return;
    last = now;
    tell(value);
  };
}

function firstTwo(projected: Float32Array, n: number): Float64Array {
  const width = projected.length / n;
  return Float64Array.from({ length: 2 * n }, (_, i) => projected[Math.floor(i / 2) * width + (i % 2)] ?? 0);
}
