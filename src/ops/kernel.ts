/** Fused kernels: an op asks for one by name, and is its plain composition where the backend has none. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs the kernel; inputs that are null are left out. Its outputs come in the order that the kernel states, whose ranks
 * the caller names: kernel<[tf.Tensor2D, tf.Tensor2D]>({ x }).
 */
export type Kernel = <T extends tf.Tensor[] = tf.Tensor[]>(
  inputs: Record<string, tf.Tensor | null>,
  settings?: tf.NamedAttrMap,
) => T;

let composing = false;

/** Whether `composed` is at work. */
export const isComposing = (): boolean => composing;

/** The present backend's kernel of this name, or null. */
export function fusedKernel(name: string): Kernel | null {
  if (composing || !tf.getKernel(name, tf.getBackend())) return null;
  return <T extends tf.Tensor[]>(
    inputs: Record<string, tf.Tensor | null>,
    settings: tf.NamedAttrMap = {},
  ): T => {
    const present = Object.entries(inputs).filter((entry): entry is [string, tf.Tensor] => entry[1] !== null);
    const outputs = tf.engine().runKernel<T>(name, Object.fromEntries(present), settings);
    if (!Array.isArray(outputs)) throw new TypeError(`The kernel ${name} must return a list of tensors`);
    return outputs;
  };
}

/** Runs `work` with the compositions alone: the oracle of the kernels' tests. `work` must not be asynchronous. */
export function composed<T>(work: () => T): T {
  const before = composing;
  composing = true;
  try {
    return work();
  } finally {
    composing = before;
  }
}
