/** Features with mean 0 and variance 1: scikit-learn's StandardScaler, as before the classifiers of recipe 000. */

export interface Scaler {
  /** [width] */
  mean: Float64Array;
  /** Standard deviation (n in the denominator), 1 where a feature does not vary. [width] */
  scale: Float64Array;
}

/** Mean and deviation of each column of rows [n, width]. */
export function fitScaler(rows: Float32Array, width: number): Scaler {
  const n = rows.length / width;
  const mean = new Float64Array(width);
  const variance = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) mean[i % width] = (mean[i % width] ?? 0) + (rows[i] ?? 0) / n;
  for (let i = 0; i < rows.length; i++)
    variance[i % width] = (variance[i % width] ?? 0) + ((rows[i] ?? 0) - (mean[i % width] ?? 0)) ** 2 / n;
  return { mean, scale: variance.map((value, j) => (varies(value, mean[j] ?? 0, n) ? Math.sqrt(value) : 1)) };
}

/** False where the variance of n values of that mean is no more than rounding can make of equal ones. */
const varies = (variance: number, mean: number, n: number): boolean =>
  variance > n * Number.EPSILON * variance + (n * mean * Number.EPSILON) ** 2;

/** (row − mean) / scale, of all rows [n, width]. */
export function standardized(rows: Float32Array, { mean, scale }: Scaler): Float32Array<ArrayBuffer> {
  const width = mean.length;
  const scaled = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++)
    scaled[i] = ((rows[i] ?? 0) - (mean[i % width] ?? 0)) / (scale[i % width] ?? 1);
  return scaled;
}
