/** How like the images of one set are to those of another, block by block on the device. */
import * as tf from '@tensorflow/tfjs-core';
import { unitLength } from '../../eval/features.ts';
import type { Likeness } from '../../eval/likeness.ts';
import { productTransposedB } from '../../ops/matmul.ts';
import type { Features, Workbench } from './workbench.ts';

/** Multiplications of a block: some tens of milliseconds on a processor. */
const BLOCK_WORK = 2 ** 27;
const MOST_ROWS = 256;

/** Rows scaled to unit length: [n, width]. */
export function unitRows({ rows, width }: Features): Features {
  return { rows: unitLength(rows, width), width };
}

/** Cosine of rows of unit length, under the name of what is compared. */
export function cosine(bench: Workbench, test: Features, train: Features, what: string): Likeness {
  return (visit) => eachProduct(bench, test, train, what, visit);
}

/**
 * Nearness by Euclidean distance: a·b − |b|²/2, which orders the training rows as −|a − b|² does, since |a|² is the same
 * for a whole row.
 */
export function euclidean(bench: Workbench, test: Features, train: Features, what: string): Likeness {
  const { rows, width } = train;
  const halves = Float64Array.from({ length: rows.length / width }, (_, i) => {
    let sum = 0;
    for (let j = i * width; j < (i + 1) * width; j++) sum += (rows[j] ?? 0) ** 2;
    return sum / 2;
  });
  return (visit) =>
    eachProduct(bench, test, train, what, (values, firstRow, count) => {
      for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) - (halves[i % halves.length] ?? 0);
      return visit(values, firstRow, count);
    });
}

async function eachProduct(
  bench: Workbench,
  test: Features,
  train: Features,
  what: string,
  visit: (values: Float32Array, firstRow: number, rows: number) => void | Promise<void>,
): Promise<void> {
  const { width } = train;
  const count = test.rows.length / width;
  const block = Math.min(
    MOST_ROWS,
    Math.max(8, 8 * Math.floor(BLOCK_WORK / Math.max(1, 8 * train.rows.length))),
  );
  const trainRows = await bench.piece(async () =>
    tf.tensor2d(train.rows, [train.rows.length / width, width]),
  );
  try {
    for (let first = 0; first < count; first += block) {
      bench.say(what, first / count);
      const rows = test.rows.subarray(first * width, (first + block) * width);
      const height = rows.length / width;
      const values = await bench.piece(async () => {
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
}
