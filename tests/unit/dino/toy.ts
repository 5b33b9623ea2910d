/** A toy run for tests: a network of a few thousand parameters and views from the counter-based generator. */
import * as tf from '@tensorflow/tfjs-core';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { commitStep } from '../../../src/dino/commit.ts';
import type { RunState } from '../../../src/dino/run-state.ts';
import type { StepValues } from '../../../src/dino/schedule.ts';
import { type StepSettings, trainStep } from '../../../src/dino/step.ts';
import type { PackedViews } from '../../../src/model/vit.ts';
import { tokenLayout } from '../../../src/ops/layout.ts';

export const TOY: StepSettings = {
  shape: {
    imageSize: 12,
    backbone: { patchSize: 4, dim: 12, depth: 2, heads: 3, mlpRatio: 2, qkvBias: true },
    head: {
      layers: 2,
      hidden: 10,
      bottleneck: 6,
      prototypes: 17,
      batchNorm: 'before-gelu',
      lastBatchNorm: false,
      l2Bottleneck: true,
      lastLayer: 'weight-norm',
      normLastLayer: true,
    },
  },
  views: 4,
  studentTemp: 0.1,
  teacherUpdate: 'after',
  centering: true,
  centerMomentum: 0.9,
  teacherLogitsL2: false,
  clip: 'tensor',
  clipNorm: 3,
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, sgdMomentum: 0.9 },
};

export const AT: StepValues = {
  lr: 1e-3,
  weightDecay: 0.04,
  momentum: 0.9,
  teacherTemp: 0.04,
  frozen: false,
};

const BATCH = 3;

export const TOY_LAYOUT = tokenLayout([
  { sequences: 2 * BATCH, rows: 3, columns: 3 },
  { sequences: 2 * BATCH, rows: 2, columns: 2 },
]);

export function toyViews(seed: number): PackedViews {
  const layout = TOY_LAYOUT;
  const rows = layout.tokens - layout.sequences;
  const random = rng(seed, PURPOSE.evaluation);
  const values = Float32Array.from({ length: rows * 48 }, () => random.normal());
  return { patches: tf.tensor2d(values, [rows, 48]), layout };
}

/** One toy step; the old state is spent. Returns the new one and its four figures. */
export async function toyStep(
  run: RunState,
  views: PackedViews,
  settings = TOY,
  at = AT,
): Promise<{ run: RunState; figures: number[] }> {
  const { next, scalars } = commitStep(run, () => trainStep(run, views, at, () => null, settings));
  views.patches.dispose();
  const figures = Array.from(await scalars.data());
  scalars.dispose();
  return { run: next, figures };
}
