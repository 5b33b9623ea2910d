/** t-SNE with Barnes and Hut's tree: like rows attract each other in the plane, all others repel (van der Maaten 2014). */
import type { SparseMatrix } from './affinities.ts';
import { type Push, QuadTree } from './quadtree.ts';

export interface TsneSettings {
  /** Speed against exactness: 0 is exact, 0.5 the usual. */
  theta: number;
  /** Attraction is that much stronger at first, so that clusters find together. */
  exaggeration: number;
  /** Steps of exaggeration, with the smaller momentum. */
  early: number;
}

export const TSNE: TsneSettings = { theta: 0.5, exaggeration: 12, early: 250 };
export const TSNE_STEPS = 1000;
/** Momentum of the early steps and of the later ones. */
const MOMENTUM = { early: 0.5, later: 0.8 } as const;
const LEAST_GAIN = 0.01;
/** Spread of the first positions: small, so that the forces and not the start decide. */
const START = 1e-4;

/**
 * Gradient of KL(P‖Q) over positions [n, 2], into `gradient`: 4·Σ_j (a·p_ij·q_ij − q_ij²/Z)·(y_i − y_j), with
 * q_ij = 1 / (1 + ‖y_i − y_j‖²) and Z = Σ q (van der Maaten 2014, equation 8); `a` is the exaggeration. Returns Z.
 */
export function tsneGradient(
  { offsets, columns, values }: SparseMatrix,
  positions: Float64Array,
  tree: QuadTree,
  exaggeration: number,
  gradient: Float64Array,
): number {
  const n = positions.length / 2;
  tree.fill(positions);
  const push: Push = { sum: 0, x: 0, y: 0 };
  let z = 0;
  for (const i of tree.order) {
    tree.push(i, push);
    z += push.sum;
    gradient[2 * i] = push.x;
    gradient[2 * i + 1] = push.y;
  }
  for (let i = 0; i < n; i++) {
    const x = positions[2 * i] ?? 0;
    const y = positions[2 * i + 1] ?? 0;
    let pullX = 0;
    let pullY = 0;
    const end = offsets[i + 1] ?? 0;
    for (let at = offsets[i] ?? 0; at < end; at++) {
      const j = columns[at] ?? 0;
      const dx = x - (positions[2 * j] ?? 0);
      const dy = y - (positions[2 * j + 1] ?? 0);
      const pull = (values[at] ?? 0) / (1 + dx * dx + dy * dy);
      pullX += pull * dx;
      pullY += pull * dy;
    }
    gradient[2 * i] = 4 * (exaggeration * pullX - (gradient[2 * i] ?? 0) / z);
    gradient[2 * i + 1] = 4 * (exaggeration * pullY - (gradient[2 * i + 1] ?? 0) / z);
  }
  return z;
}

/** KL(P‖Q), in nats: what is lost in the plane. */
export function tsneLoss(
  { offsets, columns, values }: SparseMatrix,
  positions: Float64Array,
  z: number,
): number {
  let loss = 0;
  for (let i = 0; i < positions.length / 2; i++)
    for (let at = offsets[i] ?? 0; at < (offsets[i + 1] ?? 0); at++) {
      const j = columns[at] ?? 0;
      const dx = (positions[2 * i] ?? 0) - (positions[2 * j] ?? 0);
      const dy = (positions[2 * i + 1] ?? 0) - (positions[2 * j + 1] ?? 0);
      const p = values[at] ?? 0;
      if (p > 0) loss += p * Math.log(p * z * (1 + dx * dx + dy * dy));
    }
  return loss;
}

/** A layout that is on its way; each `step` moves every point once. */
export class Tsne {
  readonly positions: Float64Array;
  /** Steps taken. */
  iteration = 0;
  private readonly affinities: SparseMatrix;
  private readonly settings: TsneSettings;
  private readonly rate: number;
  private readonly tree: QuadTree;
  private readonly gradient: Float64Array;
  private readonly moved: Float64Array;
  private readonly gains: Float64Array;
  private z = 1;

  /**
   * Begins with `start` [n, 2], shrunk: its arrangement decides which cluster ends where (Kobak and Berens 2019), not
   * how well it is placed. The learning rate is n / exaggeration / 4 and at least 50, as Belkina et al. 2019 found and
   * scikit-learn does.
   */
  constructor(affinities: SparseMatrix, start: ArrayLike<number>, settings: TsneSettings = TSNE) {
    const n = start.length / 2;
    this.affinities = affinities;
    this.settings = settings;
    this.rate = Math.max(n / settings.exaggeration / 4, 50);
    this.positions = shrunk(start);
    this.tree = new QuadTree(n, settings.theta);
    this.gradient = new Float64Array(2 * n);
    this.moved = new Float64Array(2 * n);
    this.gains = new Float64Array(2 * n).fill(1);
  }

  step(): void {
    const { affinities, settings, positions, gradient, moved, gains, rate } = this;
    const early = this.iteration < settings.early;
    const exaggeration = early ? settings.exaggeration : 1;
    this.z = tsneGradient(affinities, positions, this.tree, exaggeration, gradient);
    const momentum = early ? MOMENTUM.early : MOMENTUM.later;
    for (let i = 0; i < positions.length; i++) {
      const slope = gradient[i] ?? 0;
      const before = moved[i] ?? 0;
      // Jacobs 1988: faster where the direction stays, slower where it turns.
      const gain = slope * before < 0 ? (gains[i] ?? 1) + 0.2 : (gains[i] ?? 1) * 0.8;
      gains[i] = Math.max(LEAST_GAIN, gain);
      const move = momentum * before - rate * (gains[i] ?? 1) * slope;
      moved[i] = move;
      positions[i] = (positions[i] ?? 0) + move;
    }
    center(positions);
    this.iteration++;
  }

  /** KL(P‖Q) of the present positions. */
  loss(): number {
    const { affinities, positions, tree } = this;
    this.z = tsneGradient(affinities, positions, tree, 1, this.gradient);
    return tsneLoss(affinities, positions, this.z);
  }
}

/** Around 0, with a standard deviation of `START` along the wider axis. */
function shrunk(start: ArrayLike<number>): Float64Array {
  const positions = Float64Array.from(start);
  center(positions);
  const squares = [0, 0];
  for (let i = 0; i < positions.length; i++)
    squares[i % 2] = (squares[i % 2] ?? 0) + (positions[i] ?? 0) ** 2;
  const deviation = Math.sqrt((2 * Math.max(...squares)) / positions.length);
  return deviation > 0 ? positions.map((value) => (value * START) / deviation) : positions;
}

function center(positions: Float64Array): void {
  const n = positions.length / 2;
  let [x, y] = [0, 0];
  for (let i = 0; i < n; i++) {
    x += positions[2 * i] ?? 0;
    y += positions[2 * i + 1] ?? 0;
  }
  for (let i = 0; i < n; i++) {
    positions[2 * i] = (positions[2 * i] ?? 0) - x / n;
    positions[2 * i + 1] = (positions[2 * i + 1] ?? 0) - y / n;
  }
}
