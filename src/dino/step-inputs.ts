/** What varies from step to step, in tensors that stay: a step reads these alone, so it can be recorded and replayed. */
import * as tf from '@tensorflow/tfjs-core';
import type { DropPath, PackedViews } from '../model/vit.ts';
import { upload } from '../ops/assign.ts';
import type { TokenLayout } from '../ops/layout.ts';
import { type OptimizerSettings, updateNumbers } from '../ops/optimizers.ts';
import { fillGroup, groupOf, STEP_VALUES, VALUE } from '../ops/step-values.ts';
import { type DroppedBranch, drawKeep, droppedBranches } from './drop-path.ts';
import type { RunState } from './run-state.ts';
import type { StepValues } from './schedule.ts';

export interface StepInputs {
  /** Its patches are filled by whoever makes the views, in place. */
  views: PackedViews;
  dropPath: DropPath;
  /** Laid out as ops/step-values.ts says. */
  values: tf.Tensor1D;
  /** Vectors that drop branches, [tokens, 1] each. */
  kept: readonly { branch: DroppedBranch; keep: tf.Tensor2D }[];
}

export interface InputShape {
  layout: TokenLayout;
  /** Numbers of a patch, 3·patch². */
  patchInputs: number;
  /** Drop-path rate of the last block. */
  dropPath: number;
  /** Blocks. */
  depth: number;
}

export function makeStepInputs({ layout, patchInputs, dropPath, depth }: InputShape): StepInputs {
  const kept = droppedBranches(dropPath, depth).map((branch) => ({
    branch,
    keep: tf.keep(tf.zeros<tf.Rank.R2>([layout.tokens, 1])),
  }));
  return {
    views: { patches: tf.keep(tf.zeros([layout.tokens - layout.sequences, patchInputs])), layout },
    dropPath: (block, branch) =>
      kept.find(({ branch: own }) => own.block === block && own.branch === branch)?.keep ?? null,
    values: tf.keep(tf.zeros([STEP_VALUES])),
    kept,
  };
}

/** Fills in all but the views, for the run's next step. `row` is where the step writes its figures. */
export function fillStepInputs(
  inputs: StepInputs,
  run: Pick<RunState, 'step' | 'updates'>,
  at: StepValues,
  { optimizer, seed, row }: { optimizer: OptimizerSettings; seed: number; row: number },
): void {
  for (const { branch, keep } of inputs.kept)
    upload(keep, drawKeep(branch, inputs.views.layout, seed, run.step));
  upload(inputs.values, numbersOf(run.updates, at, optimizer, row));
}

function numbersOf(
  updates: RunState['updates'],
  at: StepValues,
  optimizer: OptimizerSettings,
  row: number,
): Float32Array {
  const numbers = new Float32Array(STEP_VALUES);
  numbers[VALUE.inverseTemperature] = 1 / at.teacherTemp;
  numbers[VALUE.momentum] = at.momentum;
  numbers[VALUE.complement] = 1 - at.momentum;
  numbers[VALUE.row] = row;
  for (const lastLayer of [false, true])
    for (const decayed of [false, true]) {
      const t = 1 + (lastLayer ? updates.lastLayer : updates.rest);
      const own = updateNumbers(optimizer, at.lr, decayed ? at.weightDecay : 0, t);
      // A frozen layer's gradient is not zero but absent: no decay, no moments, and its own count stands still.
      const active = lastLayer && at.frozen ? 0 : 1;
      fillGroup(numbers, groupOf(decayed, lastLayer), { ...own, active });
    }
  return numbers;
}

export function disposeStepInputs({ views, values, kept }: StepInputs): void {
  tf.dispose([views.patches, values, ...kept.map(({ keep }) => keep)]);
}
