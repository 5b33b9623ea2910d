/** Promises of a step beyond its numbers: constant memory, nothing lost to a NaN, settings that do what they say. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawKeep, droppedBranches } from '../../../src/dino/drop-path.ts';
import { disposeSnapshot, holdRun } from '../../../src/dino/run-state.ts';
import type { StepSettings } from '../../../src/dino/step.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { AT, everythingOf, TOY, TOY_LAYOUT, toyRows, toyRun, weightsOf } from './toy.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

/** The run after one step, with its figures. */
async function oneStep(settings: StepSettings, at = AT) {
  const run = toyRun(settings);
  const figures = await run.step(toyRows(1), at);
  return { run, figures };
}

const poisoned = () => toyRows(1).fill(Number.NaN, 0, 1);

describe('a step', () => {
  it('keeps the same tensors, and the same number of bytes, over 1,000 steps', async () => {
    const run = toyRun();
    const parameters = [...run.state.student.parameters.values()];
    const seen: { numTensors: number; numBytes: number }[] = [];
    for (let step = 0; step < 1000; step++) {
      await run.step(toyRows(step), AT);
      const { numTensors, numBytes } = tf.memory();
      if (step >= 1) seen.push({ numTensors, numBytes });
    }
    expect(new Set(seen.map(({ numTensors }) => numTensors)).size).toBe(1);
    expect(new Set(seen.map(({ numBytes }) => numBytes)).size).toBe(1);
    expect([...run.state.student.parameters.values()]).toEqual(parameters);
    expect(parameters.some((tensor) => tensor.isDisposed)).toBe(false);
    run.dispose();
  });

  it('leaves nothing behind when the run is disposed of', async () => {
    (await oneStep(TOY)).run.dispose();
    const before = tf.memory();
    (await oneStep(TOY)).run.dispose();
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  });

  it('learns: the loss on one batch falls', async () => {
    const run = toyRun();
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) losses.push((await run.step(toyRows(1), AT))[0] ?? Number.NaN);
    expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
    run.dispose();
  });

  it('gives a run held in between its own values', async () => {
    const { run } = await oneStep(TOY);
    const held = holdRun(run.state);
    const then = { student: await weightsOf(held), teacher: await weightsOf(held, 'teacher') };
    expect(then.student).toEqual(await weightsOf(run.state));
    await run.step(toyRows(2), AT);
    expect({ student: await weightsOf(held), teacher: await weightsOf(held, 'teacher') }).toEqual(then);
    expect(await weightsOf(run.state)).not.toEqual(then.student);
    disposeSnapshot(held);
    run.dispose();
  });

  it.each(['after', 'before'] as const)(
    'moves nothing at all where the loss is not finite, with the EMA %s the step',
    async (teacherUpdate) => {
      const { run } = await oneStep({ ...TOY, teacherUpdate });
      const before = await everythingOf(run.state);
      expect((await run.step(poisoned(), AT))[0]).toBeNaN();
      expect(await everythingOf(run.state)).toEqual(before);
      expect((await run.step(toyRows(2), AT)).every(Number.isFinite)).toBe(true);
      expect(await everythingOf(run.state)).not.toEqual(before);
      run.dispose();
    },
  );

  it('does not move, decay or count a frozen last layer', async () => {
    const name = 'head.last_layer.weight_v';
    const run = toyRun();
    const old = (await weightsOf(run.state)).get(name);
    await run.step(toyRows(1), { ...AT, frozen: true });
    expect((await weightsOf(run.state)).get(name)).toEqual(old);
    expect(run.state.updates).toEqual({ lastLayer: 0, rest: 1 });
    for (const { tensors } of run.state.weights.moments)
      expect((await tensors.get(name)?.data<'float32'>())?.every((value) => value === 0)).toBe(true);
    await run.step(toyRows(2), AT);
    expect(run.state.updates).toEqual({ lastLayer: 1, rest: 2 });
    // AdamW's first step goes lr far, whatever the gradient, besides the decay.
    const moved = (await weightsOf(run.state)).get(name)?.map((value, i) => {
      const before = old?.[i] ?? 0;
      return Math.abs(value - before * (1 - AT.lr * AT.weightDecay));
    });
    expect(Math.max(...(moved ?? []))).toBeCloseTo(AT.lr, 5);
    run.dispose();
  });

  it('moves the teacher before the forward pass if told so', async () => {
    const start = [...(await weightsOf(toyRun().state, 'teacher')).values()].flat();
    const moved = async (settings: StepSettings) => {
      const { run } = await oneStep(settings);
      const now = [...(await weightsOf(run.state, 'teacher')).values()].flat();
      return Math.max(...now.map((value, i) => Math.abs(value - (start[i] ?? 0))));
    };
    // Student and teacher begin alike, so an EMA before the first step changes nothing but the last bit.
    expect(await moved({ ...TOY, teacherUpdate: 'before' })).toBeLessThan(1e-6);
    expect(await moved(TOY)).toBeGreaterThan(5e-5);
  });

  it('looks at the student with the teacher that has just moved, if it moves first', async () => {
    const settings = { ...TOY, teacherUpdate: 'before' as const };
    const { run } = await oneStep(settings);
    const held = await weightsOf(run.state, 'teacher');
    const student = await weightsOf(run.state);
    await run.step(toyRows(2), { ...AT, momentum: 0 });
    // With a momentum of 0 it took in the whole student from before the step.
    const teacher = await weightsOf(run.state, 'teacher');
    expect(teacher).toEqual(student);
    expect(teacher).not.toEqual(held);
    run.dispose();
  });

  it('leaves the center at 0 without centering', async () => {
    const centerAfter = async (settings: StepSettings) => [
      ...(await (await oneStep(settings)).run.state.center.data<'float32'>()),
    ];
    expect((await centerAfter({ ...TOY, centering: false })).every((value) => value === 0)).toBe(true);
    expect((await centerAfter(TOY)).some((value) => value !== 0)).toBe(true);
  });

  it.each(['tensor', 'global', 'off'] as const)('bounds the gradient as clipping "%s" says', async (clip) => {
    const sgd = { ...TOY.optimizer, kind: 'sgd' as const, sgdMomentum: 0 };
    const clipNorm = 1e-3;
    const run = toyRun({ ...TOY, optimizer: sgd, clip, clipNorm });
    const old = await weightsOf(run.state);
    const figures = await run.step(toyRows(1), { ...AT, lr: 1, weightDecay: 0 });
    // With plain SGD at lr 1 the way that a parameter moved is its clipped gradient.
    const norms = [...(await weightsOf(run.state))].map(([name, values]) =>
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
    run.dispose();
  });

  it.each(['adamw', 'adam', 'sgd'] as const)('trains with %s', async (kind) => {
    const run = toyRun({ ...TOY, optimizer: { ...TOY.optimizer, kind } });
    const at = { ...AT, lr: kind === 'sgd' ? 0.05 : 1e-3 };
    const losses: number[] = [];
    for (let step = 0; step < 40; step++) losses.push((await run.step(toyRows(1), at))[0] ?? Number.NaN);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    run.dispose();
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
    const run = toyRun(settings);
    const old = await weightsOf(run.state);
    const figures = await run.step(toyRows(1), AT);
    expect(figures.every(Number.isFinite)).toBe(true);
    const still = [...(await weightsOf(run.state))].filter(([name, values]) =>
      values.every((value, i) => value === old.get(name)?.[i]),
    );
    expect(still.map(([name]) => name)).toEqual(
      settings.shape.head.normLastLayer && !('lastLayer' in head) ? ['head.last_layer.weight_g'] : [],
    );
    run.dispose();
  });
});

describe('stochastic depth', () => {
  const layout = TOY_LAYOUT;

  it('drops whole sequences, more in later blocks, the same at the same step', () => {
    const branches = droppedBranches(0.5, 3);
    expect(branches.map(({ block, drop }) => [block, drop])).toEqual([
      [1, 0.25],
      [1, 0.25],
      [2, 0.5],
      [2, 0.5],
    ]);
    const rows = (step: number) => [...drawKeep({ block: 2, branch: 1, drop: 0.5 }, layout, 1, step)];
    expect(rows(4)).toEqual(rows(4));
    expect(new Set(rows(4))).toEqual(new Set([0, 2]));
    for (const { offset, sequences, length } of layout.segments)
      for (let i = 0; i < sequences; i++)
        expect(new Set(rows(4).slice(offset + i * length, offset + (i + 1) * length)).size).toBe(1);
  });

  it('keeps the mean: 1/(1−p) for what stays', () => {
    let sum = 0;
    for (let step = 0; step < 200; step++) {
      const keep = drawKeep({ block: 1, branch: 0, drop: 0.3 }, layout, 7, step);
      sum += keep.reduce((a, b) => a + b, 0) / keep.length;
    }
    expect(sum / 200).toBeGreaterThan(0.93);
    expect(sum / 200).toBeLessThan(1.07);
  });

  it('reaches the student in a step, and differs from step to step', async () => {
    const lossAt = async (dropPath: number, step: number) => {
      const run = toyRun(TOY, { dropPath });
      for (let i = 0; i < step; i++) await run.step(toyRows(1), { ...AT, lr: 0, momentum: 1 });
      const [loss] = await run.step(toyRows(1), { ...AT, lr: 0, momentum: 1 });
      run.dispose();
      return loss;
    };
    expect(await lossAt(0.5, 0)).not.toBe(await lossAt(0, 0));
    expect(await lossAt(0.5, 0)).toBe(await lossAt(0.5, 0));
    expect(await lossAt(0.5, 1)).not.toBe(await lossAt(0.5, 0));
  });
});
