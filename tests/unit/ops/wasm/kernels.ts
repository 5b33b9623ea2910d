/** Runs WASM kernels by name in tests, and compares what comes out. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { PURPOSE, rng } from '../../../../src/core/rng.ts';

let drawn = 0;

/** Normally distributed, the same in every run of a test file. */
export function random(shape: number[], scale = 1): tf.Tensor {
  const stream = rng(13, PURPOSE.evaluation, drawn++);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => scale * stream.normal()),
    shape,
  );
}

export function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor | null>,
  settings: tf.NamedAttrMap = {},
): tf.Tensor[] {
  const given = Object.entries(inputs).filter((entry): entry is [string, tf.Tensor] => entry[1] !== null);
  return tf.engine().runKernel<tf.Tensor[]>(name, Object.fromEntries(given), settings);
}

/** The largest difference, in units of the largest value that is expected. */
export function worstError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  const scale = Math.max(1e-30, ...Array.from(wanted, Math.abs));
  return Math.max(0, ...Array.from(found, (value, i) => Math.abs(value - (wanted[i] ?? Number.NaN)) / scale));
}

/** Expects tensors to agree up to `tolerance` of the largest value. */
export function expectClose(found: (tf.Tensor | undefined)[], wanted: tf.Tensor[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  for (const [i, tensor] of wanted.entries()) {
    expect(found[i]?.shape).toEqual(tensor.shape);
    expect(worstError(found[i]?.dataSync() ?? [], tensor.dataSync()), `output ${i}`).toBeLessThan(tolerance);
  }
}
