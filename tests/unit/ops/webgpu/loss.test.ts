/** Targets, loss and center on WebGPU: the fused kernels against the compositions. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { moveCenter, teacherTargets } from '../../../../src/dino/targets.ts';
import { crossViewLoss, softmax } from '../../../../src/ops/cross-view-loss.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { asMatrix } from '../tensors.ts';
import {
  expectComposition,
  observed,
  onProcessor,
  random,
  startGpu,
  VARIANTS,
  worstError,
} from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

// Nano's batch has 16 images; 101 and 5 are multiples of nothing, two views have no local ones, and one prototype
// leaves most lanes without work.
const SIZES = [
  { views: 6, batch: 4, prototypes: 512 },
  { views: 4, batch: 5, prototypes: 101 },
  { views: 2, batch: 1, prototypes: 3 },
  { views: 3, batch: 2, prototypes: 4096 },
];
const CASES = SIZES.flatMap((size) => VARIANTS.map((variant) => ({ ...size, variant })));

// Sums of K exponentials, each with an error of a few roundings, and the logarithm of them.
const TOLERANCE = 5e-6;

const probabilities = (rows: number, prototypes: number) => softmax(asMatrix(random([rows, prototypes], 3)));

describe('crossViewLoss', () => {
  it.each(CASES)('of $views views of $batch images, K $prototypes, $variant', async (size) => {
    const { views, batch, prototypes, variant } = size;
    const targets = await onProcessor(() => probabilities(2 * batch, prototypes));
    await expectComposition(gpu, {
      op: ([student]) => crossViewLoss(asMatrix(student), targets, views, 0.1),
      inputs: [random([views * batch, prototypes], 0.3)],
      dispatches: ['CrossViewLoss', 'CrossViewLossMean', 'CrossViewLossGradient'],
      tolerance: TOLERANCE,
      variant,
    });
  });

  it('keeps its accuracy far from 0, where exponentials overflow', async () => {
    const targets = await onProcessor(() => probabilities(4, 24));
    const far = await onProcessor(() => tf.add(random([6, 24], 0.3), 50));
    await expectComposition(gpu, {
      op: ([student]) => crossViewLoss(asMatrix(student), targets, 3, 0.1),
      inputs: [far],
      dispatches: ['CrossViewLoss', 'CrossViewLossMean', 'CrossViewLossGradient'],
      // The logits are 500 over the temperature, where neighbouring floats lie 3e-5 apart.
      tolerance: 1e-4,
    });
  });

  it('is NaN where a logit is', async () => {
    const logits = tf.tensor2d([1, 2, Number.NaN, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], [4, 4]);
    expect((await crossViewLoss(logits, probabilities(4, 4), 2, 0.1).data())[0]).toBeNaN();
  });
});

const SETTINGS = { centering: true, centerMomentum: 0.9, teacherLogitsL2: false };
const TARGETS = [
  { name: 'centered', settings: SETTINGS },
  { name: 'not centered', settings: { ...SETTINGS, centering: false } },
  { name: 'of normalised logits', settings: { ...SETTINGS, teacherLogitsL2: true } },
];

describe.each(TARGETS)('$name', ({ settings }) => {
  it.each(CASES)('targets, 2·$batch rows, K $prototypes, $variant', async (size) => {
    const { batch, prototypes, variant } = size;
    const [logits, center] = [asMatrix(random([2 * batch, prototypes])), asMatrix(random([1, prototypes]))];
    const inverseTemperature = tf.scalar(1 / 0.04);
    const run = () => teacherTargets(logits, center, inverseTemperature, settings);
    const { result, names } = observed(gpu, variant, run);
    expect(names).toEqual([...(settings.teacherLogitsL2 ? ['L2Normalize'] : []), 'TeacherTargets']);
    const wanted = await composed(run).data();
    // Exponents of up to 150, whose own rounding is the exponential's relative error.
    expect(worstError(await result.data(), wanted)).toBeLessThan(2e-5);
  });
});

describe('moveCenter', () => {
  const move = async (center: tf.Tensor2D, logits: tf.Tensor2D, apply: number | null, by = SETTINGS) => {
    const { names } = observed(gpu, 'adapter', () =>
      moveCenter(center, logits, apply === null ? null : tf.scalar(apply), by),
    );
    return { names, values: await center.data() };
  };
  const expected = (center: Float32Array, logits: Float32Array) =>
    center.map((value, k) => {
      const column = [...logits].filter((_, i) => i % center.length === k);
      return 0.9 * value + (0.1 * column.reduce((a, b) => a + b, 0)) / column.length;
    });

  it.each([101, 512])('moves towards the mean, K %i', async (prototypes) => {
    const center = asMatrix(random([1, prototypes]));
    const logits = asMatrix(random([10, prototypes]));
    const wanted = expected(Float32Array.from(await center.data()), Float32Array.from(await logits.data()));
    const { names, values } = await move(center, logits, 1);
    expect(names).toEqual(['Center']);
    expect(worstError(values, wanted)).toBeLessThan(1e-6);
  });

  it('stays where the step does not count', async () => {
    const center = asMatrix(random([1, 12]));
    const before = [...(await center.data())];
    expect([...(await move(center, asMatrix(random([4, 12])), 0)).values]).toEqual(before);
    const off = { ...SETTINGS, centering: false };
    expect([...(await move(center, asMatrix(random([4, 12])), 1, off)).values]).toEqual(before);
    expect([...(await move(center, asMatrix(random([4, 12])), null)).values]).not.toEqual(before);
  });
});
