/** Constants that live on the device: a JS number as an operand would be uploaded at every use. */
import * as tf from '@tensorflow/tfjs-core';

/** Makes each constant once per backend and keeps it. */
export function keeper<K, T extends tf.Tensor>(make: (key: K) => T): (key: K) => T {
  const byBackend = new WeakMap<object, Map<K, T>>();
  return (key) => {
    const backend = tf.backend();
    const made = byBackend.get(backend) ?? new Map<K, T>();
    byBackend.set(backend, made);
    const held = made.get(key);
    if (held) return held;
    const tensor = tf.keep(make(key));
    made.set(key, tensor);
    return tensor;
  };
}

/** The number as a scalar tensor that is never disposed. */
export const constant = keeper((value: number) => tf.scalar(value));

/** Ones, [1, n]: a sum over rows is the product ones·x, which spares the transpose that tf.sum(x, 0) makes. */
// Uploaded, not filled by a kernel: a constant may be made while kernels are compiled and not run.
export const onesRow = keeper((n: number) => tf.tensor2d(new Float32Array(n).fill(1), [1, n]));

const zeros = keeper((n: number) => tf.tensor1d(new Float32Array(n)));
const ones = keeper((n: number) => tf.tensor1d(new Float32Array(n).fill(1)));

/** A vector of n zeros or ones that is never disposed. */
export const constantVector = (value: 0 | 1, n: number): tf.Tensor1D => (value === 0 ? zeros(n) : ones(n));
