/** A ring of rows that steps write their figures to, and that is read without making a step wait. */
import * as tf from '@tensorflow/tfjs-core';
import { hostValues } from './assign.ts';
import { scalarOf, VALUE } from './step-values.ts';
import { gpuBackend } from './webgpu/backend.ts';
import { GpuReader, writeRowOnGpu } from './webgpu/ring.ts';

export class Ring {
  /** [rows, columns]. */
  private readonly tensor: tf.Tensor2D;
  private readonly reader: GpuReader | null;

  constructor(rows: number, columns: number) {
    this.tensor = tf.keep(tf.zeros([rows, columns]));
    const gpu = gpuBackend();
    this.reader = gpu && new GpuReader(gpu, this.tensor);
  }

  get rows(): number {
    return this.tensor.shape[0];
  }

  get columns(): number {
    return this.tensor.shape[1];
  }

  /** Row `values.row` ← the figures, a scalar for each column. */
  write(values: tf.Tensor1D, figures: readonly tf.Scalar[]): void {
    if (figures.length !== this.columns)
      throw new RangeError(`A row has ${this.columns} figures, not ${figures.length}`);
    const gpu = gpuBackend();
    if (gpu) writeRowOnGpu(gpu, this.tensor, values, figures);
    else {
      const row = figures.map((figure) => hostValues(figure)[0] ?? Number.NaN);
      const at = hostValues(scalarOf(values, VALUE.row))[0] ?? 0;
      hostValues(this.tensor).set(row, at * this.columns);
    }
  }

  /** All rows, as they are once the steps given to the device so far are done: rows·columns values. */
  async read(): Promise<Float32Array> {
    return this.reader ? this.reader.read() : Float32Array.from(hostValues(this.tensor));
  }

  dispose(): void {
    this.tensor.dispose();
    this.reader?.dispose();
  }
}
