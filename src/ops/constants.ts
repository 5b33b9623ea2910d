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
export const onesRow = keeper((n: number) => tf.ones<tf.Rank.R2>([1, n]));

const zeros = keeper((n: number) => tf.zeros<tf.Rank.R1>([n]));
const ones = keeper((n: number) => tf.ones<tf.Rank.R1>([n]));

/** A vector of n zeros or ones that is never disposed. */
export const constantVector = (value: 0 | 1, n: number): tf.Tensor1D => (value === 0 ? zeros(n) : ones(n));
