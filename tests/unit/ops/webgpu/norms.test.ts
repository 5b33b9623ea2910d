/** LayerNorm and BatchNorm on WebGPU: the fused kernels against the compositions, value and every gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { batchNorm } from '../../../../src/ops/batch-norm.ts';
import { differentiable } from '../../../../src/ops/differentiable.ts';
import { layerNorm, layerNormBeside } from '../../../../src/ops/layer-norm.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { asMatrix, asVector } from '../tensors.ts';
import { expectComposition, random, startGpu, VARIANTS } from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

// [198, 96] are tokens of nano; a row of 3 has fewer values than a team has lanes, 1030 more.
const ROWS = [
  [198, 96],
  [33, 12],
  [5, 7],
  [1, 3],
  [70, 101],
  [3, 1030],
] as const;
const LAYER_CASES = ROWS.flatMap(([rows, width]) => VARIANTS.map((variant) => ({ rows, width, variant })));
// In a batch of one row nothing varies, and the composition divides noise by √ε.
const BATCH_CASES = LAYER_CASES.filter(({ rows }) => rows > 1);

// Sums of some hundred products, whose roundings grow with the root of their number.
const TOLERANCE = 3e-6;

/** 2·normed + 3·beside, so that the two gradients differ. */
const besideOf = (normed: tf.Tensor2D, beside: tf.Tensor2D): tf.Tensor2D =>
  differentiable([normed, beside], () => ({
    value: tf.add<tf.Tensor2D>(tf.mul(normed, 2), tf.mul(beside, 3)),
    saved: [],
    gradient: (dy) => [tf.mul(dy, 2), tf.mul(dy, 3)],
  }));

describe('on the software adapter', () => {
  it.each(LAYER_CASES)('layerNorm of [$rows, $width], $variant', async ({ rows, width, variant }) => {
    await expectComposition(gpu, {
      op: ([x, weight, bias]) => layerNorm(asMatrix(x), asVector(weight), asVector(bias)),
      inputs: [random([rows, width], 3), random([width]), random([width])],
      dispatches: ['LayerNorm', 'LayerNormGradient', 'LayerNormSums'],
      tolerance: TOLERANCE,
      variant,
    });
  });

  it.each(LAYER_CASES)('layerNorm beside its input, [$rows, $width], $variant', async (size) => {
    const { rows, width, variant } = size;
    await expectComposition(gpu, {
      op: ([x, weight, bias]) => {
        const [normed, beside] = layerNormBeside(asMatrix(x), asVector(weight), asVector(bias));
        return besideOf(normed, beside);
      },
      inputs: [random([rows, width], 3), random([width]), random([width])],
      dispatches: ['LayerNorm', 'LayerNormGradient', 'LayerNormSums'],
      tolerance: TOLERANCE,
      variant,
    });
  });

  it.each(BATCH_CASES)('batchNorm of [$rows, $width], $variant', async ({ rows, width, variant }) => {
    await expectComposition(gpu, {
      op: ([x, weight, bias]) => batchNorm(asMatrix(x), asVector(weight), asVector(bias)),
      inputs: [random([rows, width], 3), random([width]), random([width])],
      dispatches: ['BatchNorm', 'BatchNormGradient'],
      tolerance: TOLERANCE,
      variant,
    });
  });
});
