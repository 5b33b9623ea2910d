/** A run's own weights, views and values, taken out of it for the sides that it is compared with. */
import type * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../src/config/schema.ts';
import type { Catalogue } from '../../src/data/catalogue.ts';
import { drawKeep, droppedBranches } from '../../src/dino/drop-path.ts';
import { planSchedule } from '../../src/dino/schedule.ts';
import { disposeStepInputs, makeStepInputs } from '../../src/dino/step-inputs.ts';
import type { TokenLayout } from '../../src/ops/layout.ts';
import { scheduleSettings } from '../../src/trainer/run-settings.ts';
import { TrainingRun } from '../../src/trainer/training-run.ts';
import { RunViews } from '../../src/trainer/view-source.ts';
import type { Given, Start, StepInputs } from '../contestant.ts';

/** A copy that owns its memory. */
async function valuesOf(tensor: tf.Tensor): Promise<Float32Array<ArrayBuffer>> {
  return Float32Array.from(await tensor.data<'float32'>());
}

/** The weights that a run begins with, and what its first `steps` steps see. */
export async function givenBy(config: RunConfig, catalogue: Catalogue, steps: number): Promise<Given> {
  const run = new TrainingRun(config, catalogue);
  const start = await startOf(run);
  const { plan } = run;
  run.dispose();
  const schedule = planSchedule(scheduleSettings(config, plan));
  const source = new RunViews(catalogue, config, plan.stepsPerEpoch);
  const { dropPath, depth } = config.backbone;
  const held = makeStepInputs({ ...source, dropPath, depth });
  const { patches } = held.views;
  const inputs: StepInputs[] = [];
  for (let step = 0; step < steps; step++) {
    await source.fill(step, patches);
    const { lr, weightDecay, momentum, teacherTemp, frozen } = schedule.at(step);
    inputs.push({
      views: viewsOf(await valuesOf(patches), patches.shape[1], source.layout),
      kept: keptOf(config, source.layout, step),
      lr,
      weightDecay,
      momentum,
      teacherTemp,
      frozen,
    });
  }
  disposeStepInputs(held);
  source.dispose();
  return { start, inputs };
}

/** Parameters and buffers of the student. */
async function startOf(run: TrainingRun): Promise<Start> {
  const held = run.hold();
  const named = (tensors: ReadonlyMap<string, tf.Tensor>) =>
    Promise.all(
      [...tensors].map(async ([name, tensor]) => ({
        name,
        shape: [...tensor.shape],
        values: await valuesOf(tensor),
      })),
    );
  const { parameters, buffers } = held.student;
  const start = { parameters: await named(parameters), buffers: await named(buffers) };
  run.release(held);
  return start;
}

/** The rows of each resolution: `width` numbers a patch. */
function viewsOf(
  rows: Float32Array<ArrayBuffer>,
  width: number,
  { segments }: TokenLayout,
): StepInputs['views'] {
  let from = 0;
  return segments.map(({ sequences, rows: gridRows, columns }) => {
    const first = from;
    from += sequences * gridRows * columns * width;
    return { patches: rows.slice(first, from), sequences, rows: gridRows, columns };
  });
}

/** One value a sequence, of the rows that the run draws. */
function keptOf(config: RunConfig, layout: TokenLayout, step: number): StepInputs['kept'] {
  const { dropPath, depth } = config.backbone;
  return droppedBranches(dropPath, depth).map((dropped) => {
    const rows = drawKeep(dropped, layout, config.training.seed, step); // [tokens]
    const keep = layout.segments.flatMap(({ offset, sequences, length }) =>
      Array.from({ length: sequences }, (_, i) => rows[offset + i * length] ?? 1),
    );
    return { block: dropped.block, branch: dropped.branch, keep: Float32Array.from(keep) };
  });
}
