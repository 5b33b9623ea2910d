/** Lets a kernel write a parameter's gradient to its place in one flat buffer, which the update then takes as a whole. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GpuBackend } from './backend.ts';

/** From element `offset` of `flat` on. */
export interface GradientSlot {
  flat: tf.TensorInfo;
  offset: number;
}

interface Slots {
  places: ReadonlyMap<tf.DataId, GradientSlot>;
  taken: Set<tf.DataId>;
}

const slots = new WeakMap<GpuBackend, Slots>();

/** Says where the gradients of the coming backward pass belong, by the parameters' data; null: nowhere. */
export function placeGradients(
  backend: GpuBackend,
  places: ReadonlyMap<tf.DataId, GradientSlot> | null,
): void {
  if (places) slots.set(backend, { places, taken: new Set() });
  else slots.delete(backend);
}

/**
 * The tensor to write the parameter's gradient to. A parameter that is used twice gets a tensor of its own the second
 * time, as tfjs adds the two up.
 */
export function gradientOutput(
  backend: GpuBackend,
  parameter: tf.TensorInfo | undefined,
  shape: number[],
): tf.TensorInfo {
  const held = slots.get(backend);
  const place = parameter && held?.places.get(parameter.dataId);
  if (!parameter || !held || !place || held.taken.has(parameter.dataId)) return backend.output(shape);
  held.taken.add(parameter.dataId);
  return backend.part(place.flat, place.offset, shape);
}
