/** How alike the rows of two sets are, handed over block by block. */
import * as tf from '@tensorflow/tfjs-core';
import { productTransposedB } from '../ops/matmul.ts';

/**
 * Hands `visit` blocks [rows, train] of likenesses of consecutive test rows with every training row; larger is nearer.
 * The block is the visitor's to change.
 */
export type Likeness = (
  visit: (values: Float32Array | Float64Array, firstRow: number, rows: number) => void | Promise<void>,
) => Promise<void>;

/** How the work on the device is shared with others. */
export interface Sharing {
  /** Does a piece in its turn; may throw to give up. */
  turn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Told before each block. @param share of the rows that are done, 0 to 1. */
  onBlock: (share: number) => void;
}

const ALONE: Sharing = { turn: (work) => work(), onBlock: () => undefined };

/** Multiplications of a block: some tens of milliseconds on a processor. */
const BLOCK_WORK = 2 ** 27;
const MOST_ROWS = 256;

/**
 * Products on the device, which are cosines where rows have unit length. test [n, width], train [m, width], row by row.
 * Nothing is left on the device.
 */
export function productLikeness(
  test: Float32Array,
  train: Float32Array,
  width: number,
  { turn, onBlock }: Sharing = ALONE,
): Likeness {
  const count = test.length / width;
  const block = Math.min(MOST_ROWS, Math.max(8, 8 * Math.floor(BLOCK_WORK / Math.max(1, 8 * train.length))));
  return async (visit) => {
    const trainRows = await turn(async () => tf.tensor2d(train, [train.length / width, width]));
    try {
      for (let first = 0; first < count; first += block) {
        onBlock(first / count);
        const rows = test.subarray(first * width, (first + block) * width);
        const height = rows.length / width;
        const values = await turn(async () => {
          const product = tf.tidy(() => productTransposedB(tf.tensor2d(rows, [height, width]), trainRows));
          const read = Float32Array.from(await product.data<'float32'>());
          product.dispose();
          return read;
        });
        await visit(values, first, height);
      }
    } finally {
      trainRows.dispose();
    }
  };
}

/**
 * Nearness by Euclidean distance: a·b − |b|²/2, which orders the training rows as −|a − b|² does, since |a|² is the same
 * for a whole row.
 */
export function euclideanLikeness(
  test: Float32Array,
  train: Float32Array,
  width: number,
  sharing: Sharing = ALONE,
): Likeness {
  const halves = Float64Array.from({ length: train.length / width }, (_, i) => {
    let sum = 0;
    for (let j = i * width; j < (i + 1) * width; j++) sum += (train[j] ?? 0) ** 2;
    return sum / 2;
  });
  const products = productLikeness(test, train, width, sharing);
  return (visit) =>
    products((values, firstRow, count) => {
      for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) - (halves[i % halves.length] ?? 0);
      return visit(values, firstRow, count);
    });
}
