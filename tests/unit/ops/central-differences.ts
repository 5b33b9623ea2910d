/** An op's own gradient held against central differences of a weighted sum of its values. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

export interface Input {
  shape: number[];
  values: Float32Array;
}

const REACH = 1e-2;

/** `draw` makes the weights of the sum: as many numbers as the op gives. */
export async function expectGradient(
  run: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly Input[],
  draw: (shape: number[]) => Float32Array,
): Promise<void> {
  const tensors = () => inputs.map(({ values, shape }) => tf.tensor(values, shape));
  const weights = draw([tf.tidy(() => run(tensors()).size)]);
  /** Σ weights·op(inputs), summed in double precision. */
  const weighted = () =>
    tf.tidy(() =>
      [...run(tensors()).dataSync()].reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0),
    );
  const held = tensors();
  const shape = tf.tidy(() => run(held).shape);
  const { grads } = tf.engine().gradients(() => run(held), held, tf.tensor(weights, shape));
  for (const [i, { values }] of inputs.entries()) {
    const ours = Array.from((await grads[i]?.data()) ?? []);
    const scale = Math.max(1, ...ours.map(Math.abs));
    for (const at of values.keys()) {
      const value = values[at] ?? 0;
      values[at] = value + REACH;
      const above = weighted();
      values[at] = value - REACH;
      const below = weighted();
      values[at] = value;
      const slope = (above - below) / (2 * REACH);
      expect(Math.abs(slope - (ours[at] ?? Number.NaN)) / scale).toBeLessThan(4e-3);
    }
  }
}
