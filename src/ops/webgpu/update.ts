/** Clipping, optimizer and EMA of all parameters on WebGPU: four dispatches over buffers that hold them side by side. */
import * as tf from '@tensorflow/tfjs-core';
import { disposeFlat, type Flat, shapesOf } from '../flat.ts';
import type { Gradients, Moved, Updated, UpdateSettings } from '../update-parameters.ts';
import { assignOnGpu } from './assign.ts';
import type { GpuBackend } from './backend.ts';
import { flatOnGpu } from './flat.ts';
import { type GradientSlot, placeGradients } from './gradient-slots.ts';
import { folded } from './shader.ts';
import {
  clipShader,
  followShader,
  moveShader,
  NO_GROUP,
  normsShader,
  squaresShader,
} from './update-shaders.ts';

/** Elements of a chunk: a workgroup's share, of one parameter alone. */
const CHUNK = 4096;
const LANES = 4;

/** Chunks of one buffer: vec4s of chunk: first, count, parameter, group. */
interface Chunks {
  table: tf.Tensor1D;
  count: number;
  /** Number of the buffer's first chunk among all. */
  first: number;
}

export class GpuUpdate {
  /** Where gradient kernels write; the gaps stay 0. */
  readonly gradients: Flat;
  private readonly backend: GpuBackend;
  private readonly moved: Moved;
  private readonly chunks: readonly Chunks[];
  /** First chunk and number of chunks of each parameter. */
  private readonly spans: tf.Tensor1D;
  private readonly workgroup: number;

  constructor(backend: GpuBackend, moved: Moved) {
    this.backend = backend;
    this.moved = moved;
    this.gradients = flatOnGpu(backend, shapesOf(moved.student.tensors));
    const { chunks, spans } = divide(moved);
    this.chunks = chunks;
    this.spans = spans;
    // Without hardware lanes a wide workgroup only adds to what a barrier costs.
    this.workgroup = backend.traits.software ? 16 : 256;
  }

  /** Runs the backward pass so that kernels write gradients where the update reads them. */
  withSlots<T>(backward: () => T): T {
    const places = new Map<tf.DataId, GradientSlot>();
    for (const name of this.moved.groups.keys()) {
      const parameter = this.moved.student.tensors.get(name);
      const place = this.gradients.places.get(name);
      const flat = place && this.gradients.wholes[place.whole];
      if (parameter && place && flat) places.set(parameter.dataId, { flat, offset: place.offset });
    }
    placeGradients(this.backend, places);
    try {
      return backward();
    } finally {
      placeGradients(this.backend, null);
    }
  }

  run(gradients: Gradients, loss: tf.Scalar, values: tf.Tensor1D, settings: UpdateSettings): Updated {
    const { backend, workgroup, spans } = this;
    this.gather(gradients);
    const parameters = this.moved.student.tensors.size;
    const squares = backend.output([this.chunks.reduce((sum, { count }) => sum + count, 0)]);
    this.chunks.forEach(({ table, count, first }, i) => {
      backend.dispatch(
        squaresShader(workgroup, first),
        [table, wholeOf(this.gradients, i), squares],
        folded(count),
      );
    });
    const norms = backend.output([parameters]);
    backend.dispatch(normsShader(workgroup), [spans, squares, norms], folded(parameters));
    const coefficients = backend.output([parameters]);
    const gradientNorm = backend.output([]);
    const finite = backend.output([]);
    backend.dispatch(clipShader(workgroup, settings), [norms, loss, coefficients, gradientNorm, finite], [1]);
    const { student, teacher, moments } = this.moved;
    this.chunks.forEach(({ table, count }, i) => {
      const flats = [this.gradients, student, teacher, ...moments].map((flat) => wholeOf(flat, i));
      backend.dispatch(
        moveShader(workgroup, settings),
        [table, values, coefficients, ...flats],
        folded(count),
      );
    });
    for (const { dataId } of [squares, norms, coefficients]) backend.disposeData(dataId);
    return { gradientNorm: scalar(gradientNorm), finite: scalar(finite) };
  }

  /** The teacher as its EMA makes it, in memory of the present scope. */
  followed(values: tf.Tensor1D): ReadonlyMap<string, tf.Tensor> {
    const { backend, workgroup } = this;
    const { student, teacher } = this.moved;
    const wholes = teacher.wholes.map((whole, i) => {
      const made = backend.output([...whole.shape]);
      backend.dispatch(
        followShader(workgroup),
        [values, whole, wholeOf(student, i), made],
        folded(Math.ceil((made.shape[0] ?? 0) / LANES / workgroup)),
      );
      return tf.engine().makeTensorFromTensorInfo(made);
    });
    return new Map(
      [...teacher.tensors].map(([name, { shape }]): [string, tf.Tensor] => {
        const place = teacher.places.get(name);
        const whole = place && wholes[place.whole];
        if (!whole) throw new RangeError(`"${name}" lies in no buffer`);
        return [name, tf.engine().makeTensorFromTensorInfo(backend.part(whole, place.offset, [...shape]))];
      }),
    );
  }

  dispose(): void {
    disposeFlat(this.gradients);
    tf.dispose([this.spans, ...this.chunks.map(({ table }) => table)]);
  }

  /** Copies the gradients that were not written to their places: those of parameters that are used twice, for one. */
  private gather(gradients: Gradients): void {
    for (const name of this.moved.groups.keys()) {
      const gradient = gradients.get(name);
      const place = this.gradients.tensors.get(name);
      if (!gradient || !place) throw new RangeError(`There is no gradient for "${name}"`);
      if (!this.liesAt(gradient, place)) assignOnGpu(this.backend, place, gradient, null);
    }
  }

  private liesAt(gradient: tf.TensorInfo, place: tf.TensorInfo): boolean {
    const own = this.backend.resourceOf(gradient);
    const wanted = this.backend.resourceOf(place);
    return own.buffer === wanted.buffer && (own.offset ?? 0) === (wanted.offset ?? 0);
  }
}

const scalar = (info: tf.TensorInfo): tf.Scalar => {
  const tensor = tf.engine().makeTensorFromTensorInfo(info);
  return tf.reshape(tensor, []);
};

function wholeOf({ wholes }: Flat, i: number): tf.TensorInfo {
  const whole = wholes[i];
  if (!whole) throw new RangeError(`There is no buffer ${i}`);
  return whole;
}

/** Divides every parameter into chunks, in the order in which they lie. */
function divide({ student, groups }: Moved): { chunks: Chunks[]; spans: tf.Tensor1D } {
  const rows: number[][] = student.wholes.map(() => []);
  const counts: number[] = [];
  for (const [parameter, [name, tensor]] of [...student.tensors].entries()) {
    const { whole, offset } = student.places.get(name) ?? { whole: 0, offset: 0 };
    const group = groups.get(name) ?? NO_GROUP;
    counts.push(Math.ceil(tensor.size / CHUNK));
    for (let from = 0; from < tensor.size; from += CHUNK) {
      const size = Math.min(CHUNK, tensor.size - from);
      rows[whole]?.push((offset + from) / LANES, Math.ceil(size / LANES), parameter, group);
    }
  }
  let first = 0;
  const chunks = rows.map((row) => {
    const made = { table: table(row), count: row.length / LANES, first };
    first += made.count;
    return made;
  });
  let start = 0;
  const spans = counts.flatMap((count) => {
    start += count;
    return [start - count, count];
  });
  return { chunks, spans: table(spans) };
}

// Uploaded when it is first bound, and so before a step is recorded.
const table = (values: number[]): tf.Tensor1D => tf.keep(tf.tensor1d(Int32Array.from(values), 'int32'));
