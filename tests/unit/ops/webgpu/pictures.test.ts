/** Windows of pictures and BatchNorm over their pixels in WGSL, against their ops' compositions. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchNorm2d, fixedNorm2d, followMoments } from '../../../../src/ops/batch-norm-2d.ts';
import { convolve } from '../../../../src/ops/convolution.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { asMatrix, asVector } from '../tensors.ts';
import { expectComposition, random, startGpu } from './against-composition.ts';

/** Sums of some hundred terms in another order. */
const TOLERANCE = 5e-6;

let backend: GpuBackend;
beforeAll(async () => {
  backend = await startGpu();
});

describe('convolve', () => {
  const grid = { pictures: 3, height: 7, width: 5 };

  it.each([
    [3, 1, 1, 8],
    [3, 2, 1, 5],
    [1, 2, 0, 4],
  ])('side %i, stride %i, padding %i, %i channels', async (side, stride, padding, channels) => {
    await expectComposition(backend, {
      op: ([x, w]) => convolve(asMatrix(x), asMatrix(w), grid, { side, stride, padding }),
      inputs: [random([105, channels]), random([side * side * channels, 6])],
      dispatches: ['WindowRows', 'Product', 'Product', 'WindowSums', 'WindowRows', 'Product'],
      tolerance: TOLERANCE,
    });
  });
});

describe('batchNorm2d', () => {
  it.each([
    [130, 8, true, true],
    [130, 5, true, false],
    [7, 4, false, true],
  ])('%i rows of %i, ReLU %s, residual %s', async (rows, width, relu, added) => {
    const inputs = [random([rows, width]), random([width]), random([width])];
    if (added) inputs.push(random([rows, width]));
    await expectComposition(backend, {
      op: ([x, weight, bias, residual]) =>
        batchNorm2d(
          asMatrix(x),
          { weight: asVector(weight), bias: asVector(bias) },
          { relu, ...(residual && { residual: asMatrix(residual) }) },
        ),
      inputs,
      dispatches: [
        'BatchNorm2d runs',
        'BatchNorm2d statistics',
        'BatchNorm2d',
        'BatchNorm2dGradient runs',
        'BatchNorm2dGradient sums',
        'BatchNorm2dGradient means',
        'BatchNorm2dGradient',
      ],
      tolerance: TOLERANCE,
    });
  });
});

it('fixedNorm2d', async () => {
  const statistics = { mean: asVector(random([8])), variance: tf.tensor1d([1, 0.5, 2, 3, 0.1, 1, 4, 0.25]) };
  await expectComposition(backend, {
    op: ([x, weight, bias, residual]) =>
      fixedNorm2d(asMatrix(x), { weight: asVector(weight), bias: asVector(bias) }, statistics, {
        relu: true,
        residual: asMatrix(residual),
      }),
    inputs: [random([30, 8]), random([8]), random([8]), random([30, 8])],
    dispatches: ['BatchNorm2d'],
    tolerance: TOLERANCE,
  });
});

it.each([1, 0])('running statistics follow, or stay where %i says so', async (apply) => {
  const [mean, variance] = [asVector(random([5])), asVector(random([5]))];
  const moments = { mean: asVector(random([5])), variance: asVector(random([5])), rows: 9 };
  const run = async (work: (run: () => void) => void) => {
    // Copies of their own: a clone shares its memory with what it was made of.
    const own = { mean: tf.add(mean, 0), variance: tf.add(variance, 0), count: tf.scalar(3) };
    const running = { mean: asVector(own.mean), variance: asVector(own.variance), count: own.count };
    work(() => followMoments(running, moments, tf.scalar(apply)));
    return [...(await running.mean.data()), ...(await running.variance.data()), ...(await own.count.data())];
  };
  const found = await run((follow) => follow());
  const wanted = await run((follow) => composed(follow));
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 5);
  const before = [...(await mean.data()), ...(await variance.data()), 3];
  if (apply === 0) expect(found).toEqual(before);
  else expect(found).not.toEqual(before);
});
