/** The border between the official layout and ours, and the first values of a network. */
import * as tf from '@tensorflow/tfjs-core';
import { PURPOSE, type Rng, rng } from '../core/rng.ts';
import type { Network } from './network.ts';
import type { NetworkSpec, ParameterSpec } from './specs.ts';

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Shape in our layout. */
export function storedShape({ shape, layout }: ParameterSpec): number[] {
  const [out = 1, ...rest] = shape;
  return layout === 'as-is' ? shape : [sizeOf(rest), out];
}

/** Values from the official layout into ours (a copy). */
export function toStored(spec: ParameterSpec, official: Float32Array): Float32Array {
  const [out = 1, ...rest] = spec.shape;
  if (spec.layout === 'as-is') return Float32Array.from(official);
  const columns = transposed(official, out, sizeOf(rest));
  return spec.layout === 'windows' ? channelsLast(spec, columns) : columns;
}

/** Values from our layout into the official one (a copy). */
export function toOfficial(spec: ParameterSpec, stored: Float32Array): Float32Array {
  const [out = 1, ...rest] = spec.shape;
  if (spec.layout === 'as-is') return Float32Array.from(stored);
  const columns = spec.layout === 'windows' ? channelsFirst(spec, stored) : stored;
  return transposed(columns, sizeOf(rest), out);
}

/** Rows [in·height·width, out] → [height·width·in, out]. */
function channelsLast({ shape }: ParameterSpec, rows: Float32Array): Float32Array {
  const [out = 1, channels = 1, ...window] = shape;
  return swapped(rows, channels, sizeOf(window), out);
}

/** Rows [height·width·in, out] → [in·height·width, out]. */
function channelsFirst({ shape }: ParameterSpec, rows: Float32Array): Float32Array {
  const [out = 1, channels = 1, ...window] = shape;
  return swapped(rows, sizeOf(window), channels, out);
}

/** Rows of `width` numbers: [a·b, width] → [b·a, width]. */
function swapped(values: Float32Array, a: number, b: number, width: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) {
      const from = (i * b + j) * width;
      result.set(values.subarray(from, from + width), (j * a + i) * width);
    }
  return result;
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) result[c * rows + r] = values[r * columns + c] ?? 0;
  return result;
}

/** Initial values of one parameter in the official layout; a pure function of (seed, position in the spec). */
function initialValues({ shape, init }: ParameterSpec, random: Rng): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  switch (init.kind) {
    case 'constant':
      return values.fill(init.value);
    case 'truncated-normal':
      // torch's trunc_normal_ cuts at ±2 absolute, which at this deviation never happens.
      for (let i = 0; i < values.length; i++)
        values[i] = Math.min(2, Math.max(-2, random.normal() * init.deviation));
      return values;
    case 'normal':
      for (let i = 0; i < values.length; i++) values[i] = random.normal() * init.deviation;
      return values;
    case 'uniform':
      for (let i = 0; i < values.length; i++) values[i] = random.between(-init.bound, init.bound);
      return values;
    default:
      return init satisfies never;
  }
}

/** A network before its first step, official initialisation. */
export function initialNetwork(spec: NetworkSpec, seed: number): Network {
  return networkFrom(spec, (parameter, index) => initialValues(parameter, rng(seed, PURPOSE.init, index)));
}

/** A network from values in the official layout. */
export function networkFrom(
  spec: NetworkSpec,
  valuesOf: (parameter: ParameterSpec, index: number) => Float32Array,
): Network {
  const tensorsOf = (specs: ParameterSpec[], first: number) =>
    new Map(
      specs.map((parameter, i) => {
        const values = toStored(parameter, valuesOf(parameter, first + i));
        return [parameter.name, tf.tensor(values, storedShape(parameter), 'float32')];
      }),
    );
  return {
    parameters: tensorsOf(spec.parameters, 0),
    buffers: tensorsOf(spec.buffers, spec.parameters.length),
  };
}
