/** Studies beside a real run of a toy network on WASM: what they find, and that neither disturbs the other. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import type { Study } from '../../../src/protocol/studies.ts';
import { Session } from '../../../src/trainer/session.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

vi.mock('../../../src/trainer/backend.ts', () => ({
  openBackend: async () => ({ backend: 'wasm', adapter: 'SIMD', software: false, threads: 1, reason: '' }),
}));
vi.mock('../../../src/trainer/images.ts', async (original) => ({
  ...(await original<typeof import('../../../src/trainer/images.ts')>()),
  loadSamples: async () => sampleCatalogue(60, 24),
}));

const toy = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 2, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: 200 },
  evaluation: { knnEvery: 0, knnK: 10, snapshotSeconds: 3600 },
});
const KNN: Study = { kind: 'knn', network: 'teacher', images: 'some' };

let events: TrainerEvent[] = [];
let session: Session;

const of = <T extends TrainerEvent['type']>(type: T) =>
  events.filter((event): event is Extract<TrainerEvent, { type: T }> => event.type === type);
const steps = () => of('metrics').flatMap(({ rows }) => rows);
const ended = (id: number) => of('study-ended').find((event) => event.id === id);
const found = (id: number) => of('study-result').find((event) => event.id === id)?.result;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function studied(id: number, study: Study) {
  session.studies.start(id, study);
  await until(() => ended(id) !== undefined);
  const result = found(id);
  if (!result) throw new Error(`Study ${id} ended: ${ended(id)?.sentence}`);
  return result;
}

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(async () => {
  events = [];
  session = new Session((event) => {
    events.push(eventSchema.parse(event));
  }, toy);
  await session.open('auto');
  await session.loadSamples();
  // The run's first look at itself is over, so that nothing else comes and goes on the device.
  await until(() => of('speed').length + of('attention').length >= 2);
  await session.step();
});

describe('a study', () => {
  it('of nearest neighbors agrees with the score that the run measures by itself', async () => {
    const result = await studied(1, KNN);
    await session.evaluateKnn();
    const [measured] = of('knn');
    const ten = result.scores.find(({ method }) => method === 'weighted vote, k = 10');
    expect(ten?.network).toBeCloseTo(measured?.result.teacher ?? -1, 9);
    expect(ten?.untrained).toBeCloseTo(measured?.result.untrained ?? -1, 9);
    expect(ten?.pixels).toBeCloseTo(measured?.result.pixels ?? -1, 9);
    expect(result).toMatchObject({ step: 1, train: 60, val: 24, classes: 8 });
    expect(result.scores.map(({ method, n }) => `${method}: ${n}`)).toEqual([
      'weighted vote, k = 10: 24',
      'weighted vote, k = 20: 24',
      'weighted vote, k = 60: 24',
      'majority, k = 5, standardized: 24',
      'majority, k = 20, leave-one-out: 60',
    ]);
    expect(ended(1)).toMatchObject({ reason: 'done', sentence: '' });
  });

  it('leaves nothing on the device, done or cancelled', async () => {
    const before = tf.memory().numTensors;
    await studied(1, KNN);
    expect(tf.memory().numTensors).toBe(before);
    session.studies.start(2, { ...KNN, network: 'student' });
    await until(() => of('study-progress').some(({ id, share }) => id === 2 && (share ?? 0) > 0));
    session.studies.cancel(2);
    expect(ended(2)).toMatchObject({ reason: 'cancelled' });
    await studied(3, KNN);
    await until(() => tf.memory().numTensors === before);
    expect(found(2)).toBeUndefined();
  });

  it('goes on beside the training, which takes the same steps as without it', async () => {
    const training = session.train();
    await until(() => steps().length >= 3);
    const at = steps().length;
    const result = await studied(1, KNN);
    expect(result.step).toBeGreaterThanOrEqual(at);
    expect(steps().length).toBeGreaterThan(at);
    session.pause();
    await training;
    const losses = steps().map(({ loss }) => loss);
    await session.reset();
    events = [];
    while (steps().length < losses.length) await session.step();
    expect(steps().map(({ loss }) => loss)).toEqual(losses);
  });

  it('ends with a sentence when the run is replaced, and can be started on the new one', async () => {
    session.studies.start(1, KNN);
    session.studies.start(2, KNN);
    await until(() => of('study-progress').some(({ id, share }) => id === 1 && share !== null));
    await session.reset();
    for (const id of [1, 2])
      expect(ended(id)).toMatchObject({
        reason: 'failed',
        sentence: 'The run was replaced meanwhile. Start the study again on the new one.',
      });
    expect((await studied(3, KNN)).step).toBe(0);
  });

  it('ends with the reason when the device is lost, and is refused until Reset', async () => {
    session.studies.start(1, KNN);
    await until(() => of('study-progress').some(({ id, share }) => id === 1 && share !== null));
    session.fail({ kind: 'device-lost', what: 'The browser lost the GPU.', remedy: 'Press Reset.' });
    expect(ended(1)).toMatchObject({
      reason: 'failed',
      sentence: 'The run stopped. The browser lost the GPU. Press Reset.',
    });
    session.studies.start(2, KNN);
    await until(() => ended(2) !== undefined);
    expect(ended(2)?.sentence).toContain('The browser lost the GPU');
    await session.reset();
    await studied(3, KNN);
  });

  it('is refused in a sentence where images have no classes', async () => {
    const unlabelled = sampleCatalogue(8, 4);
    for (const image of unlabelled.images) image.label = null;
    session.studies.follow(new TrainingRun(toy, unlabelled), { ...unlabelled, classes: [] });
    session.studies.start(1, KNN);
    await until(() => ended(1) !== undefined);
    expect(ended(1)).toMatchObject({ reason: 'failed' });
    expect(ended(1)?.sentence).toMatch(/no classes/);
  });
});
