/** Tensors that live as long as a run and change in place; on WebGPU they lie side by side in few buffers. */
import * as tf from '@tensorflow/tfjs-core';
import { assign, hostValues } from './assign.ts';
import { gpuBackend } from './webgpu/backend.ts';
import { copyOnGpu, flatOnGpu, readOnGpu } from './webgpu/flat.ts';

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

/**
 * The values of each flat's tensors by name, in memory of their own: as they are now, even where later work is given to
 * the device before the promise resolves. Tensors that lie in one buffer there share one here.
 */
export async function readFlats(flats: readonly Flat[]): Promise<Map<string, Float32Array>[]> {
  const gpu = gpuBackend();
  if (!gpu)
    return flats.map(
      ({ tensors }) => new Map([...tensors].map(([name, tensor]) => [name, hostValues(tensor).slice()])),
    );
  const read = await readOnGpu(gpu, flats);
  return flats.map(
    ({ tensors, places }, i) =>
      new Map(
        [...tensors].map(([name, { size }]) => {
          const place = places.get(name);
          const whole = place && read[i]?.[place.whole];
          if (!whole) throw new RangeError(`"${name}" lies in no buffer`);
          return [name, whole.subarray(place.offset, place.offset + size)];
        }),
      ),
  );
}

export function disposeFlat({ tensors, wholes }: Flat): void {
  tf.dispose([...tensors.values()]);
  const gpu = gpuBackend();
  for (const whole of wholes) gpu?.disposeData(whole.dataId);
}
