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
  const mean = columnMeans(rows, width);
  const variance = new Float64Array(width);
  for (let from = 0; from < rows.length; from += width)
    for (let j = 0; j < width; j++) {
      const off = (rows[from + j] ?? 0) - (mean[j] ?? 0);
      variance[j] = (variance[j] ?? 0) + (off * off) / n;
    }
  return { mean, scale: variance.map((value) => (value > 0 ? Math.sqrt(value) : 1)) };
}

/** [width] of rows [n, width]. Equal float32 values add up exactly in float64, so a column of them has exactly their mean. */
export function columnMeans(rows: Float32Array, width: number): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(width);
  for (let from = 0; from < rows.length; from += width)
    for (let j = 0; j < width; j++) sums[j] = (sums[j] ?? 0) + (rows[from + j] ?? 0);
  const n = rows.length / width;
  return sums.map((sum) => sum / n);
}

/** (row − mean) / scale, of all rows [n, width]. */
export function standardized(rows: Float32Array, { mean, scale }: Scaler): Float32Array<ArrayBuffer> {
  const width = mean.length;
  const scaled = new Float32Array(rows.length);
  for (let from = 0; from < rows.length; from += width)
    for (let j = 0; j < width; j++)
      scaled[from + j] = ((rows[from + j] ?? 0) - (mean[j] ?? 0)) / (scale[j] ?? 1);
  return scaled;
}
