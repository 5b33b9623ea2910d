/** L2-normalised rows and weight-normed prototypes on WebGPU: the fused kernels against the compositions. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { l2Normalize, weightNorm } from '../../../../src/ops/normalize.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { asMatrix } from '../tensors.ts';
import { expectComposition, random, startGpu, VARIANTS, worstError } from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

// [512, 64] are nano's prototypes, 96 its features; 101, 7 and 1 are multiples of nothing.
const SIZES = [
  [512, 64],
  [33, 96],
  [5, 7],
  [101, 12],
  [1, 3],
  [3, 1030],
] as const;
const CASES = SIZES.flatMap(([rows, width]) => VARIANTS.map((variant) => ({ rows, width, variant })));

// Sums of up to a thousand squares, whose roundings grow with the root of their number.
const TOLERANCE = 2e-6;

describe('on the software adapter', () => {
  it.each(CASES)('l2Normalize of [$rows, $width], $variant', async ({ rows, width, variant }) => {
    await expectComposition(gpu, {
      op: ([x]) => l2Normalize(asMatrix(x)),
      inputs: [random([rows, width], 3)],
      dispatches: ['L2Normalize', 'L2NormalizeGradient'],
      tolerance: TOLERANCE,
      variant,
    });
  });

  it.each(CASES)('weightNorm of [$rows, $width], $variant', async ({ rows, width, variant }) => {
    await expectComposition(gpu, {
      op: ([v, g]) => weightNorm(asMatrix(v), asMatrix(g)),
      inputs: [random([rows, width], 0.02), random([rows, 1])],
      dispatches: ['WeightNorm', 'WeightNormGradient'],
      tolerance: TOLERANCE,
      variant,
    });
  });

  it('reaches rows beyond the 65,535 workgroups of one dimension', async () => {
    const rows = 70_001;
    const x = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 977) - 400.5);
    const dy = Float32Array.from(x, (_, i) => (i % 31) - 15);
    const unit = new Float32Array(2 * rows);
    const dx = new Float32Array(2 * rows);
    for (let i = 0; i < 2 * rows; i += 2) {
      const [a = 0, b = 0] = x.subarray(i, i + 2);
      const [da = 0, db = 0] = dy.subarray(i, i + 2);
      const norm = Math.hypot(a, b);
      unit.set([a / norm, b / norm], i);
      const across = (da * b - db * a) / norm ** 3;
      dx.set([across * b, -across * a], i);
    }
    const given = tf.tensor2d(x, [rows, 2]);
    const { value, grads } = tf
      .engine()
      .gradients(() => l2Normalize(given), [given], tf.tensor2d(dy, [rows, 2]));
    expect(worstError(await value.data(), unit)).toBeLessThan(TOLERANCE);
    expect(worstError((await grads[0]?.data()) ?? [], dx)).toBeLessThan(TOLERANCE);
  });

  it('leaves a row of zeros zero', async () => {
    const unit = l2Normalize(tf.zeros([2, 12]));
    expect([...(await unit.data())]).toEqual(new Array(24).fill(0));
  });
});
