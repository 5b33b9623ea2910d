/** Studies beside a real run of a toy network on WASM: what they find, and that neither disturbs the other. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { type Study, TUNING } from '../../../src/protocol/studies.ts';
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
  training: { batchSize: 4, steps: 100_000 },
  evaluation: { knnEvery: 0, knnK: 10, snapshotSeconds: 3600 },
});
const KNN: Study = { kind: 'knn', network: 'teacher', images: 'some' };

let events: TrainerEvent[] = [];
let session: Session;
/** Hears each event as it is said, so that a quick study is not over before it is noticed. */
let hear: (event: TrainerEvent) => void = () => {};

const of = <T extends TrainerEvent['type']>(type: T) =>
  events.filter((event): event is Extract<TrainerEvent, { type: T }> => event.type === type);
const steps = () => of('metrics').flatMap(({ rows }) => rows);
const ended = (id: number) => of('study-ended').find((event) => event.id === id);
const found = (id: number) => of('study-result').find((event) => event.id === id)?.result;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Numbers from 100 on, each used once. */
let last = 99;

async function studied(study: Study, id = ++last) {
  session.onlookers.studies.start(id, study);
  await until(() => ended(id) !== undefined);
  const result = found(id);
  if (!result) throw new Error(`Study ${id} ended: ${ended(id)?.sentence}`);
  return result;
}

/** Does it in the very moment that the study says how far it is, in a stage of this name: it cannot be over by then. */
function inTheMidstOf(study: number, act: () => Promise<void>, stage = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    hear = (event) => {
      if (event.type !== 'study-progress' || event.id !== study) return;
      if (event.share === null || !event.text.includes(stage)) return;
      hear = () => {};
      act().then(resolve, reject);
    };
  });
}

beforeAll(async () => {
  await startBackend('wasm');
});

async function openSession(): Promise<void> {
  events = [];
  hear = () => {};
  session = new Session((event) => {
    events.push(eventSchema.parse(event));
    hear(event);
  }, toy);
  await session.open('auto');
  await session.loadSamples();
  // The run's first look at itself is over, so that nothing else comes and goes on the device.
  await until(() => of('speed').length + of('attention').length >= 2);
  await session.step();
}

describe('a study', () => {
  beforeAll(openSession);

  it('of nearest neighbors agrees with the score that the run measures by itself', async () => {
    const result = await studied(KNN);
    await session.questions.evaluateKnn();
    const measured = of('knn').at(-1);
    const ten = result.scores.find(({ method }) => method === 'weighted vote, k = 10');
    expect(ten?.network).toBeCloseTo(measured?.result.teacher ?? -1, 9);
    expect(ten?.untrained).toBeCloseTo(measured?.result.untrained ?? -1, 9);
    expect(ten?.pixels).toBeCloseTo(measured?.result.pixels ?? -1, 9);
    expect(result).toMatchObject({ step: 1, train: 60, val: 24, classes: 8 });
    expect(result.scores.map(({ method, n }) => `${method}: ${n}`)).toEqual([
      'weighted vote, k = 10: 24',
      'weighted vote, k = 20: 24',
      'weighted vote, k = 60: 24',
      'majority, k = 5, standardised: 24',
      'majority, k = 20, leave-one-out: 60',
    ]);
    expect(ended(last)).toMatchObject({ reason: 'done', sentence: '' });
  });

  it("of linear classifiers tells the probe's way and the rates that were tried", async () => {
    const linear: Study = { ...KNN, kind: 'linear', blocks: 4, epochs: 6, sweep: true };
    const { scores, finding, notes } = await studied(linear);
    if (finding.kind !== 'linear') throw new Error(finding.kind);
    expect(scores.map(({ method, n }) => `${method}: ${n}`)).toEqual([
      'linear probe, SGD, 6 epochs: 24',
      'logistic regression, L2, C = 1: 24',
    ]);
    expect(finding.curve.val).toHaveLength(6);
    expect(finding.curve.val.at(-1)).toBeCloseTo(scores[0]?.network ?? -1, 9);
    expect(finding.tried).toHaveLength(5);
    const best = Math.max(...finding.tried.map(({ accuracy }) => accuracy));
    expect(finding.tried.find(({ rate }) => rate === finding.rate)?.accuracy).toBe(best);
    // The backbone has two blocks: no more can be taken.
    expect(notes[0]).toContain('last 2 blocks');
  });

  it('of a classifier reports every validation image once, and scores what others score', async () => {
    const { scores, finding } = await studied({ ...KNN, kind: 'report', classifier: 'knn' });
    if (finding.kind !== 'report') throw new Error(finding.kind);
    const { confusion, predictions, perClass, classes } = finding;
    expect(predictions.map(({ id }) => id)).toEqual(Array.from({ length: 24 }, (_, i) => 60 + i));
    const counted = classes.map((_, truth) =>
      classes.map(
        (_, predicted) =>
          predictions.filter((each) => each.truth === truth && each.predicted === predicted).length,
      ),
    );
    expect(confusion).toEqual(counted);
    expect(perClass.map(({ support }) => support)).toEqual(
      confusion.map((row) => row.reduce((a, b) => a + b, 0)),
    );
    const knn = await studied(KNN);
    expect(scores[0]?.network).toBeCloseTo(knn.scores[0]?.network ?? -1, 9);
    for (const classifier of ['logistic', 'sgd'] as const) {
      const other = await studied({ ...KNN, kind: 'report', classifier });
      expect(other.scores[0]?.network).toBeGreaterThan(0);
    }
  });

  it('of fine-tuning tells its epochs as they come, and leaves the run as it was', async () => {
    const before = await studied(KNN);
    const tuning: Study = { ...KNN, kind: 'finetune', learns: 'whole', epochs: 4, patience: 4, rate: 1e-3 };
    const { scores, finding, notes, train } = await studied(tuning);
    if (finding.kind !== 'finetune') throw new Error(finding.kind);
    expect(scores.map(({ method, n }) => `${method}: ${n}`)).toEqual(['fine-tuned, whole network: 24']);
    const { network, untrained, pixels } = finding.curves;
    for (const { loss, heldOutLoss, train: right, heldOut, best } of [network, untrained, pixels]) {
      expect([loss, heldOutLoss, right, heldOut].map(({ length }) => length)).toEqual([4, 4, 4, 4]);
      expect(best).toBe(heldOutLoss.indexOf(Math.min(...heldOutLoss)) + 1);
    }
    expect(network.loss.at(-1)).toBeLessThan(network.loss[0] ?? 0);
    // After one step the network is not the untrained one any more.
    expect(network.loss).not.toEqual(untrained.loss);
    expect([train, finding.heldOut]).toEqual([48, 12]);
    expect(notes[0]).toContain('48 training images in batches of 6; the other 12 chose the epoch');
    const told = of('study-curves').filter(({ id }) => id === last);
    // The first epoch of each of the three at least, however quick the others are.
    for (const who of ['network', 'untrained', 'pixels'] as const)
      expect(told.find(({ curves }) => curves[who].loss.length > 0)?.curves[who].loss).toEqual(
        finding.curves[who].loss.slice(0, 1),
      );
    expect((await studied(KNN)).scores).toEqual(before.scores);
    // The classifier alone learns on features that stay.
    const alone = await studied({ ...tuning, learns: 'head' });
    expect(alone.scores[0]?.method).toBe('fine-tuned, classifier alone');
    expect(alone.scores[0]?.pixels).toBe(scores[0]?.pixels);
  });

  it('of a report on fine-tuning uses what a fine-tuning has found, and finds the same without it', async () => {
    const report: Study = { ...KNN, kind: 'report', classifier: 'finetune' };
    const first = await studied(report);
    const epochs = () => of('study-progress').filter(({ id, text }) => id === last && text.includes('epoch'));
    expect(epochs()).not.toEqual([]);
    const tuned = await studied({ ...KNN, kind: 'finetune', ...TUNING });
    expect(first.scores[0]?.network).toBeCloseTo(tuned.scores[0]?.network ?? -1, 9);
    const again = await studied(report);
    expect(epochs()).toEqual([]);
    expect(again.finding).toEqual(first.finding);
    // Another network's classes are its own.
    await studied({ ...report, network: 'student' });
    expect(epochs()).not.toEqual([]);
  });

  it('of clusters puts every training image into one', async () => {
    const { scores, finding } = await studied({ ...KNN, kind: 'clusters', count: 5 });
    if (finding.kind !== 'clusters') throw new Error(finding.kind);
    const ids = finding.clusters.flatMap((cluster) => cluster.ids).sort((a, b) => a - b);
    expect(ids).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect(finding.clusters).toHaveLength(5);
    const pure = finding.clusters.reduce((sum, each) => sum + (each.share ?? 0) * each.ids.length, 0) / 60;
    expect(scores[0]).toMatchObject({ method: 'purity', unit: 'index' });
    expect(scores[0]?.network).toBeCloseTo(pure, 9);
  });

  it('of features writes them with labels, ids and paths, as the classifiers get them', async () => {
    const { finding } = await studied({ ...KNN, kind: 'features', blocks: 2 });
    if (finding.kind !== 'features') throw new Error(finding.kind);
    const { tensors, metadata } = readSafetensors(finding.bytes);
    expect(tensors.get('train/features')?.shape).toEqual([60, 24]);
    expect(tensors.get('val/features')?.shape).toEqual([24, 24]);
    expect(tensors.get('val/labels')?.shape).toEqual([24]);
    expect(JSON.parse(metadata['val/ids'] ?? '')).toEqual(Array.from({ length: 24 }, (_, i) => 60 + i));
    expect(JSON.parse(metadata['val/paths'] ?? '')[0]).toBe('val/0');
    expect(metadata).toMatchObject({ network: 'teacher', step: '1', blocks: '2' });
    // The neighbours that other code finds in the file vote as those of the study do.
    const unit = (name: string) => {
      const { data, shape } = tensors.get(name) ?? { data: [], shape: [0, 1] };
      return Array.from({ length: shape[0] ?? 0 }, (_, i) => {
        // The last block is the second half of a row.
        const row = Array.from({ length: 12 }, (_, j) => Number(data[i * 24 + 12 + j]));
        const norm = Math.hypot(...row);
        return row.map((value) => value / norm);
      });
    };
    const labels = (name: string) => Array.from(tensors.get(name)?.data ?? [], Number);
    const [train, val] = [unit('train/features'), unit('val/features')];
    const right = val.filter((row, i) => {
      const near = train
        .map((other, j) => ({ j, like: other.reduce((sum, value, at) => sum + value * (row[at] ?? 0), 0) }))
        .sort((a, b) => b.like - a.like)
        .slice(0, 10);
      const votes = new Array<number>(8).fill(0);
      for (const { j, like } of near) {
        const label = labels('train/labels')[j] ?? 0;
        votes[label] = (votes[label] ?? 0) + Math.exp(like / 0.07);
      }
      return votes.indexOf(Math.max(...votes)) === labels('val/labels')[i];
    });
    const knn = await studied(KNN);
    expect((100 * right.length) / 24).toBeCloseTo(knn.scores[0]?.network ?? -1, 9);
  });

  it('of near-duplicates finds the copies, across the splits too, and needs no labels', async () => {
    const catalogue = sampleCatalogue(12, 6);
    const [first, second] = catalogue.images;
    if (!first || !second) throw new Error('no images');
    catalogue.images[4] = { ...first, split: 'train' };
    catalogue.images[14] = { ...second, split: 'val' };
    catalogue.images[9] = { ...second, split: 'train' };
    for (const image of catalogue.images) image.label = null;
    session.onlookers.studies.follow(new TrainingRun(toy, catalogue), { ...catalogue, classes: [] });
    const { finding, notes } = await studied({ ...KNN, kind: 'duplicates', threshold: 0.99999 });
    expect(finding).toMatchObject({ kind: 'duplicates', pairs: 4 });
    if (finding.kind !== 'duplicates') throw new Error(finding.kind);
    expect(finding.groups.map(({ ids }) => [...ids].sort((a, b) => a - b))).toEqual([
      [1, 9, 14],
      [0, 4],
    ]);
    expect(notes.join(' ')).toContain('1 group has images of both splits');
  });
});

describe('studies and the run', () => {
  beforeEach(openSession);

  it('leaves nothing on the device, done or cancelled', async () => {
    const before = tf.memory().numTensors;
    await studied(KNN);
    expect(tf.memory().numTensors).toBe(before);
    const cancelled = inTheMidstOf(2, async () => session.onlookers.studies.cancel(2));
    session.onlookers.studies.start(2, { ...KNN, network: 'student' });
    await cancelled;
    expect(ended(2)).toMatchObject({ reason: 'cancelled' });
    await studied(KNN);
    await until(() => tf.memory().numTensors === before);
    expect(found(2)).toBeUndefined();
  });

  it('leaves nothing of a fine-tuning on the device, done or cancelled in the midst of it', async () => {
    const tuning: Study = { ...KNN, kind: 'finetune', ...TUNING, epochs: 2 };
    await studied(tuning);
    const before = tf.memory().numTensors;
    await studied(tuning);
    expect(tf.memory().numTensors).toBe(before);
    const cancelled = inTheMidstOf(2, async () => session.onlookers.studies.cancel(2), '2 of 3');
    session.onlookers.studies.start(2, tuning);
    await cancelled;
    expect(ended(2)).toMatchObject({ reason: 'cancelled' });
    await until(() => tf.memory().numTensors === before);
    expect(found(2)).toBeUndefined();
  });

  it('goes on beside the training, which takes the same steps as without it', async () => {
    const advance = vi.spyOn(TrainingRun.prototype, 'advance');
    const taken = () => advance.mock.calls.length;
    const training = session.train();
    await until(() => taken() >= 3);
    const at = taken();
    expect((await studied(KNN)).step).toBeGreaterThanOrEqual(at);
    // A study that has no end of its own until some steps have been taken beside it.
    const tuning: Study = { ...KNN, kind: 'finetune', ...TUNING, epochs: 200, patience: 200 };
    session.onlookers.studies.start(1, tuning);
    await until(() => of('study-progress').some(({ id, text }) => id === 1 && text.includes('epoch')));
    const before = taken();
    await until(() => taken() >= before + 3);
    expect(ended(1)).toBeUndefined();
    session.onlookers.studies.cancel(1);
    session.pause();
    await training;
    advance.mockRestore();
    const losses = steps().map(({ loss }) => loss);
    expect(losses.length).toBeGreaterThanOrEqual(before + 3);
    await session.reset();
    events = [];
    while (steps().length < losses.length) await session.step();
    expect(steps().map(({ loss }) => loss)).toEqual(losses);
  });

  it('ends with a sentence when the run is replaced, and can be started on the new one', async () => {
    const replaced = inTheMidstOf(1, () => session.reset());
    session.onlookers.studies.start(1, KNN);
    session.onlookers.studies.start(2, KNN);
    await replaced;
    for (const id of [1, 2])
      expect(ended(id)).toMatchObject({
        reason: 'failed',
        sentence: 'The run was replaced meanwhile. Start the study again on the new one.',
      });
    expect((await studied(KNN)).step).toBe(0);
  });

  it('ends with the reason when the device is lost, and is refused until Reset', async () => {
    const lost = inTheMidstOf(1, async () =>
      session.fail({ kind: 'device-lost', what: 'The browser lost the GPU.', remedy: 'Press Reset.' }),
    );
    session.onlookers.studies.start(1, KNN);
    await lost;
    expect(ended(1)).toMatchObject({
      reason: 'failed',
      sentence: 'The run stopped. The browser lost the GPU. Press Reset.',
    });
    session.onlookers.studies.start(2, KNN);
    await until(() => ended(2) !== undefined);
    expect(ended(2)?.sentence).toContain('The browser lost the GPU');
    await session.reset();
    await studied(KNN);
  });

  it('is refused in a sentence where images have no classes', async () => {
    const unlabelled = sampleCatalogue(8, 4);
    for (const image of unlabelled.images) image.label = null;
    session.onlookers.studies.follow(new TrainingRun(toy, unlabelled), { ...unlabelled, classes: [] });
    session.onlookers.studies.start(1, KNN);
    await until(() => ended(1) !== undefined);
    expect(ended(1)).toMatchObject({ reason: 'failed' });
    expect(ended(1)?.sentence).toMatch(/no classes/);
  });
});
