/** Changing a tensor in place: its identity stays, its values do not. */
import * as tf from '@tensorflow/tfjs-core';
import { changedOnHeap, onHeap, wasmBackend } from './device/wasm-memory.ts';
import { assignOnGpu } from './webgpu/assign.ts';
import { gpuBackend } from './webgpu/backend.ts';

export class AssignError extends Error {
  constructor(target: tf.Tensor, found: number) {
    super(`A tensor of shape [${target.shape}] cannot take ${found} values in place`);
    this.name = 'AssignError';
  }
}

/** The values themselves, not a copy, on a backend that computes in this thread; valid until the next operation. */
export function hostValues(tensor: tf.Tensor): Float32Array {
  const wasm = wasmBackend();
  if (wasm) return onHeap(wasm, tensor);
  // tfjs's cpu backend hands out the array that it computes with; a WebGPU tensor has none.
  const values = tf.getBackend() === 'cpu' ? tensor.dataSync() : null;
  if (values instanceof Float32Array) return values;
  throw new TypeError(`A ${tensor.dtype} tensor has no values to change on ${tf.getBackend()}`);
}

/** To be called for a tensor whose `hostValues` were changed. */
export function hostValuesChanged(tensor: tf.Tensor): void {
  const wasm = wasmBackend();
  if (wasm) changedOnHeap(wasm, tensor);
}

/** target ← values from the host, in their order. @throws AssignError when their number differs. */
export function upload(target: tf.Tensor, values: Float32Array): void {
  if (values.length !== target.size) throw new AssignError(target, values.length);
  const gpu = gpuBackend();
  if (gpu) gpu.write32(target, values);
  else {
    hostValues(target).set(values);
    hostValuesChanged(target);
  }
}

/**
 * target ← apply ≠ 0 ? value : target, of the same size; `apply` is a scalar on the device, null for always. Tensors
 * that share the target's data, such as its clones, change with it.
 * @throws AssignError when the sizes differ.
 */
export function assign(target: tf.Tensor, value: tf.Tensor, apply: tf.Scalar | null = null): void {
  if (value.size !== target.size) throw new AssignError(target, value.size);
  const gpu = gpuBackend();
  if (gpu) assignOnGpu(gpu, target, value, apply);
  else if (!apply || hostValues(apply)[0] !== 0) upload(target, hostValues(value));
}
