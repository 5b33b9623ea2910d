/** How far a map in the plane may be believed: whether those who are near in it are near among the features. */
import { squaredDistance } from './neighbors.ts';

export interface Faithfulness {
  /** Neighbors that were looked at. */
  k: number;
  /** Images whose neighbors were looked at. */
  checked: number;
  /** 1 where all neighbors in the map are neighbors among the features; about 0.5 for places drawn at random. */
  trustworthiness: number;
  /** Of the k nearest in the map, the share that is among the k nearest by features. */
  kept: number;
  /** Percent of images whose k nearest others mostly bear their label, by features and in the map; null without labels. */
  agreement: { features: number; map: number; n: number } | null;
}

export interface Layout {
  /** [n, width] */
  rows: Float32Array;
  width: number;
  /** [n, 2] */
  positions: Float32Array;
  /** −1 for none. [n] */
  labels: Int32Array;
}

/**
 * Looks at the k nearest others of each of `checked` rows, among all n. Trustworthiness is that of Venna and Kaski 2001:
 * 1 − 2/(m·k·(2n − 3k − 1)) · Σ_i Σ_j max(0, r(i, j) − k), over the k nearest j of i in the map, with r the rank of j by
 * features. k is cut below n/2, where the measure is defined. Null with fewer than four rows.
 */
export function faithfulness(
  { rows, width, positions, labels }: Layout,
  checked: ArrayLike<number>,
  k: number,
): Faithfulness | null {
  const n = rows.length / width;
  const used = Math.min(k, Math.ceil(n / 2) - 1);
  if (used < 1 || checked.length === 0) return null;
  const classes = labels.reduce((most, label) => Math.max(most, label), -1) + 1;
  const far = new Float64Array(n);
  const apart = new Float64Array(n);
  let [penalty, shared, labelled, byFeatures, byMap] = [0, 0, 0, 0, 0];
  for (let c = 0; c < checked.length; c++) {
    const i = checked[c] ?? 0;
    measure(rows, width, i, far);
    measure(positions, 2, i, apart);
    const near = nearestOf(far, used);
    const beside = nearestOf(apart, used);
    const border = far[near[used - 1] ?? 0] ?? 0;
    for (const j of beside) {
      if ((far[j] ?? 0) <= border) shared++;
      else penalty += rankOf(far, j) - used;
    }
    const label = labels[i] ?? -1;
    if (label < 0) continue;
    labelled++;
    if (majority(near, labels, classes) === label) byFeatures++;
    if (majority(beside, labels, classes) === label) byMap++;
  }
  const m = checked.length;
  return {
    k: used,
    checked: m,
    trustworthiness: 1 - (2 * penalty) / (m * used * (2 * n - 3 * used - 1)),
    kept: shared / (m * used),
    agreement:
      classes > 1 && labelled > 0
        ? { features: (100 * byFeatures) / labelled, map: (100 * byMap) / labelled, n: labelled }
        : null,
  };
}

/** Squared distances of row i to all, infinite to itself. */
function measure(rows: Float32Array, width: number, i: number, into: Float64Array): void {
  for (let other = 0; other < into.length; other++)
    into[other] = squaredDistance(rows, i * width, other * width, width);
  into[i] = Number.POSITIVE_INFINITY;
}

/** Indices of the k smallest, smallest first. */
function nearestOf(distances: Float64Array, k: number): number[] {
  const found: number[] = [];
  let worst = Number.POSITIVE_INFINITY;
  for (let i = 0; i < distances.length; i++) {
    const distance = distances[i] ?? 0;
    if (found.length === k && distance >= worst) continue;
    if (found.length === k) found.pop();
    let at = found.length;
    while (at > 0 && (distances[found[at - 1] ?? 0] ?? 0) > distance) at--;
    found.splice(at, 0, i);
    worst = distances[found[found.length - 1] ?? 0] ?? 0;
  }
  return found;
}

/** From 1 for the nearest. */
function rankOf(distances: Float64Array, j: number): number {
  const own = distances[j] ?? 0;
  let before = 1;
  for (let i = 0; i < distances.length; i++) if ((distances[i] ?? 0) < own) before++;
  return before;
}

/** The commonest label of those who have one; of several, that of the nearest. */
function majority(neighbors: readonly number[], labels: Int32Array, classes: number): number {
  const votes = new Array<number>(classes).fill(0);
  let best = -1;
  for (const j of neighbors) {
    const label = labels[j] ?? -1;
    if (label >= 0) votes[label] = (votes[label] ?? 0) + 1;
  }
  const most = Math.max(0, ...votes);
  for (const j of neighbors) {
    const label = labels[j] ?? -1;
    if (label >= 0 && votes[label] === most) {
      best = label;
      break;
    }
  }
  return best;
}
