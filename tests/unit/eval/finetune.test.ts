/** Fine-tuning: every number of a small run against PyTorch's, when it ends, which weights it keeps, what it leaves. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { classifierLayers, drawKept } from '../../../src/eval/classifier.ts';
import { Diverged, EarlyStop, type FinetunePoint, finetune } from '../../../src/eval/finetune.ts';
import { crossEntropyInto } from '../../../src/eval/linear-model.ts';
import type { Body } from '../../../src/eval/tuning.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { farthest } from './evaluation-fixture.ts';
import {
  BATCH,
  backbone,
  CLASSES,
  keptOf,
  labelsOf,
  type Name,
  numbers,
  official,
  STEPS,
  specsOf,
  tuningOf,
} from './finetune-fixture.ts';

const imagesOf = (step: number) => Uint32Array.from({ length: BATCH }, (_, i) => step * BATCH + i);

function oneHot(labels: readonly number[]): Float32Array {
  const rows = new Float32Array(labels.length * CLASSES);
  for (const [i, label] of labels.entries()) rows[i * CLASSES + label] = 1;
  return rows;
}

const meanLoss = (logits: Float32Array, labels: readonly number[]) =>
  labels.reduce(
    (sum, label, i) =>
      sum + crossEntropyInto(Float64Array.from(logits.subarray(i * CLASSES, (i + 1) * CLASSES)), label),
    0,
  ) / labels.length;

describe.each(['cpu', 'wasm', 'webgpu'] as const)('fine-tuning on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  it.each<Name>(['head', 'whole'])('takes the steps that PyTorch takes: %s', async (name) => {
    const tuning = tuningOf(name);
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const labels = labelsOf(name, step);
      const kept = keptOf(name, step);
      const logits = tuning.learn(imagesOf(step), oneHot(labels), kept);
      const values = Float32Array.from(await logits.data<'float32'>());
      if (step === 0) expect(farthest(values, numbers(`${name}/logits`))).toBeLessThan(1e-5);
      losses.push(meanLoss(values, labels));
      tf.dispose([logits, ...kept]);
    }
    expect(farthest(losses, numbers(`${name}/losses`))).toBeLessThan(1e-5);
    for (const spec of specsOf(name)) {
      const ours = await official(tuning.present.get(spec.name), spec);
      const theirs = Float32Array.from(numbers(`${name}/end/${spec.name}`));
      // The gradient of the keys' bias is 0; AdamW turns its rounding noise into steps, so its third is not compared.
      if (spec.name.endsWith('qkv.bias'))
        for (const values of [ours, theirs]) values.fill(0, backbone.dim, 2 * backbone.dim);
      expect(farthest(ours, theirs), spec.name).toBeLessThan(5e-6);
    }
    // The best weights are those of before until others are kept.
    const start = specsOf(name).at(-1);
    if (!start) throw new Error('no parameters');
    expect(await official(tuning.best.get(start.name), start)).toEqual(
      numbers(`${name}/start/${start.name}`),
    );
    tuning.keepAsBest();
    const after = tuning.logits(tuning.best, imagesOf(0));
    expect(farthest(await after.data(), numbers(`${name}/after`))).toBeLessThan(2e-5);
    after.dispose();
    tuning.dispose();
    // Constants are made once and stay.
    const left = tf.memory().numTensors;
    tuningOf(name).dispose();
    expect(tf.memory().numTensors).toBe(left);
  });
});

/** Two classes in two numbers, apart by their first: anyone can learn that. */
function points(count: number, noise: number): { rows: Float32Array; labels: Int32Array } {
  const { normal } = rng(3, PURPOSE.evaluation, count);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const rows = Float32Array.from({ length: 2 * count }, (_, at) =>
    at % 2 === 0 ? (labels[at / 2] ? 1 : -1) + noise * normal() : normal(),
  );
  return { rows, labels };
}

const bodyOf = (rows: Float32Array): Body => ({
  parameters: new Map(),
  features: (_, images) =>
    tf.tensor2d(Float32Array.from([...images].flatMap((i) => [...rows.subarray(2 * i, 2 * i + 2)])), [
      images.length,
      2,
    ]),
});

const layers = classifierLayers(2, 2, [16, 8]);
const settings = { rate: 1e-2, weightDecay: 5e-4, batch: 8, epochs: 12, patience: 12, seed: 5 };
const alone = { turn: <T>(work: () => Promise<T>) => work(), onBatch: () => {}, onEpoch: () => {} };
const upTo = (n: number, from = 0) => Uint32Array.from({ length: n - from }, (_, i) => from + i);

describe('a fine-tuning', () => {
  beforeAll(async () => {
    await startBackend('wasm');
  });

  it('learns what can be learned, the same each time, and leaves nothing behind', async () => {
    const { rows, labels } = points(120, 0.2);
    const images = { train: upTo(80), labels: labels.subarray(0, 80), scored: upTo(120, 80) };
    const heard: FinetunePoint[] = [];
    const company = { ...alone, onEpoch: (point: FinetunePoint) => heard.push(point) };
    const found = await finetune(bodyOf(rows), images, layers, settings, company);
    const right = found.predictions.filter((label, i) => label === labels[80 + i]).length;
    expect(right).toBeGreaterThanOrEqual(38);
    expect(found.curve).toEqual(heard);
    expect(heard.map(({ epoch }) => epoch)).toEqual(Array.from({ length: heard.length }, (_, i) => i + 1));
    const [first, last] = [heard[0], heard.at(-1)];
    expect(last?.loss).toBeLessThan((first?.loss ?? 0) / 2);
    const before = tf.memory().numTensors;
    expect(await finetune(bodyOf(rows), images, layers, settings, alone)).toEqual(found);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps the weights of the lowest held-out loss and ends when it has not fallen for so long', async () => {
    // Labels by chance: the held-out loss must rise once the rest is learned by heart.
    const { rows } = points(60, 1);
    const { below } = rng(9, PURPOSE.evaluation);
    const labels = Int32Array.from({ length: 50 }, () => below(2));
    const images = { train: upTo(50), labels, scored: upTo(60, 50) };
    const long = { ...settings, epochs: 200, patience: 4 };
    const found = await finetune(bodyOf(rows), images, layers, long, alone);
    const losses = found.curve.map(({ heldOutLoss }) => heldOutLoss);
    expect(found.best).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(found.curve).toHaveLength(found.best + 4);
    // Had it ended with its best epoch, it would say the same of the images.
    const short = await finetune(bodyOf(rows), images, layers, { ...long, epochs: found.best }, alone);
    expect(short.curve).toEqual(found.curve.slice(0, found.best));
    expect(short.predictions).toEqual(found.predictions);
  });

  it('frees everything when it is given up', async () => {
    const { rows, labels } = points(40, 0.2);
    const images = { train: upTo(30), labels: labels.subarray(0, 30), scored: upTo(40, 30) };
    await finetune(bodyOf(rows), images, layers, { ...settings, epochs: 1 }, alone);
    const before = tf.memory().numTensors;
    // In every turn once.
    for (let after = 0; after < 8; after++) {
      let turns = 0;
      const turn = <T>(work: () => Promise<T>) => {
        if (turns++ === after) throw new Error('no longer wanted');
        return work();
      };
      const given = finetune(bodyOf(rows), images, layers, { ...settings, epochs: 1 }, { ...alone, turn });
      await expect(given).rejects.toThrow('no longer wanted');
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('says so when the loss is no number any more', async () => {
    const { rows, labels } = points(40, 0.2);
    rows[6] = Number.NaN;
    const images = { train: upTo(30), labels: labels.subarray(0, 30), scored: upTo(40, 30) };
    const ended = finetune(bodyOf(rows), images, layers, settings, alone);
    await expect(ended).rejects.toThrow(Diverged);
    await expect(ended).rejects.toThrow('choose a learning rate below 0.01');
  });
});

describe('stopping early', () => {
  it('waits for as many losses as it has patience, and begins anew with each lower one', () => {
    const stop = new EarlyStop(2);
    expect([3, 2, 2, 1.5, 1.6].map((loss) => stop.see(loss))).toEqual([true, true, false, true, false]);
    expect([stop.best, stop.enough]).toEqual([4, false]);
    expect(stop.see(Number.NaN)).toBe(false);
    expect([stop.best, stop.enough]).toEqual([4, true]);
  });

  it('does not stop before it has seen anything', () => {
    expect(new EarlyStop(1).enough).toBe(false);
  });
});

describe('dropout', () => {
  it('drops three tenths, differently in every step, the same in every run', async () => {
    const [wide] = classifierLayers(4, 3, [200]);
    if (!wide) throw new Error('no layer');
    const draw = async (seed: number, step: number) => {
      const [kept] = drawKept(classifierLayers(4, 3, [200]), 50, seed, step);
      const values = Float32Array.from((await kept?.data<'float32'>()) ?? []);
      kept?.dispose();
      return values;
    };
    const first = await draw(1, 0);
    expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    expect(first.filter((value) => value === 0).length / first.length).toBeCloseTo(0.3, 1);
    expect(await draw(1, 0)).toEqual(first);
    expect(await draw(1, 1)).not.toEqual(first);
    expect(await draw(2, 0)).not.toEqual(first);
  });
});
