/** The directions in which features vary most: principal components, exactly (Pearson 1901; as scikit-learn's PCA). */
import { type Between, paced } from './pace.ts';
import { columnMeans } from './standardize.ts';
import { symmetricEigen, symmetricEigenvalues } from './symmetric-eigen.ts';

export interface PrincipalComponents {
  /** [width] */
  mean: Float64Array;
  /** Of length 1, most variance first; the element of largest size is positive. [m, width] */
  components: Float64Array;
  /** Variance along each (n − 1 in the denominator). [m] */
  explained: Float64Array;
  /** Its share of the whole variance; 0 where nothing varies. [m] */
  ratio: Float64Array;
  /** The rows without their mean, along each component. [n, m] */
  projected: Float32Array<ArrayBuffer>;
}

/**
 * The first m components of rows [n, width]; m is cut to what n and width allow. Needs two rows. The covariance, or with
 * fewer rows than columns the products of rows, is taken apart whole, so the cost grows with min(n, width)³.
 */
export async function principalComponents(
  rows: Float32Array,
  width: number,
  m: number,
  between: Between,
): Promise<PrincipalComponents> {
  const n = rows.length / width;
  if (!(n >= 2)) throw new RangeError(`${n} images have no directions to vary in: at least two are needed`);
  const mean = columnMeans(rows, width);
  const centered = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += width)
    for (let j = 0; j < width; j++) centered[from + j] = (rows[from + j] ?? 0) - (mean[j] ?? 0);
  const count = Math.min(m, width, n);
  const { products, size } = await productsOf(centered, n, width, between);
  const { values, vectors } = await symmetricEigen(products, size, between);
  const components = new Float64Array(count * width);
  const breathe = paced(between);
  for (let c = 0; c < count; c++) {
    const component = components.subarray(c * width, (c + 1) * width);
    if (width <= n) component.set(vectors.subarray(c * width, (c + 1) * width));
    else combine(component, centered, vectors.subarray(c * n, (c + 1) * n));
    fixSign(component);
    await breathe();
  }
  const projected = new Float32Array(n * count);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < count; c++)
      projected[i * count + c] = dot(centered, i * width, components, c * width, width);
    await breathe();
  }
  const explained = Float64Array.from({ length: count }, (_, c) => Math.max(0, values[c] ?? 0) / (n - 1));
  const whole = centered.reduce((sum, value) => sum + value * value, 0) / (n - 1);
  return {
    mean,
    components,
    explained,
    ratio: explained.map((value) => (whole > 0 ? value / whole : 0)),
    projected,
  };
}

/** The singular values of rows [n, width], largest first. */
export async function singularValues(
  rows: Float32Array,
  width: number,
  between: Between,
): Promise<Float64Array> {
  const { products, size } = await productsOf(Float64Array.from(rows), rows.length / width, width, between);
  const squares = await symmetricEigenvalues(products, size, between);
  // Rounding leaves squares of 0 a little below it.
  return squares.map((square) => Math.sqrt(Math.max(0, square)));
}

/** rowsᵀ·rows [width, width] of rows [n, width], or rows·rowsᵀ [n, n] if that is smaller: their eigenvalues are the same. */
async function productsOf(
  rows: Float64Array,
  n: number,
  width: number,
  between: Between,
): Promise<{ products: Float64Array; size: number }> {
  const breathe = paced(between);
  const size = Math.min(n, width);
  const products = new Float64Array(size * size);
  if (width <= n)
    for (let row = 0; row < n; row++) {
      for (let i = 0; i < width; i++) {
        const value = rows[row * width + i] ?? 0;
        for (let j = 0; j <= i; j++)
          products[i * width + j] = (products[i * width + j] ?? 0) + value * (rows[row * width + j] ?? 0);
      }
      await breathe();
    }
  else
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) products[i * n + j] = dot(rows, i * width, rows, j * width, width);
      await breathe();
    }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) products[j * size + i] = products[i * size + j] ?? 0;
  return { products, size };
}

function dot(a: Float64Array, fromA: number, b: Float64Array, fromB: number, length: number): number {
  let sum = 0;
  for (let j = 0; j < length; j++) sum += (a[fromA + j] ?? 0) * (b[fromB + j] ?? 0);
  return sum;
}

/** The sum of the rows weighted by `weights`, of length 1; left 0 where the rows cancel. */
function combine(component: Float64Array, rows: Float64Array, weights: Float64Array): void {
  const width = component.length;
  for (const [i, weight] of weights.entries())
    for (let j = 0; j < width; j++) component[j] = (component[j] ?? 0) + weight * (rows[i * width + j] ?? 0);
  const norm = Math.sqrt(dot(component, 0, component, 0, width));
  const scale = rows.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let j = 0; j < width; j++) component[j] = norm > 1e-10 * scale ? (component[j] ?? 0) / norm : 0;
}

/** An eigenvector's sign is nobody's: the element of largest size is made positive. */
function fixSign(component: Float64Array): void {
  let most = 0;
  for (const value of component) if (Math.abs(value) > Math.abs(most)) most = value;
  if (most < 0) for (let j = 0; j < component.length; j++) component[j] = -(component[j] ?? 0);
}
