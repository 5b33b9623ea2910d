/** A recorded step on WebGPU: the same weights bit for bit as step after step by itself, whatever happens in between. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { disposeSnapshot, holdRun, initialRun } from '../../../src/dino/run-state.ts';
import type { StepSettings } from '../../../src/dino/step.ts';
import { clsFeatures } from '../../../src/model/vit.ts';
import { tokenLayout } from '../../../src/ops/layout.ts';
import { type GpuBackend, gpuBackend } from '../../../src/ops/webgpu/backend.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { DrivenRun } from '../../../tools/parity/driven-run.ts';
import { AT, everythingOf, TOY, TOY_VIT, toyRows, toyRun } from './toy.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  await startBackend('webgpu');
  const backend = gpuBackend();
  if (!backend) throw new TypeError('The backend is not ours');
  gpu = backend;
});

/** Schedules move, and the last layer is frozen at first. */
const valuesAt = (step: number) => ({
  ...AT,
  lr: 1e-3 * (1 + step),
  weightDecay: 0.04 + 0.01 * step,
  momentum: 0.9 + 0.01 * step,
  teacherTemp: 0.04 + 0.005 * step,
  frozen: step < 3,
});

const STEPS = 6;

/** Figures of all steps, and the state after them. */
async function train(
  run: DrivenRun,
  between: (run: DrivenRun, step: number) => Promise<void> = async () => {},
) {
  await run.prepare();
  const figures: number[][] = [];
  for (let step = 0; step < STEPS; step++) {
    figures.push(await run.step(toyRows(step), valuesAt(step)));
    await between(run, step);
  }
  const state = await everythingOf(run.state);
  const { dispatches, refusal } = run;
  run.dispose();
  return { figures, state, dispatches, refusal };
}

/** An evaluation, as a pause would bring one. */
async function evaluate(run: DrivenRun): Promise<number[]> {
  const held = holdRun(run.state);
  const features = tf.tidy(() => {
    const layout = tokenLayout([{ sequences: 5, rows: 3, columns: 3 }]);
    const patches = tf.tensor2d(toyRows(99).slice(0, 5 * 9 * 48), [5 * 9, 48]);
    return clsFeatures(held.teacher.parameters, { patches, layout }, TOY_VIT);
  });
  const values = [...(await features.data<'float32'>())];
  features.dispose();
  disposeSnapshot(held);
  return values;
}

describe('a recorded run', () => {
  it('is the unrecorded one bit for bit, across the end of freezing and beside evaluations', async () => {
    const plain = await train(toyRun(TOY, { dropPath: 0.3, recorded: false }));
    expect(plain.dispatches).toBeNull();
    const recorded = await train(toyRun(TOY, { dropPath: 0.3 }));
    expect(recorded.refusal).toBeNull();
    expect(recorded.dispatches).toBeGreaterThan(100);
    expect(recorded.figures).toEqual(plain.figures);
    expect(recorded.state).toEqual(plain.state);
    const looks: number[][] = [];
    const watched = await train(toyRun(TOY, { dropPath: 0.3 }), async (run, step) => {
      if (step === 1 || step === 3) looks.push(await evaluate(run), await evaluate(run));
    });
    expect(watched.state).toEqual(plain.state);
    expect(looks[0]).toEqual(looks[1]);
    expect(looks[2]).not.toEqual(looks[0]);
  });

  it('is recorded anew for other settings: another batch, other prototypes, the EMA first', async () => {
    const layout = tokenLayout([
      { sequences: 4, rows: 3, columns: 3 },
      { sequences: 4, rows: 2, columns: 2 },
    ]);
    const { shape } = TOY;
    const other: StepSettings = {
      ...TOY,
      shape: { ...shape, head: { ...shape.head, prototypes: 101, batchNorm: 'off' } },
      teacherUpdate: 'before',
      clip: 'global',
    };
    const rows = (step: number) => toyRows(step).slice(0, (layout.tokens - layout.sequences) * 48);
    const states = [];
    for (const recorded of [false, true]) {
      const run = new DrivenRun(initialRun(other, 2), other, layout, { recorded });
      const figures: number[][] = [];
      for (let step = 0; step < 4; step++) figures.push(await run.step(rows(step), valuesAt(step)));
      expect(run.dispatches === null).toBe(!recorded);
      states.push({ figures, state: await everythingOf(run.state) });
      run.dispose();
    }
    expect(states[1]).toEqual(states[0]);
  });

  it('moves nothing where a replayed step is not finite, and goes on after it', async () => {
    const run = toyRun();
    for (let step = 0; step < 3; step++) await run.step(toyRows(step), AT);
    expect(run.dispatches).not.toBeNull();
    const before = await everythingOf(run.state);
    expect((await run.step(toyRows(3).fill(Number.NaN, 0, 1), AT))[0]).toBeNaN();
    expect(await everythingOf(run.state)).toEqual(before);
    expect((await run.step(toyRows(4), AT)).every(Number.isFinite)).toBe(true);
    expect(await everythingOf(run.state)).not.toEqual(before);
    run.dispose();
  });

  it('makes no buffer, bind group or pipeline from the third step on, and gives its memory back', async () => {
    const run = toyRun();
    for (let step = 0; step < 3; step++) await run.step(toyRows(step), AT);
    const counts = { createBuffer: 0, createBindGroup: 0, createComputePipeline: 0, createShaderModule: 0 };
    const names = Object.keys(counts) as (keyof typeof counts)[];
    for (const name of names) {
      const original: unknown = Reflect.get(gpu.device, name);
      if (typeof original !== 'function') throw new TypeError(name);
      Reflect.set(gpu.device, name, (...args: unknown[]) => {
        counts[name]++;
        return Reflect.apply(original, gpu.device, args);
      });
    }
    const { numTensors } = tf.memory();
    const { bytes } = gpu.pool;
    for (let step = 3; step < 6; step++) await run.step(toyRows(step), AT);
    for (const name of names) Reflect.deleteProperty(gpu.device, name);
    expect(counts).toEqual({
      createBuffer: 0,
      createBindGroup: 0,
      createComputePipeline: 0,
      createShaderModule: 0,
    });
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(gpu.pool.bytes).toBe(bytes);
    run.dispose();
    gpu.pool.trim();
    expect(gpu.pool.bytes).toBeLessThan(bytes / 4);
  });

  it('leaves the state as it is while shaders are compiled', async () => {
    const run = toyRun();
    const before = await everythingOf(run.state);
    await run.prepare();
    expect(await everythingOf(run.state)).toEqual(before);
    run.dispose();
  });
});
