/** Signs of collapse in a real toy run: what is counted, what stands beside it, and how a look is given up. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { Diagnosis } from '../../../src/protocol/diagnosis.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { Diagnostician } from '../../../src/trainer/diagnosis/diagnostician.ts';
import { likeliest } from '../../../src/trainer/diagnosis/usage.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const config = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 1 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33, batchNorm: 'off' },
  training: { batchSize: 4, steps: 6 },
});
const catalogue = sampleCatalogue(40, 4);

let events: TrainerEvent[] = [];
let run: TrainingRun;
let diagnostician: Diagnostician;

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(() => {
  events = [];
  run = new TrainingRun(config, catalogue);
  diagnostician = new Diagnostician(
    (event) => events.push(eventSchema.parse(event)),
    (work) => work(),
  );
  diagnostician.follow(run, catalogue);
});

afterEach(() => run.dispose());

async function found(): Promise<Diagnosis> {
  await diagnostician.diagnose();
  const event = events.at(-1);
  if (event?.type !== 'diagnosis' || event.diagnosis === null) throw new Error('No diagnosis');
  return event.diagnosis;
}

it('counts every image once, and gives the untrained network’s before the first step', async () => {
  const before = await found();
  expect(before).toMatchObject({ step: 0, images: 40, prototypes: 33, width: 12 });
  expect(before.teacher).toEqual(before.untrained);
  expect(before.teacher.histogram.reduce((sum, count) => sum + count, 0)).toBe(40);
  expect(before.teacher.used).toBe(before.teacher.histogram.filter((count) => count > 0).length);
  expect(before.teacher.perplexity).toBeLessThanOrEqual(before.teacher.used);
  expect(before.teacher.rank).toBeGreaterThan(1);
  expect(before.teacher.rank).toBeLessThanOrEqual(12);
  for (let i = 0; i < 3; i++) await (await run.advance()).figures;
  const after = await found();
  expect(after.step).toBe(3);
  expect(after.untrained).toEqual(before.untrained);
  expect(after.teacher).not.toEqual(before.teacher);
});

it('leaves no tensor behind, and the run as it was', async () => {
  await found();
  const before = tf.memory().numTensors;
  await found();
  expect(tf.memory().numTensors).toBe(before);
});

it('is given up when the run is left, and says so', async () => {
  const looking = diagnostician.diagnose();
  diagnostician.leave();
  await looking;
  await diagnostician.diagnose();
  expect(events).toEqual([
    { type: 'diagnosis', diagnosis: null },
    { type: 'diagnosis', diagnosis: null },
  ]);
});

it('takes the highest score without the center for the likeliest prototype', () => {
  const logits = Float32Array.of(0.1, 0.3, 0.2, 0.5, 0.4, 0);
  expect([...likeliest(logits, 3, null)]).toEqual([1, 0]);
  expect([...likeliest(logits, 3, Float32Array.of(0.3, 0.25, 0))]).toEqual([2, 0]);
});
