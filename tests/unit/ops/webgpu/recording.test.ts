/** The backend below the kernels: dispatches beside tfjs's programs, parts of tensors, recording and replay. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GpuBackend, gpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { Profile } from '../../../../src/ops/webgpu/profile.ts';
import { RecordingError, record } from '../../../../src/ops/webgpu/recording.ts';
import { folded, type Shader } from '../../../../src/ops/webgpu/shader.ts';
import { startBackend } from '../../../../tools/node-backend.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  await startBackend('webgpu');
  const backend = gpuBackend();
  if (!backend) throw new TypeError('The backend is not ours');
  gpu = backend;
});

const addTo = (constant: number): Shader => ({
  name: 'AddTo',
  code: /* wgsl */ `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&y)) { y[id.x] += x[id.x] + ${constant}; }
}`,
});

const vector = (...values: number[]) => tf.keep(tf.tensor1d(values));
const alignment = () => gpu.alignment;

describe('the WebGPU backend', () => {
  it('keeps the order of its own dispatches and tfjs’s programs', async () => {
    const x = vector(1, 2, 3);
    const y = vector(0, 0, 0);
    gpu.dispatch(addTo(1), [x, y], [1]);
    const doubled = tf.mul(y, x);
    gpu.dispatch(addTo(0), [doubled, y], [1]);
    expect([...(await y.data())]).toEqual([4, 9, 16]);
  });

  it('hands out parts of a tensor that programs, kernels and reads take for tensors', async () => {
    const whole = tf.keep(tf.zeros([2 * alignment()]));
    const part = tf.engine().makeTensorFromTensorInfo(gpu.part(whole, alignment(), [2]));
    gpu.write32(part, Float32Array.of(5, 6));
    expect([...(await part.data())]).toEqual([5, 6]);
    expect([...(await tf.add(part, vector(1, 1)).data())]).toEqual([6, 7]);
    gpu.dispatch(addTo(0), [vector(1, 1), part], [1]);
    const values = await tf.add(whole, 0).data();
    expect([...values.slice(alignment(), alignment() + 3)]).toEqual([6, 7, 0]);
    expect(values[0]).toBe(0);
  });

  it('replays a step on what its inputs hold by then, undisturbed by other work', async () => {
    const input = vector(1, 2, 3);
    const state = vector(0, 0, 0);
    const ten = vector(10, 10, 10);
    const work = () => {
      const scaled = tf.tidy(() => tf.mul(tf.mul(input, ten), input));
      gpu.dispatch(addTo(0), [scaled, state], [1]);
      scaled.dispose();
    };
    work();
    const recording = record(gpu, work);
    expect(recording.dispatches).toBe(3);
    gpu.write32(input, Float32Array.of(2, 2, 2));
    const other = tf.mul(vector(7, 7, 7), ten);
    recording.replay();
    expect([...(await other.data())]).toEqual([70, 70, 70]);
    gpu.changed(state);
    expect([...(await state.data())]).toEqual([60, 120, 220]);
    recording.dispose();
  });

  it('makes nothing in a replay', () => {
    const input = vector(1, 2, 3);
    const state = vector(0, 0, 0);
    const work = () => gpu.dispatch(addTo(0), [input, state], [1]);
    work();
    const recording = record(gpu, work);
    const made: string[] = [];
    for (const name of ['createBuffer', 'createBindGroup', 'createComputePipeline'] as const) {
      const original: unknown = Reflect.get(gpu.device, name);
      if (typeof original !== 'function') throw new TypeError(name);
      Reflect.set(gpu.device, name, (...args: unknown[]) => {
        made.push(name);
        return Reflect.apply(original, gpu.device, args);
      });
    }
    recording.replay();
    expect(made).toEqual([]);
    for (const name of ['createBuffer', 'createBindGroup', 'createComputePipeline'] as const)
      Reflect.deleteProperty(gpu.device, name);
    recording.dispose();
  });

  it('refuses to record an upload, and works on', async () => {
    const state = vector(1, 1);
    expect(() => record(gpu, () => tf.tidy(() => tf.add(state, tf.tensor1d([1, 2]))))).toThrow(
      RecordingError,
    );
    expect([...(await tf.add(state, state).data())]).toEqual([2, 2]);
  });

  it('times each dispatch', async () => {
    const x = vector(1, 2, 3);
    gpu.profile = new Profile(gpu.device);
    gpu.dispatch(addTo(0), [x, vector(0, 0, 0)], [1]);
    const times = await gpu.profile.finish();
    gpu.profile = null;
    expect(times).toEqual([{ name: 'AddTo', milliseconds: expect.any(Number) }]);
    expect(times[0]?.milliseconds).toBeGreaterThanOrEqual(0);
  });
});

describe('folded', () => {
  it('covers the count within the limit', () => {
    for (const count of [1, 65_535, 65_536, 200_001]) {
      const [x, y = 1] = folded(count);
      expect(x).toBeLessThanOrEqual(65_535);
      expect(x * y).toBeGreaterThanOrEqual(count);
    }
  });
});
