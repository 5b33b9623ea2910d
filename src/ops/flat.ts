/** Tensors that live as long as a run and change in place; on WebGPU they lie side by side in few buffers. */
import * as tf from '@tensorflow/tfjs-core';
import { assign } from './assign.ts';
import { gpuBackend } from './webgpu/backend.ts';
import { copyOnGpu, flatOnGpu } from './webgpu/flat.ts';

export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Which of the buffers, and its first element there. */
export interface Place {
  whole: number;
  offset: number;
}

export interface Flat {
  readonly tensors: ReadonlyMap<string, tf.Tensor>;
  /** The buffers that the tensors are parts of; none on backends where a tensor cannot be a part. */
  readonly wholes: readonly tf.TensorInfo[];
  readonly places: ReadonlyMap<string, Place>;
}

export const shapesOf = (tensors: ReadonlyMap<string, tf.Tensor>): Shapes =>
  new Map([...tensors].map(([name, { shape }]) => [name, shape]));

/** Zeros, kept until `disposeFlat`. Equal shapes in equal order lie equally. */
export function makeFlat(shapes: Shapes): Flat {
  const gpu = gpuBackend();
  if (gpu) return flatOnGpu(gpu, shapes);
  const tensors = new Map(
    [...shapes].map(([name, shape]): [string, tf.Tensor] => [name, tf.keep(tf.zeros([...shape]))]),
  );
  return { tensors, wholes: [], places: new Map() };
}

/** The same values in memory of their own. */
export function copyFlat(flat: Flat): Flat {
  const copy = makeFlat(shapesOf(flat.tensors));
  const gpu = gpuBackend();
  if (gpu) copyOnGpu(gpu, flat, copy);
  else fillFlat(copy, flat.tensors);
  return copy;
}

/** Copies tensors of the flat's names into it. @throws RangeError when one is missing. */
export function fillFlat(flat: Flat, values: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, tensor] of flat.tensors) {
    const value = values.get(name);
    if (!value) throw new RangeError(`There are no values for "${name}"`);
    assign(tensor, value);
  }
}

export function disposeFlat({ tensors, wholes }: Flat): void {
  tf.dispose([...tensors.values()]);
  const gpu = gpuBackend();
  for (const whole of wholes) gpu?.disposeData(whole.dataId);
}
