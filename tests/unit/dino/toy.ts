/** A toy run for tests: a network of a few thousand parameters and views from the counter-based generator. */
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { initialRun, type RunSnapshot, type RunState } from '../../../src/dino/run-state.ts';
import type { StepValues } from '../../../src/dino/schedule.ts';
import type { StepSettings } from '../../../src/dino/step.ts';
import type { VitShape } from '../../../src/model/shapes.ts';
import { tokenLayout } from '../../../src/ops/layout.ts';
import { DrivenRun } from '../../../tools/parity/driven-run.ts';

export const TOY_VIT: VitShape = { patchSize: 4, dim: 12, depth: 2, heads: 3, mlpRatio: 2, qkvBias: true };

export const TOY: StepSettings = {
  shape: {
    imageSize: 12,
    backbone: TOY_VIT,
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
  stopGradient: true,
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

/** Patch rows of one batch. */
export function toyRows(seed: number): Float32Array {
  const rows = TOY_LAYOUT.tokens - TOY_LAYOUT.sequences;
  const random = rng(seed, PURPOSE.evaluation);
  return Float32Array.from({ length: rows * 48 }, () => random.normal());
}

/** A toy run before its first step. */
export const toyRun = (
  settings: StepSettings = TOY,
  options: { dropPath?: number; recorded?: boolean } = {},
): DrivenRun => new DrivenRun(initialRun(settings, 1), settings, TOY_LAYOUT, options);

/** Values of all parameters, by name. */
export async function weightsOf(
  run: RunSnapshot,
  who: 'student' | 'teacher' = 'student',
): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>();
  for (const [name, tensor] of run[who].parameters) values.set(name, [...(await tensor.data<'float32'>())]);
  return values;
}

/** Values of everything that a step may move. */
export async function everythingOf(run: RunState): Promise<Record<string, number[]>> {
  const flats = [...run.flats, ...run.weights.moments];
  const values: Record<string, number[]> = {};
  for (const [i, { tensors }] of flats.entries())
    for (const [name, tensor] of tensors) values[`${i} ${name}`] = [...(await tensor.data<'float32'>())];
  return values;
}
