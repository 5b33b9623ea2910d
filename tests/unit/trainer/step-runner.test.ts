/** What the runner does with a step that can be replayed, with one that cannot, and with none to record on. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { assign } from '../../../src/ops/assign.ts';
import { gpuBackend } from '../../../src/ops/webgpu/backend.ts';
import { StepRunner } from '../../../src/trainer/step-runner.ts';
import { startBackend } from '../../../tools/node-backend.ts';

beforeAll(async () => {
  await startBackend('webgpu');
});

const zeros = () => tf.keep(tf.zeros([2]));

describe('a step runner', () => {
  it('replays from the third step on, and gives the recording’s memory back', async () => {
    const state = zeros();
    const way = tf.keep(tf.tensor1d([1, 2]));
    let calls = 0;
    const runner = new StepRunner(() => {
      calls++;
      tf.tidy(() => assign(state, tf.add(state, way)));
    });
    for (let step = 0; step < 5; step++) runner.run();
    gpuBackend()?.changed(state);
    expect([...(await state.data())]).toEqual([5, 10]);
    expect(calls).toBe(2);
    expect(runner.dispatches).toBe(2);
    const bytes = gpuBackend()?.pool.bytes ?? 0;
    runner.dispose();
    expect(gpuBackend()?.pool.bytes).toBeLessThan(bytes);
  });

  it('goes on without a recording where a step uploads something, misses no step and does none twice', async () => {
    const state = zeros();
    const runner = new StepRunner(() =>
      tf.tidy(() => {
        assign(state, tf.add(state, state));
        assign(state, tf.add(state, tf.tensor1d([1, 2])));
      }),
    );
    for (let step = 0; step < 4; step++) runner.run();
    expect([...(await state.data())]).toEqual([15, 30]);
    expect(runner.dispatches).toBeNull();
    expect(runner.refusal).toMatch(/cannot be recorded: it uploads a \[2\] tensor/);
  });

  it('hands on what goes wrong in a step', () => {
    const runner = new StepRunner(() => {
      throw new RangeError('broken');
    });
    expect(() => runner.run()).toThrow('broken');
  });

  it('records nothing when it is not wanted', async () => {
    const state = zeros();
    const way = tf.keep(tf.tensor1d([1, 2]));
    const runner = new StepRunner(() => tf.tidy(() => assign(state, tf.add(state, way))), false);
    for (let step = 0; step < 3; step++) runner.run();
    expect([...(await state.data())]).toEqual([3, 6]);
    expect(runner.dispatches).toBeNull();
    expect(runner.refusal).toBeNull();
  });
});
