/**
 * Eigenvalues and eigenvectors of a symmetric matrix, exactly: Householder's reduction to three diagonals, then
 * implicit QR steps with Wilkinson's shift (Golub & Van Loan 2013, 8.3). The work grows with n³.
 */
import { type Between, paced } from './pace.ts';

export interface Eigen {
  /** Largest first. [n] */
  values: Float64Array;
  /** vectors.subarray(i·n, (i + 1)·n) belongs to values[i]; length 1, sign as it comes. [n, n] */
  vectors: Float64Array;
}

/** QR steps per eigenvalue; it takes two or so. */
const STEPS = 60;

export class EigenFailure extends Error {
  constructor(value: number) {
    super(`The eigenvalues did not settle near ${value}: the features hold values that are not finite.`);
    this.name = 'EigenFailure';
  }
}

/** Of a symmetric matrix [n, n], row by row, which is left as it was. */
export async function symmetricEigen(matrix: Float64Array, n: number, between: Between): Promise<Eigen> {
  const breathe = paced(between);
  const { diagonal, beside, reflections } = await tridiagonal(Float64Array.from(matrix), n, breathe);
  const vectors = await productOf(reflections, n, breathe);
  await implicitQr(diagonal, beside, vectors, n, breathe);
  const order = [...diagonal.keys()].sort((a, b) => (diagonal[b] ?? 0) - (diagonal[a] ?? 0));
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (i) => diagonal[i] ?? 0), vectors: sorted };
}

/** The eigenvalues alone, largest first, for less than half of the work. [n] */
export async function symmetricEigenvalues(
  matrix: Float64Array,
  n: number,
  between: Between,
): Promise<Float64Array> {
  const breathe = paced(between);
  const { diagonal, beside } = await tridiagonal(Float64Array.from(matrix), n, breathe);
  await implicitQr(diagonal, beside, null, n, breathe);
  return diagonal.sort().reverse();
}

interface Tridiagonal {
  /** [n] */
  diagonal: Float64Array;
  /** beside[i] stands between rows i and i + 1; the last is 0. [n] */
  beside: Float64Array;
  /** Row i holds v of the reflection I − v·vᵀ that cleared row i, 0 up to column i. [n, n] */
  reflections: Float64Array;
}

/** Clears all but three diagonals of `a`, in place, by a reflection a row. */
async function tridiagonal(a: Float64Array, n: number, breathe: Between): Promise<Tridiagonal> {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const reflections = new Float64Array(n * n);
  const p = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    diagonal[i] = a[i * n + i] ?? 0;
    if (i === n - 1) break;
    const v = reflections.subarray(i * n, (i + 1) * n);
    for (let j = i + 1; j < n; j++) v[j] = a[i * n + j] ?? 0;
    beside[i] = reflector(v, i + 1);
    // A ← H·A·H for H = I − v·vᵀ, as A − v·qᵀ − q·vᵀ with p = A·v, q = p − ½(vᵀp)·v, on the rows below i.
    let along = 0;
    for (let row = i + 1; row < n; row++) {
      let sum = 0;
      for (let j = i + 1; j < n; j++) sum += (a[row * n + j] ?? 0) * (v[j] ?? 0);
      p[row] = sum;
      along += sum * (v[row] ?? 0);
    }
    for (let row = i + 1; row < n; row++) p[row] = (p[row] ?? 0) - (along / 2) * (v[row] ?? 0);
    for (let row = i + 1; row < n; row++) {
      const [own, ownP] = [v[row] ?? 0, p[row] ?? 0];
      for (let j = i + 1; j < n; j++)
        a[row * n + j] = (a[row * n + j] ?? 0) - own * (p[j] ?? 0) - ownP * (v[j] ?? 0);
    }
    await breathe();
  }
  return { diagonal, beside, reflections };
}

/** Replaces x = v[from …] by the v of length √2 whose reflection turns x into (±‖x‖, 0, …, 0); returns ±‖x‖. */
function reflector(v: Float64Array, from: number): number {
  let largest = 0;
  for (let j = from; j < v.length; j++) largest = Math.max(largest, Math.abs(v[j] ?? 0));
  if (largest === 0) return 0;
  // Scaled, so that squares neither overflow nor vanish.
  let norm = 0;
  for (let j = from; j < v.length; j++) norm += ((v[j] ?? 0) / largest) ** 2;
  norm = largest * Math.sqrt(norm);
  const first = v[from] ?? 0;
  // The sign that adds up: nothing is lost by cancellation.
  const image = first > 0 ? -norm : norm;
  v[from] = first - image;
  let length = 0;
  for (let j = from; j < v.length; j++) length += ((v[j] ?? 0) / norm) ** 2;
  const scale = Math.SQRT2 / (norm * Math.sqrt(length));
  for (let j = from; j < v.length; j++) v[j] = (v[j] ?? 0) * scale;
  return image;
}

/** H₀·H₁·…·Hₙ₋₂, transposed: its rows are the columns that QR rotates. */
async function productOf(reflections: Float64Array, n: number, breathe: Between): Promise<Float64Array> {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  // Transposed, H₀ is the last factor applied to each row from the right: rows ← rows · Hᵢ, from the last to the first.
  for (let i = n - 2; i >= 0; i--) {
    const v = reflections.subarray(i * n, (i + 1) * n);
    for (let row = i + 1; row < n; row++) {
      const own = rows.subarray(row * n, (row + 1) * n);
      let sum = 0;
      for (let j = i + 1; j < n; j++) sum += (own[j] ?? 0) * (v[j] ?? 0);
      for (let j = i + 1; j < n; j++) own[j] = (own[j] ?? 0) - sum * (v[j] ?? 0);
    }
    await breathe();
  }
  return rows;
}

/** Turns the diagonal into eigenvalues, and the rows of `vectors`, if wanted, with it. */
async function implicitQr(
  diagonal: Float64Array,
  beside: Float64Array,
  vectors: Float64Array | null,
  n: number,
  breathe: Between,
): Promise<void> {
  const parted = (i: number) =>
    Math.abs(beside[i] ?? 0) <=
    Number.EPSILON * (Math.abs(diagonal[i] ?? 0) + Math.abs(diagonal[i + 1] ?? 0));
  let end = n - 1;
  let steps = 0;
  while (end > 0) {
    if (parted(end - 1)) {
      end--;
      steps = 0;
      continue;
    }
    if (steps++ === STEPS || !Number.isFinite(diagonal[end])) throw new EigenFailure(diagonal[end] ?? 0);
    let low = end - 1;
    while (low > 0 && !parted(low - 1)) low--;
    qrStep(diagonal, beside, vectors, n, low, end);
    await breathe();
  }
}

/** One step of the implicit QR iteration on rows low … end, with Wilkinson's shift (Golub & Van Loan, 8.3.2). */
function qrStep(
  diagonal: Float64Array,
  beside: Float64Array,
  vectors: Float64Array | null,
  n: number,
  low: number,
  end: number,
): void {
  const half = ((diagonal[end - 1] ?? 0) - (diagonal[end] ?? 0)) / 2;
  const corner = beside[end - 1] ?? 0;
  const root = Math.hypot(half, corner);
  const shift = (diagonal[end] ?? 0) - (corner / (half + (half < 0 ? -root : root))) * corner;
  let x = (diagonal[low] ?? 0) - shift;
  let bulge = beside[low] ?? 0;
  for (let k = low; k < end; k++) {
    const length = Math.hypot(x, bulge);
    const c = length > 0 ? x / length : 1;
    const s = length > 0 ? bulge / length : 0;
    if (k > low) beside[k - 1] = length;
    const [upper, lower, off] = [diagonal[k] ?? 0, diagonal[k + 1] ?? 0, beside[k] ?? 0];
    diagonal[k] = c * c * upper + 2 * c * s * off + s * s * lower;
    diagonal[k + 1] = s * s * upper - 2 * c * s * off + c * c * lower;
    x = c * s * (lower - upper) + (c * c - s * s) * off;
    beside[k] = x;
    if (k < end - 1) {
      bulge = s * (beside[k + 1] ?? 0);
      beside[k + 1] = c * (beside[k + 1] ?? 0);
    }
    if (vectors) rotate(vectors, k, n, c, s);
  }
}

/** Rows k and k + 1 of `vectors`, turned in their plane. */
function rotate(vectors: Float64Array, k: number, n: number, c: number, s: number): void {
  const [upper, lower] = [k * n, (k + 1) * n];
  for (let j = 0; j < n; j++) {
    const [a, b] = [vectors[upper + j] ?? 0, vectors[lower + j] ?? 0];
    vectors[upper + j] = c * a + s * b;
    vectors[lower + j] = c * b - s * a;
  }
}
