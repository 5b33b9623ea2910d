/** A run whose network is a ResNet: it learns, is evaluated with its running statistics, shows its maps, goes on bit for bit. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { readTree, writeTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunState } from '../../../src/dino/run-state.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import {
  compare,
  type Dissection,
  disposeDissection,
  dissect,
} from '../../../src/trainer/anatomy/dissect.ts';
import { Looks } from '../../../src/trainer/looks.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { attentionSnapshot, KnnWatch } from '../../../src/trainer/watching.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const config = applyOverrides(presetConfig('nano-resnet'), {
  views: { globalSize: 24, localSize: 16, localCount: 2 },
  backbone: { architecture: 'resnet18', width: 4, stem: 'small' },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: 8 },
});
const catalogue = sampleCatalogue(16, 8);

beforeAll(async () => {
  await startBackend('wasm');
});

async function advance(run: TrainingRun, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await (await run.advance()).figures).loss);
  return losses;
}

async function valuesOf(run: TrainingRun): Promise<Record<string, number[]>> {
  const { tensors } = await run.tree();
  return Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data]]));
}

it('trains in constant memory, and goes on from its file bit for bit', async () => {
  const whole = new TrainingRun(config, catalogue);
  await advance(whole, 2);
  const { numTensors } = tf.memory();
  const kept = readTree(writeTree(await whole.tree()));
  const later = await advance(whole, 2);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(later.every(Number.isFinite)).toBe(true);
  const resumed = new TrainingRun(config, catalogue, { from: kept });
  expect(await advance(resumed, 2)).toEqual(later);
  const [one, other] = [await valuesOf(whole), await valuesOf(resumed)];
  expect(Object.keys(one)).toContain('student/backbone.layer4.1.bn2.running_var');
  expect(other).toEqual(one);
  // Both resolutions of each step are followed by the student, the global views alone by the teacher.
  expect(one['student/backbone.bn1.num_batches_tracked']).toEqual([8]);
  expect(one['teacher/backbone.bn1.num_batches_tracked']).toEqual([4]);
  whole.dispose();
  resumed.dispose();
});

it('shows maps that sum to one, and scores neighbors', async () => {
  const run = new TrainingRun(config, catalogue);
  await advance(run, 1);
  const held = run.hold();
  const snapshot = await attentionSnapshot(held, catalogue, config, [0, 5]);
  expect(snapshot).toMatchObject({ kind: 'activation', heads: 4, rows: 3, columns: 3 });
  for (const { teacher } of snapshot.images)
    for (let map = 0; map < 4; map++) {
      const own = teacher.subarray(9 * map, 9 * map + 9);
      expect(Math.min(...own)).toBeGreaterThanOrEqual(0);
      expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    }
  expect(snapshot.overlap?.teacher).toHaveLength(4);
  const { teacher } = await new KnnWatch(catalogue, config).measure(held, async () => undefined);
  expect(teacher).toBeGreaterThanOrEqual(0);
  run.release(held);
  run.dispose();
});

it('is taken apart step by step, and comes to what its own step makes', async () => {
  const run = new TrainingRun(config, catalogue);
  const seen: { found: Dissection; state: RunState }[] = [];
  const { figures } = await run.advance(async (coming) => {
    const found = await dissect(coming, run.settings, async () => undefined);
    seen.push({ found, state: coming.state });
  });
  const [taken] = seen;
  if (!taken) throw new Error('No step was taken apart');
  const { agreement, differences } = await compare(taken.found, taken.state, await figures);
  expect(agreement.loss.here).toBeCloseTo(agreement.loss.run, 5);
  expect(Math.max(differences.student, differences.teacher, differences.center)).toBeLessThan(1e-6);
  expect(taken.found.parts.tensors.some(({ name }) => name === 'backbone.layer1.0.conv1.weight')).toBe(true);
  disposeDissection(taken.found);
  run.dispose();
});

it('says that it has no attention to look into', async () => {
  const run = new TrainingRun(config, catalogue);
  const events: TrainerEvent[] = [];
  const looks = new Looks(
    (event) => events.push(eventSchema.parse(event)),
    (work) => work(),
  );
  looks.follow(run, catalogue);
  await looks.look(1, {
    image: 1,
    resolution: 'trained',
    network: 'student',
    block: null,
    patch: null,
    show: 'rollout',
  });
  expect(events).toEqual([
    { type: 'look-refused', id: 1, sentence: expect.stringContaining('has no attention') },
  ]);
  looks.leave();
  run.dispose();
});
