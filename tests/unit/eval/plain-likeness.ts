/** Cosine likeness in plain float64, where the page asks the device. */
import type { Likeness } from '../../../src/eval/likeness.ts';

const ROWS = 50;

/** test [n, width] with train [m, width], neither of unit length; in blocks of 50 rows. */
export function cosineLikeness(test: Float32Array, train: Float32Array, width: number): Likeness {
  const row = (rows: Float32Array, i: number) => rows.subarray(i * width, (i + 1) * width);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, j) => sum + value * (b[j] ?? 0), 0);
  const norm = (a: Float32Array) => Math.sqrt(dot(a, a));
  const [n, m] = [test.length / width, train.length / width];
  return async (visit) => {
    for (let first = 0; first < n; first += ROWS) {
      const rows = Math.min(ROWS, n - first);
      const values = Float64Array.from({ length: rows * m }, (_, at) => {
        const [a, b] = [row(test, first + Math.floor(at / m)), row(train, at % m)];
        return dot(a, b) / (norm(a) * norm(b));
      });
      await visit(values, first, rows);
    }
  };
}
