/** What a step does to every parameter tensor: norms, distances and a corner of it, read from the device in one go. */
import * as tf from '@tensorflow/tfjs-core';
import { type Answers, named, tensorUpdate } from '../../dino/anatomy.ts';
import type { RunState } from '../../dino/run-state.ts';
import type { StepSettings } from '../../dino/step.ts';
import type { StepInputs } from '../../dino/step-inputs.ts';
import { isDecayed, isLastLayer } from '../../model/specs.ts';
import { CLIP_EPSILON } from '../../ops/clip.ts';
import type { Piece, TensorStep } from '../../protocol/anatomy.ts';

/** A corner is as many rows and columns at most. */
const CORNER = 16;

/** All parameters as they will be after the step, by name; dispose of them with `disposeExpected`. */
export interface Expected {
  student: ReadonlyMap<string, tf.Tensor>;
  teacher: ReadonlyMap<string, tf.Tensor>;
}

export function disposeExpected({ student, teacher }: Expected): void {
  tf.dispose([...student.values(), ...teacher.values()]);
}

const NUMBERS = ['gradNorm', 'norm', 'moved', 'distance', 'distanceAfter'] as const;
type Numbers = Record<(typeof NUMBERS)[number], number>;

interface Part {
  name: string;
  /** NUMBERS, then the corners one after the other. */
  values: tf.Tensor1D;
  corner: Corner;
}

interface Corner {
  rows: number;
  columns: number;
}

/** What the step will do, tensor by tensor, and all weights after it. */
export async function tensorSteps(
  run: RunState,
  { gradients, clipped }: Pick<Answers, 'gradients' | 'clipped'>,
  inputs: StepInputs,
  s: StepSettings,
  frozen: boolean,
): Promise<{ steps: TensorStep[]; expected: Expected }> {
  const student = new Map<string, tf.Tensor>();
  const teacher = new Map<string, tf.Tensor>();
  const parts: Part[] = [];
  for (const [name, before] of run.weights.student.tensors) {
    const dropped = frozen && isLastLayer(name);
    const gradient = gradients.get(name) ?? null;
    const made = tf.tidy(() => {
      const clippedGradient = gradient && named(clipped, name);
      const update = tensorUpdate(run, name, dropped ? null : clippedGradient, inputs.values, s);
      const part = gradient && clippedGradient && numbersOf(run, name, gradient, clippedGradient, update);
      // Where nothing moves the update's tensors are the run's own.
      const own = (tensor: tf.Tensor) => (tensor === before ? tf.mul(tensor, tf.scalar(1)) : tensor);
      return { student: own(update.student), teacher: update.teacher, part: part ? [part] : [] };
    });
    student.set(name, made.student);
    teacher.set(name, made.teacher);
    for (const values of made.part) parts.push({ name, values, corner: cornerOf(before) });
  }
  const read = await readAll(parts.map(({ values }) => values));
  const whole = Math.hypot(...read.map((values) => numbersIn(values).gradNorm));
  const momentCount = run.weights.moments.length;
  const steps = parts.map(({ name, corner }, i): TensorStep => {
    const tensor = named(run.weights.student.tensors, name);
    const values = read[i] ?? new Float32Array();
    const numbers = numbersIn(values);
    const last = isLastLayer(name);
    return {
      name,
      shape: tensor.shape,
      ...numbers,
      coefficient: coefficientOf(numbers.gradNorm, whole, s),
      frozen: frozen && last,
      decayed: isDecayed(name, tensor.rank),
      updates: (last ? run.updates.lastLayer : run.updates.rest) + (frozen && last ? 0 : 1),
      piece: pieceIn(values, corner, momentCount),
    };
  });
  return { steps, expected: { student, teacher } };
}

function numbersOf(
  run: RunState,
  name: string,
  gradient: tf.Tensor,
  clipped: tf.Tensor,
  update: ReturnType<typeof tensorUpdate>,
): tf.Tensor1D {
  const { student, teacher, moments } = run.weights;
  const before = named(student.tensors, name);
  const teacherBefore = named(teacher.tensors, name);
  const norms: Record<keyof Numbers, tf.Tensor> = {
    gradNorm: norm(gradient),
    norm: norm(before),
    moved: norm(tf.sub(update.student, before)),
    distance: norm(tf.sub(teacherBefore, update.followed)),
    distanceAfter: norm(tf.sub(update.teacher, update.followed)),
  };
  const corners = [
    before,
    update.student,
    clipped,
    teacherBefore,
    update.teacher,
    ...moments.map(({ tensors }) => named(tensors, name)),
    ...update.moments,
  ];
  return tf.concat1d([
    ...NUMBERS.map((which) => tf.reshape<tf.Rank.R1>(norms[which], [1])),
    ...corners.map(cut),
  ]);
}

function norm(x: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(tf.reshape(x, [x.size]))));
}

/** The tensor as a matrix of its last axis' width. */
const matrixShape = ({ shape, size }: tf.Tensor): [number, number] => {
  const width = shape.at(-1) ?? 1;
  return [size / width, width];
};

function cornerOf(tensor: tf.Tensor): Corner {
  const [rows, columns] = matrixShape(tensor);
  return { rows: Math.min(CORNER, rows), columns: Math.min(CORNER, columns) };
}

function cut(tensor: tf.Tensor): tf.Tensor1D {
  const { rows, columns } = cornerOf(tensor);
  const matrix = tf.reshape<tf.Rank.R2>(tensor, matrixShape(tensor));
  return tf.reshape(tf.slice2d(matrix, [0, 0], [rows, columns]), [rows * columns]);
}

/** Reads all in one go, and disposes of them. */
async function readAll(tensors: tf.Tensor1D[]): Promise<Float32Array[]> {
  if (tensors.length === 0) return [];
  const whole = tf.concat1d(tensors);
  tf.dispose(tensors);
  const values = await whole.data<'float32'>();
  whole.dispose();
  let at = 0;
  return tensors.map(({ size }) => {
    at += size;
    return values.slice(at - size, at);
  });
}

function numbersIn(values: Float32Array): Numbers {
  const at = (which: keyof Numbers) => values[NUMBERS.indexOf(which)] ?? Number.NaN;
  return {
    gradNorm: at('gradNorm'),
    norm: at('norm'),
    moved: at('moved'),
    distance: at('distance'),
    distanceAfter: at('distanceAfter'),
  };
}

function pieceIn(values: Float32Array, { rows, columns }: Corner, momentCount: number): Piece {
  const size = rows * columns;
  const corner = (i: number) =>
    Float32Array.from(values.subarray(NUMBERS.length + i * size, NUMBERS.length + (i + 1) * size));
  const momentsFrom = (first: number) => Array.from({ length: momentCount }, (_, i) => corner(first + i));
  return {
    rows,
    columns,
    student: corner(0),
    studentAfter: corner(1),
    gradient: corner(2),
    teacher: corner(3),
    teacherAfter: corner(4),
    moments: momentsFrom(5),
    momentsAfter: momentsFrom(5 + momentCount),
  };
}

/** What clipping multiplies a gradient of this norm with, where all together have the norm `whole`. */
function coefficientOf(own: number, whole: number, { clip, clipNorm }: StepSettings): number {
  if (clip === 'off') return 1;
  return Math.min(1, clipNorm / ((clip === 'global' ? whole : own) + CLIP_EPSILON));
}

/** The largest difference of any weight between what was expected and what the run holds now. */
export async function largestDifference(
  expected: ReadonlyMap<string, tf.Tensor>,
  found: ReadonlyMap<string, tf.Tensor>,
): Promise<number> {
  const worst = tf.tidy(() =>
    [...expected].map(([name, tensor]) =>
      tf.reshape<tf.Rank.R1>(tf.max(tf.abs(tf.sub(tensor, named(found, name)))), [1]),
    ),
  );
  const values = await readAll(worst);
  return values.reduce((largest, value) => Math.max(largest, value[0] ?? Number.NaN), 0);
}
