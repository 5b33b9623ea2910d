/** Entropy and spread on WebGPU: the fused kernels against the compositions, and at the values that they are known for. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { featureSpread, meanEntropy } from '../../../../src/dino/health.ts';
import { softmax } from '../../../../src/ops/cross-view-loss.ts';
import { composed, fusedKernel } from '../../../../src/ops/kernel.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { asMatrix } from '../tensors.ts';
import { observed, random, startGpu, VARIANTS, worstError } from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

const SIZES = [
  { rows: 32, width: 512 },
  { rows: 5, width: 101 },
  { rows: 2, width: 12 },
];
const CASES = SIZES.flatMap((size) => VARIANTS.map((variant) => ({ ...size, variant })));

// A few roundings of sums of some hundred terms.
const TOLERANCE = 2e-6;

it.each(CASES)('meanEntropy of [$rows, $width], $variant', async ({ rows, width, variant }) => {
  const rowsOf = softmax(asMatrix(random([rows, width], 2)));
  const { result, names } = observed(gpu, variant, () => meanEntropy(rowsOf));
  expect(names).toEqual(['MeanEntropy', 'MeanEntropyMean']);
  const wanted = await composed(() => meanEntropy(rowsOf)).data();
  expect(worstError(await result.data(), wanted)).toBeLessThan(TOLERANCE);
});

it.each(CASES)('featureSpread of [$rows, $width], $variant', async ({ rows, width, variant }) => {
  const features = asMatrix(random([rows, width], 4));
  const { result, names } = observed(gpu, variant, () => featureSpread(features));
  expect(names).toEqual(['L2Normalize', 'MeanDeviation', 'MeanDeviationMean']);
  const wanted = await composed(() => featureSpread(features)).data();
  expect(worstError(await result.data(), wanted)).toBeLessThan(TOLERANCE);
});

it('is ln K for a uniform row, and 0 for a row of one prototype and for features that are all alike', async () => {
  const uniform = tf.fill<tf.Rank.R2>([3, 64], 1 / 64);
  expect((await meanEntropy(uniform).data())[0]).toBeCloseTo(Math.log(64), 5);
  const single = tf.tensor2d([0, 1, 0, 0, 0, 0], [2, 3]);
  expect((await meanEntropy(single).data())[0]).toBeCloseTo(0, 6);
  expect((await featureSpread(tf.fill([4, 8], 0.3)).data())[0]).toBeCloseTo(0, 6);
});

it('takes no logarithm of less than the floor', async () => {
  const probabilities = tf.tensor2d([0, 0.125, 0.875], [1, 3]);
  const kernel = fusedKernel('MeanEntropy');
  const [entropy] = kernel?.<[tf.Scalar]>({ probabilities }, { floor: 0.25 }) ?? [];
  const wanted = -0.125 * Math.log(0.25) - 0.875 * Math.log(0.875);
  expect((await entropy?.data())?.[0]).toBeCloseTo(wanted, 5);
});
