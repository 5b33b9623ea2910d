/** How alike rows are, handed over block by block, whoever works it out: the device or plain code. */
import { type Between, paced } from './pace.ts';

/**
 * Hands `visit` blocks [rows, train] of likenesses of consecutive test rows with every training row; larger is nearer.
 * On the device: `(visit) => eachSimilarity(test, train, width, visit)`.
 */
export type Likeness = (
  visit: (values: Float32Array | Float64Array, firstRow: number, rows: number) => void | Promise<void>,
) => Promise<void>;

/** −distance², in float64: the order of Euclidean nearness. test [n, width], train [m, width]. */
export function euclideanLikeness(
  test: Float32Array,
  train: Float32Array,
  width: number,
  between: Between,
): Likeness {
  const count = train.length / width;
  return async (visit) => {
    const breathe = paced(between);
    const values = new Float64Array(count);
    for (let row = 0; row * width < test.length; row++) {
      const own = test.subarray(row * width, (row + 1) * width);
      for (let other = 0; other < count; other++) {
        const from = other * width;
        let sum = 0;
        for (let j = 0; j < width; j++) {
          const difference = (own[j] ?? 0) - (train[from + j] ?? 0);
          sum += difference * difference;
        }
        values[other] = -sum;
      }
      await visit(values, row, 1);
      await breathe();
    }
  };
}
