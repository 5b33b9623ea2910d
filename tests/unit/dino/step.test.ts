/** Promises of a step beyond its numbers: constant memory, nothing lost to a NaN, settings that do what they say. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { discardStep } from '../../../src/dino/commit.ts';
import { drawDropPath } from '../../../src/dino/drop-path.ts';
import { disposeRun, initialRun, type RunState } from '../../../src/dino/run-state.ts';
import { type StepSettings, trainStep } from '../../../src/dino/step.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { AT, TOY, TOY_LAYOUT, toyStep, toyViews } from './toy.ts';

const weightsOf = (run: RunState, who: 'student' | 'teacher' = 'student') =>
  [...run[who].parameters].map(([name, tensor]) => [name, Array.from(tensor.dataSync())] as const);

const valuesOf = (run: RunState, name: string) =>
  Array.from(run.student.parameters.get(name)?.dataSync() ?? []);

async function oneStep(settings: StepSettings, at = AT) {
  return toyStep(initialRun(settings.shape, 1), toyViews(1), settings, at);
}

beforeAll(async () => {
  await startBackend('wasm');
});

describe('a step', () => {
  it('keeps the same number of tensors and bytes over 1,000 steps', async () => {
    let run = initialRun(TOY.shape, 1);
    const seen: { numTensors: number; numBytes: number }[] = [];
    for (let step = 0; step < 1000; step++) {
      run = (await toyStep(run, toyViews(step))).run;
      const { numTensors, numBytes } = tf.memory();
      if (step >= 1) seen.push({ numTensors, numBytes });
    }
    expect(new Set(seen.map(({ numTensors }) => numTensors)).size).toBe(1);
    expect(new Set(seen.map(({ numBytes }) => numBytes)).size).toBe(1);
    disposeRun(run);
  });

  it('leaves nothing behind when it is discarded', async () => {
    const run = initialRun(TOY.shape, 1);
    const views = toyViews(1);
    const step = () => trainStep(run, views, AT, () => null, TOY);
    discardStep(run, step);
    const before = tf.memory().numTensors;
    discardStep(run, step);
    expect(tf.memory().numTensors).toBe(before);
    const { figures } = await toyStep(run, views);
    expect(figures.every(Number.isFinite)).toBe(true);
  });

  it('learns: the loss on one batch falls', async () => {
    let run = initialRun(TOY.shape, 1);
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      const done = await toyStep(run, toyViews(1));
      run = done.run;
      losses.push(done.figures[0] ?? Number.NaN);
    }
    expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
    disposeRun(run);
  });

  it('leaves the student, the teacher and the center alone where the loss is not finite', async () => {
    const before = initialRun(TOY.shape, 1);
    const student = weightsOf(before);
    const views = toyViews(1);
    const poisoned = tf.tidy(() => tf.mul<tf.Tensor2D>(views.patches, tf.scalar(Number.NaN)));
    views.patches.dispose();
    const { run, figures } = await toyStep(before, { ...views, patches: poisoned });
    expect(figures[0]).toBeNaN();
    expect(weightsOf(run)).toEqual(student);
    expect(
      weightsOf(run, 'teacher')
        .flatMap(([, values]) => values)
        .every(Number.isFinite),
    ).toBe(true);
    expect(Array.from(run.center.dataSync()).every((value) => value === 0)).toBe(true);
    const recovered = await toyStep(run, toyViews(2));
    expect(recovered.figures.every(Number.isFinite)).toBe(true);
    disposeRun(recovered.run);
  });

  it('does not move, decay or count a frozen last layer', async () => {
    const name = 'head.last_layer.weight_v';
    const before = initialRun(TOY.shape, 1);
    const old = valuesOf(before, name);
    const { run } = await toyStep(before, toyViews(1), TOY, { ...AT, frozen: true });
    expect(valuesOf(run, name)).toEqual(old);
    expect(run.updates.get(name)).toBeUndefined();
    expect(run.moments.get(name)).toBeUndefined();
    const thawed = await toyStep(run, toyViews(2));
    expect(thawed.run.updates.get(name)).toBe(1);
    expect(thawed.run.updates.get('head.mlp.0.weight')).toBe(2);
    disposeRun(thawed.run);
  });

  it('moves the teacher before the forward pass if told so', async () => {
    const start = weightsOf(initialRun(TOY.shape, 1), 'teacher').flatMap(([, values]) => values);
    const moved = (run: RunState) =>
      Math.max(
        ...weightsOf(run, 'teacher')
          .flatMap(([, values]) => values)
          .map((value, i) => Math.abs(value - (start[i] ?? 0))),
      );
    // Student and teacher begin alike, so an EMA before the first step changes nothing but the last bit.
    expect(moved((await oneStep({ ...TOY, teacherUpdate: 'before' })).run)).toBeLessThan(1e-6);
    expect(moved((await oneStep(TOY)).run)).toBeGreaterThan(5e-5);
  });

  it('leaves the center at 0 without centering', async () => {
    const { run } = await oneStep({ ...TOY, centering: false });
    expect(Array.from(run.center.dataSync()).every((value) => value === 0)).toBe(true);
    expect(Array.from((await oneStep(TOY)).run.center.dataSync()).some((value) => value !== 0)).toBe(true);
  });

  it.each(['tensor', 'global', 'off'] as const)('bounds the gradient as clipping "%s" says', async (clip) => {
    const sgd = { ...TOY.optimizer, kind: 'sgd' as const, sgdMomentum: 0 };
    const clipNorm = 1e-3;
    const before = initialRun(TOY.shape, 1);
    const old = new Map(weightsOf(before));
    const at = { ...AT, lr: 1, weightDecay: 0 };
    const { run, figures } = await toyStep(
      before,
      toyViews(1),
      { ...TOY, optimizer: sgd, clip, clipNorm },
      at,
    );
    // With plain SGD at lr 1 the way that a parameter moved is its clipped gradient.
    const norms = weightsOf(run).map(([name, values]) =>
      Math.hypot(...values.map((value, i) => value - (old.get(name)?.[i] ?? 0))),
    );
    const all = Math.hypot(...norms);
    const gradientNorm = figures[3] ?? 0;
    expect(gradientNorm).toBeGreaterThan(10 * clipNorm);
    if (clip === 'tensor') {
      expect(Math.max(...norms)).toBeLessThan(1.01 * clipNorm);
      expect(all).toBeGreaterThan(1.5 * clipNorm);
    } else if (clip === 'global') expect(all / clipNorm).toBeCloseTo(1, 1);
    else expect(all / gradientNorm).toBeCloseTo(1, 2);
    disposeRun(run);
  });

  it.each(['adamw', 'adam', 'sgd'] as const)('trains with %s', async (kind) => {
    const settings = { ...TOY, optimizer: { ...TOY.optimizer, kind } };
    let run = initialRun(settings.shape, 1);
    const losses: number[] = [];
    for (let step = 0; step < 40; step++) {
      const done = await toyStep(run, toyViews(1), settings, { ...AT, lr: kind === 'sgd' ? 0.05 : 1e-3 });
      run = done.run;
      losses.push(done.figures[0] ?? Number.NaN);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    disposeRun(run);
  });
});

describe('every head that the recipes name', () => {
  const heads: [string, Partial<StepSettings['shape']['head']>][] = [
    [
      'without a bottleneck, free rows, last BatchNorm',
      { bottleneck: null, lastLayer: 'free', lastBatchNorm: true, l2Bottleneck: false },
    ],
    [
      'unit rows, BatchNorm after GELU',
      { bottleneck: null, lastLayer: 'unit-rows', batchNorm: 'after-gelu', l2Bottleneck: false },
    ],
    ['one layer', { layers: 1 }],
    ['a trainable g', { normLastLayer: false, batchNorm: 'off' }],
  ];

  it.each(heads)('%s: trains, and every parameter moves', async (_, head) => {
    const settings = { ...TOY, shape: { ...TOY.shape, head: { ...TOY.shape.head, ...head } } };
    const before = initialRun(settings.shape, 1);
    const old = new Map(weightsOf(before));
    const { run, figures } = await toyStep(before, toyViews(1), settings);
    expect(figures.every(Number.isFinite)).toBe(true);
    const still = weightsOf(run).filter(([name, values]) =>
      values.every((value, i) => value === old.get(name)?.[i]),
    );
    expect(still.map(([name]) => name)).toEqual(
      settings.shape.head.normLastLayer && !('lastLayer' in head) ? ['head.last_layer.weight_g'] : [],
    );
    disposeRun(run);
  });
});

describe('drawDropPath', () => {
  const layout = TOY_LAYOUT;

  it('drops whole sequences, more in later blocks, the same at the same step', () => {
    expect(drawDropPath(0.5, 3, layout, 1, 0)(0, 0)).toBeNull();
    const rows = (step: number) => Array.from(drawDropPath(0.5, 3, layout, 1, step)(2, 1)?.dataSync() ?? []);
    expect(rows(4)).toEqual(rows(4));
    expect(new Set(rows(4))).toEqual(new Set([0, 2]));
    for (const { offset, sequences, length } of layout.segments)
      for (let i = 0; i < sequences; i++)
        expect(new Set(rows(4).slice(offset + i * length, offset + (i + 1) * length)).size).toBe(1);
  });

  it('keeps the mean: 1/(1−p) for what stays', () => {
    let sum = 0;
    for (let step = 0; step < 200; step++) {
      const keep = Array.from(drawDropPath(0.3, 2, layout, 7, step)(1, 0)?.dataSync() ?? []);
      sum += keep.reduce((a, b) => a + b, 0) / keep.length;
    }
    expect(sum / 200).toBeGreaterThan(0.93);
    expect(sum / 200).toBeLessThan(1.07);
  });
});
