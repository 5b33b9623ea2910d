/** Tensors side by side in as few buffers as a binding can hold. */
import * as tf from '@tensorflow/tfjs-core';
import type { Flat, Place, Shapes } from '../flat.ts';
import type { GpuBackend } from './backend.ts';

const BYTES = 4;

export class LargeTensorError extends Error {
  constructor(name: string, bytes: number, most: number) {
    super(
      `"${name}" takes ${Math.ceil(bytes / 2 ** 20)} MB and this GPU binds at most ${Math.floor(most / 2 ** 20)} MB: fewer prototypes or a narrower network fit`,
    );
    this.name = 'LargeTensorError';
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Where each tensor lies, and the elements of each buffer; every tensor begins at an aligned element. */
export function arrange(
  shapes: Shapes,
  alignment: number,
  most: number,
): { places: Map<string, Place>; sizes: number[] } {
  const places = new Map<string, Place>();
  const sizes: number[] = [];
  for (const [name, shape] of shapes) {
    const size = Math.ceil(sizeOf(shape) / alignment) * alignment;
    if (size > most) throw new LargeTensorError(name, size * BYTES, most * BYTES);
    const last = sizes.at(-1);
    if (last === undefined || last + size > most) sizes.push(0);
    const whole = sizes.length - 1;
    const offset = sizes[whole] ?? 0;
    places.set(name, { whole, offset });
    sizes[whole] = offset + size;
  }
  return { places, sizes };
}

/** Elements that one buffer may hold. */
export const mostElements = ({ device }: GpuBackend): number =>
  Math.floor(Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize) / BYTES);

/** The gaps between the tensors, and the tensors too, are 0. */
export function flatOnGpu(backend: GpuBackend, shapes: Shapes): Flat {
  backend.recorder?.refuse('makes tensors that stay');
  const { places, sizes } = arrange(shapes, backend.alignment, mostElements(backend));
  const wholes = sizes.map((size) => backend.output([size]));
  backend.flush();
  const encoder = backend.device.createCommandEncoder();
  for (const whole of wholes) encoder.clearBuffer(backend.bufferOf(whole));
  backend.device.queue.submit([encoder.finish()]);
  const tensors = new Map(
    [...shapes].map(([name, shape]): [string, tf.Tensor] => {
      const { whole, offset } = places.get(name) ?? { whole: 0, offset: 0 };
      const info = wholes[whole];
      if (!info) throw new RangeError(`"${name}" lies in no buffer`);
      return [name, tf.keep(tf.engine().makeTensorFromTensorInfo(backend.part(info, offset, [...shape])))];
    }),
  );
  return { tensors, wholes, places };
}

/** The values of all buffers of each flat as they are when all that was given to the GPU so far is done. */
export async function readOnGpu(backend: GpuBackend, flats: readonly Flat[]): Promise<Float32Array[][]> {
  backend.recorder?.refuse('reads whole networks');
  backend.flush();
  const encoder = backend.device.createCommandEncoder();
  const copies = flats.map(({ wholes }) =>
    wholes.map((whole) => {
      const size = sizeOf(whole.shape) * BYTES;
      const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
      const staging = backend.device.createBuffer({ size, usage });
      encoder.copyBufferToBuffer(backend.bufferOf(whole), 0, staging, 0, size);
      return staging;
    }),
  );
  backend.device.queue.submit([encoder.finish()]);
  const read = async (staging: GPUBuffer) => {
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  };
  return Promise.all(copies.map((stagings) => Promise.all(stagings.map(read))));
}

/** The values of `from` as they are when all that was given to the GPU so far is done. */
export function copyOnGpu(backend: GpuBackend, from: Flat, to: Flat): void {
  backend.recorder?.refuse('copies whole networks');
  backend.flush();
  const encoder = backend.device.createCommandEncoder();
  from.wholes.forEach((whole, i) => {
    const target = to.wholes[i];
    if (!target) throw new RangeError('Only flats of the same shapes can be copied');
    const source = backend.bufferOf(whole);
    encoder.copyBufferToBuffer(source, 0, backend.bufferOf(target), 0, source.size);
  });
  backend.device.queue.submit([encoder.finish()]);
}
