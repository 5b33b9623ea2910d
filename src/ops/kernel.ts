/** Fused kernels: an op asks for one by name, and is its plain composition where the backend has none. */
import * as tf from '@tensorflow/tfjs-core';

/** Runs the kernel; inputs that are null are left out. Its outputs come in the order that the kernel states. */
export type Kernel = (inputs: Record<string, tf.Tensor | null>, settings?: tf.NamedAttrMap) => tf.Tensor[];

let composing = false;

/** The present backend's kernel of this name, or null. */
export function fusedKernel(name: string): Kernel | null {
  if (composing || !tf.getKernel(name, tf.getBackend())) return null;
  return (inputs, settings = {}) => {
    const present = Object.entries(inputs).filter((entry): entry is [string, tf.Tensor] => entry[1] !== null);
    return [
      tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, Object.fromEntries(present), settings),
    ].flat();
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
