/** BatchNorm's running statistics on WebGPU: the fused kernel against the composition. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { followBatch } from '../../../../src/ops/batch-norm.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { asMatrix, asVector } from '../tensors.ts';
import { observed, random, startGpu, worstError } from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

// A few roundings of sums over some ten rows.
const TOLERANCE = 1e-6;

const statistics = (width: number) => ({
  mean: asVector(random([width])),
  variance: asVector(tf.abs(random([width]))),
  count: tf.scalar(3),
});

it.each([
  { rows: 12, width: 64 },
  { rows: 5, width: 17 },
])('takes in a batch of [$rows, $width]', async ({ rows, width }) => {
  const x = asMatrix(random([rows, width], 2));
  const fused = statistics(width);
  const plain = {
    mean: tf.add<tf.Tensor1D>(fused.mean, 0),
    variance: tf.add<tf.Tensor1D>(fused.variance, 0),
    count: tf.scalar(3),
  };
  const { names } = observed(gpu, 'adapter', () => followBatch(fused, x, tf.scalar(1)));
  expect(names).toEqual(['RunningStatistics']);
  composed(() => followBatch(plain, x, tf.scalar(1)));
  for (const part of ['mean', 'variance', 'count'] as const)
    expect(worstError(await fused[part].data(), await plain[part].data()), part).toBeLessThan(TOLERANCE);
  expect([...(await fused.count.data())]).toEqual([4]);
});

it('leaves all as it is where the step does not count', async () => {
  const held = statistics(8);
  const before = [...(await held.mean.data()), ...(await held.variance.data())];
  followBatch(held, asMatrix(random([4, 8])), tf.scalar(0));
  expect([...(await held.mean.data()), ...(await held.variance.data())]).toEqual(before);
  expect([...(await held.count.data())]).toEqual([3]);
});
