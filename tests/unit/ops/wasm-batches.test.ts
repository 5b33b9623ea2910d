/** Batched products on WASM against the plain sum, at sizes that are multiples of nothing. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { startBackend } from '../../../tools/node-backend.ts';

const random = (size: number, which: number) => {
  const stream = rng(2, PURPOSE.evaluation, which);
  return Float32Array.from({ length: size }, () => stream.normal());
};

describe('a batch of products on WASM', () => {
  beforeAll(async () => {
    await startBackend('wasm');
  });

  it.each([
    [7, 17, 12, 17],
    [3, 1, 5, 9],
    [5, 65, 32, 33],
    [1, 4, 3, 2],
  ])('%i products of %i×%i with %i columns', async (batch, m, k, n) => {
    const a = random(batch * m * k, 0);
    const b = random(batch * k * n, 1);
    const product = tf.tidy(() => tf.matMul(tf.tensor3d(a, [batch, m, k]), tf.tensor3d(b, [batch, k, n])));
    expect(product.shape).toEqual([batch, m, n]);
    const ours = await product.data();
    let worst = 0;
    for (let i = 0; i < batch; i++)
      for (let r = 0; r < m; r++)
        for (let c = 0; c < n; c++) {
          let sum = 0;
          for (let j = 0; j < k; j++) sum += (a[(i * m + r) * k + j] ?? 0) * (b[(i * k + j) * n + c] ?? 0);
          worst = Math.max(worst, Math.abs(sum - (ours[(i * m + r) * n + c] ?? Number.POSITIVE_INFINITY)));
        }
    expect(worst).toBeLessThan(2e-5);
    product.dispose();
  });

  it('still transposes where asked to, and frees what it took', async () => {
    const before = tf.memory().numTensors;
    const [a, b] = [random(2 * 3 * 4, 2), random(2 * 5 * 4, 3)];
    for (let i = 0; i < 200; i++)
      tf.tidy(() => void tf.matMul(tf.tensor3d(a, [2, 3, 4]), tf.tensor3d(b, [2, 5, 4]), false, true));
    const transposed = tf.tidy(() =>
      tf.matMul(tf.tensor3d(a, [2, 3, 4]), tf.tensor3d(b, [2, 5, 4]), false, true),
    );
    const explicit = tf.tidy(() =>
      tf.matMul(tf.tensor3d(a, [2, 3, 4]), tf.transpose(tf.tensor3d(b, [2, 5, 4]), [0, 2, 1])),
    );
    const [left, right] = [await transposed.data(), await explicit.data()];
    for (const [i, value] of left.entries())
      expect(Math.abs(value - (right[i] ?? Number.NaN))).toBeLessThan(1e-5);
    tf.dispose([transposed, explicit]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
