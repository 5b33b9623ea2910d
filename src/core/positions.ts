/** The resampling of the positional table, as the one constant matrix that it is. */

/** Keys' cubic convolution kernel with a = −0.75, torch's choice for bicubic interpolation. */
function cubic(x: number): number {
  const a = -0.75;
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

/** Weights of one axis, [to, from]: torch's interpolate(scale_factor = (to + 0.1)/from), no antialias, edges repeated. */
function axisWeights(from: number, to: number): Float64Array {
  const weights = new Float64Array(to * from);
  const scale = from / (to + 0.1);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale - 0.5;
    const first = Math.floor(center) - 1;
    for (let k = first; k < first + 4; k++) {
      const clamped = Math.min(Math.max(k, 0), from - 1);
      const at = i * from + clamped;
      weights[at] = (weights[at] ?? 0) + cubic(center - k);
    }
  }
  return weights;
}

/**
 * Bicubic resize of a side×side grid to rows×columns as the official interpolate_pos_encoding does it:
 * [rows·columns, side²], both grids row-major.
 */
export function resampleMatrix(side: number, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const vertical = axisWeights(side, rows);
  const horizontal = axisWeights(side, columns);
  const matrix = new Float32Array(rows * columns * side * side);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          matrix[(r * columns + c) * side * side + y * side + x] =
            (vertical[r * side + y] ?? 0) * (horizontal[c * side + x] ?? 0);
  return matrix;
}
