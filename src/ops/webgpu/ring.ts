/** Rows of figures on the GPU: a step writes one, and they are read while later steps run. */
import type * as tf from '@tensorflow/tfjs-core';
import { VALUE } from '../step-values.ts';
import type { GpuBackend } from './backend.ts';
import type { Shader } from './shader.ts';

const shader = (columns: number): Shader => ({
  name: 'WriteRow',
  code: /* wgsl */ `
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> ring: array<f32>;
${Array.from({ length: columns }, (_, i) => `@group(0) @binding(${2 + i}) var<storage, read> figure${i}: array<f32>;`).join('\n')}
@compute @workgroup_size(1)
fn main() {
  let start = u32(values[${VALUE.row}]) * ${columns};
  ${Array.from({ length: columns }, (_, i) => `ring[start + ${i}] = figure${i}[0];`).join('\n  ')}
}`,
});

/** ring[values.row] ← the figures. */
export function writeRowOnGpu(
  backend: GpuBackend,
  ring: tf.TensorInfo,
  values: tf.TensorInfo,
  figures: readonly tf.TensorInfo[],
): void {
  backend.dispatch(shader(figures.length), [values, ring, ...figures], [1]);
  backend.changed(ring);
}

/** Reads a tensor again and again without making buffers: those for the way to the host are kept. */
export class GpuReader {
  private readonly backend: GpuBackend;
  private readonly source: tf.TensorInfo;
  private readonly free: GPUBuffer[] = [];
  private disposed = false;

  constructor(backend: GpuBackend, source: tf.TensorInfo) {
    this.backend = backend;
    this.source = source;
  }

  /** The values as they are when all that was given to the GPU so far is done. */
  async read(): Promise<Float32Array> {
    const { backend } = this;
    backend.flush();
    const { offset, size } = backend.rangeOf(this.source);
    const staging = this.free.pop() ?? this.make(size);
    const encoder = backend.device.createCommandEncoder();
    encoder.copyBufferToBuffer(backend.bufferOf(this.source), offset, staging, 0, size);
    backend.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    if (this.disposed) staging.destroy();
    else this.free.push(staging);
    return values;
  }

  /** What is being read by now is still read. */
  dispose(): void {
    this.disposed = true;
    for (const buffer of this.free) buffer.destroy();
  }

  private make(size: number): GPUBuffer {
    const { COPY_DST, MAP_READ } = GPUBufferUsage;
    return this.backend.device.createBuffer({ size, usage: COPY_DST | MAP_READ });
  }
}
