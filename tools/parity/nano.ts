/** The first losses of the preset `nano` on built-in samples. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { planRun } from '../../src/config/plan.ts';
import { presetConfig } from '../../src/config/presets.ts';
import { initialRun } from '../../src/dino/run-state.ts';
import { planSchedule } from '../../src/dino/schedule.ts';
import { scheduleSettings, stepSettings } from '../../src/trainer/run-settings.ts';
import { batchPlan, packViews, rowsLength } from '../../src/trainer/view-plan.ts';
import { RunViews } from '../../src/trainer/view-source.ts';
import { sampleCatalogue } from '../sample-catalogue.ts';
import { DrivenRun } from './driven-run.ts';

const CONFIG = presetConfig('nano');
/** Two steps an epoch: the last layer moves from the third on, and the learning rate reaches its peak in the twentieth. */
const IMAGES = 32;

/** Losses of the plain compositions on WASM, as tests/fixtures/make-nano-losses.ts wrote them. */
export const plainNanoLosses = (): number[] =>
  z
    .array(z.number())
    .parse(
      JSON.parse(readFileSync(new URL('../../tests/fixtures/nano-losses.json', import.meta.url), 'utf8')),
    );

/** The largest difference, relative. A NaN stays one. */
export const worstLoss = (found: readonly number[], wanted: readonly number[]): number =>
  Math.max(...found.map((loss, i) => Math.abs(loss / (wanted[i] ?? Number.NaN) - 1)));

/** Losses of the first steps on the present backend; `plain` takes the compositions alone. */
export async function nanoLosses(steps: number, { plain }: { plain: boolean }): Promise<number[]> {
  const catalogue = sampleCatalogue(IMAGES, 0);
  const { images, trainCount } = catalogue;
  const plan = planRun(CONFIG, trainCount);
  const schedule = planSchedule(scheduleSettings(CONFIG, plan));
  const batchOf = batchPlan(CONFIG, trainCount, plan.stepsPerEpoch);
  const { layout } = new RunViews(catalogue, CONFIG, plan.stepsPerEpoch);
  const settings = stepSettings(CONFIG);
  const run = new DrivenRun(initialRun(settings, CONFIG.training.seed), settings, layout, { plain });
  if (!plain) await run.prepare();
  const losses: number[] = [];
  const rows = new Float32Array(rowsLength(CONFIG));
  for (let step = 0; step < steps; step++) {
    const { epoch, ids } = batchOf(step);
    const batch = ids.flatMap((id) => {
      const image = images[id];
      return image ? [{ ...image, id }] : [];
    });
    packViews(CONFIG, { epoch, images: batch }, rows);
    const [loss = Number.NaN] = await run.step(rows, schedule.at(step));
    losses.push(loss);
  }
  run.dispose();
  return losses;
}
