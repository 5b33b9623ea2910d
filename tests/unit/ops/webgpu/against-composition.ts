/** Holds a fused op against its composition, value and gradients, on the software adapter. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { PURPOSE, rng } from '../../../../src/core/rng.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import { type GpuBackend, gpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { startBackend } from '../../../../tools/node-backend.ts';

/** WebGPU on the machine's adapter. */
export async function startGpu(): Promise<GpuBackend> {
  await startBackend('webgpu');
  const backend = gpuBackend();
  if (!backend) throw new TypeError('The backend is not ours');
  return backend;
}

/** The texts of a kernel: the adapter's own, and the one that a GPU gets where the adapter is software. */
export const VARIANTS = ['adapter', 'GPU'] as const;
export type Variant = (typeof VARIANTS)[number];

let drawn = 0;

/** Normally distributed, the same in every run of a test file. */
export function random(shape: number[], scale = 1): tf.Tensor {
  const stream = rng(7, PURPOSE.evaluation, drawn++);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => scale * stream.normal()),
    shape,
  );
}

/** The largest difference, in units of the largest value that is expected. */
export function worstError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  let scale = 1e-30;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    scale = Math.max(scale, Math.abs(wanted[i] ?? 0));
    // Math.max hands a NaN on, so that it fails the comparison that follows.
    worst = Math.max(worst, Math.abs((found[i] ?? Number.NaN) - (wanted[i] ?? Number.NaN)));
  }
  return worst / scale;
}

export interface Comparison {
  op: (inputs: tf.Tensor[]) => tf.Tensor;
  inputs: tf.Tensor[];
  /** Kernels that must run, forward and backward, a name each dispatch. */
  dispatches: string[];
  /** Of the largest value. Kernels add up in another order than tfjs: a few roundings of a float (6e-8 each) lie between. */
  tolerance: number;
  variant?: Variant;
  /** Dispatches that depend on the size and are not looked at. */
  ignore?: RegExp;
}

/**
 * Has tfjs do the work in plain JavaScript: its sums are in double precision, and no shaders are compiled for what is
 * only compared with. Tensors that a GPU has seen cannot come along, as nothing waits for a GPU here.
 */
export async function onProcessor<T>(work: () => T): Promise<T> {
  await tf.setBackend('cpu');
  try {
    return work();
  } finally {
    await tf.setBackend('webgpu');
  }
}

/** Expects the op's value and its gradient for every input to be the composition's. */
export async function expectComposition(backend: GpuBackend, comparison: Comparison): Promise<void> {
  const { op, inputs, dispatches, tolerance, variant = 'adapter', ignore } = comparison;
  const { dy, run, wanted } = await onProcessor(() => {
    const dy = random(tf.tidy(() => composed(() => op(inputs)).shape));
    const run = () => {
      const { value, grads } = tf.engine().gradients(() => op(inputs), inputs, dy);
      return [value, ...grads];
    };
    const computed = composed(run);
    const wanted = computed.map((tensor) => Float32Array.from(tensor.dataSync()));
    tf.dispose(computed);
    return { dy, run, wanted };
  });
  const { result: found, names } = observed(backend, variant, run);
  expect(names.filter((name) => !ignore?.test(name))).toEqual(dispatches);
  for (const [i, expected] of wanted.entries()) {
    const error = worstError((await found[i]?.data()) ?? [], expected);
    expect(error, i === 0 ? 'value' : `gradient of input ${i - 1}`).toBeLessThan(tolerance);
  }
  tf.dispose([dy, ...found]);
}

/** Runs `work` with the kernels' text for the variant, and names what our kernels dispatched. */
export function observed<T>(
  backend: GpuBackend,
  variant: Variant,
  work: () => T,
): { result: T; names: string[] } {
  const { traits } = backend;
  const names: string[] = [];
  const dispatch = backend.dispatch.bind(backend);
  Reflect.set(backend, 'traits', variant === 'GPU' ? { ...traits, software: false } : traits);
  Reflect.set(backend, 'dispatch', (...[shader, bindings, grid]: Parameters<GpuBackend['dispatch']>) => {
    names.push(shader.name);
    dispatch(shader, bindings, grid);
  });
  try {
    return { result: work(), names };
  } finally {
    Reflect.set(backend, 'traits', traits);
    Reflect.deleteProperty(backend, 'dispatch');
  }
}
