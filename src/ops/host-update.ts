/** The update of all parameters on a backend whose values lie in this thread's memory: loops over typed arrays. */
import * as tf from '@tensorflow/tfjs-core';
import { hostValues, hostValuesChanged } from './assign.ts';
import { CLIP_EPSILON, type ClipSettings } from './clip.ts';
import type { OptimizerSettings } from './optimizers.ts';
import { GROUP_VALUE, groupStart, VALUE } from './step-values.ts';
import type { Gradients, Updated, UpdateSettings, Weights } from './update-parameters.ts';

/** The numbers of one parameter's update; `coefficient` is what clipping multiplies its gradient with. */
interface Numbers extends Record<keyof typeof GROUP_VALUE, number> {
  coefficient: number;
}

export function updateOnHost(
  weights: Weights,
  gradients: Gradients,
  loss: tf.Scalar,
  values: tf.Tensor1D,
  settings: UpdateSettings,
): Updated {
  const norms = new Map(
    [...gradients].map(([name, gradient]) => [name, Math.sqrt(sumOfSquares(hostValues(gradient)))]),
  );
  const gradientNorm = Math.hypot(...norms.values());
  const finite = Number.isFinite(hostValues(loss)[0]) && Number.isFinite(Math.fround(gradientNorm));
  if (finite) {
    const numbers = Float32Array.from(hostValues(values));
    const coefficients = coefficientsOf(norms, gradientNorm, settings);
    for (const name of weights.student.tensors.keys())
      updateOne(name, weights, gradients.get(name), coefficients(name), numbers, settings);
  }
  return { gradientNorm: tf.scalar(gradientNorm), finite: tf.scalar(finite ? 1 : 0) };
}

function coefficientsOf(
  norms: ReadonlyMap<string, number>,
  all: number,
  { clip, clipNorm }: ClipSettings,
): (name: string) => number {
  const coefficient = (norm: number) => Math.min(1, clipNorm / (norm + CLIP_EPSILON));
  if (clip === 'off') return () => 1;
  return clip === 'global' ? () => coefficient(all) : (name) => coefficient(norms.get(name) ?? 0);
}

function updateOne(
  name: string,
  weights: Weights,
  gradient: tf.Tensor | undefined,
  coefficient: number,
  values: Float32Array,
  { optimizer, teacherUpdate }: UpdateSettings,
): void {
  const student = weights.student.tensors.get(name);
  const teacher = weights.teacher.tensors.get(name);
  if (!student || !teacher) throw new RangeError(`There is no tensor for "${name}"`);
  const moments = weights.moments.flatMap(({ tensors }) => tensors.get(name) ?? []);
  const group = weights.groups.get(name);
  const momentum = values[VALUE.momentum] ?? 1;
  const complement = values[VALUE.complement] ?? 0;
  const follow = () => blend(hostValues(teacher), hostValues(student), momentum, complement);

  if (teacherUpdate === 'before') follow();
  if (group !== undefined && gradient) {
    const numbers = { ...numbersOf(values, group), coefficient };
    if (numbers.active !== 0) {
      const [first, second] = moments.map(hostValues);
      move(hostValues(student), hostValues(gradient), first, second, numbers, optimizer);
    }
  }
  if (teacherUpdate === 'after') follow();
  for (const tensor of [student, teacher, ...moments]) hostValuesChanged(tensor);
}

function numbersOf(values: Float32Array, group: number): Record<keyof typeof GROUP_VALUE, number> {
  const at = (name: keyof typeof GROUP_VALUE) => values[groupStart(group) + GROUP_VALUE[name]] ?? 0;
  return {
    lr: at('lr'),
    weightDecay: at('weightDecay'),
    keep: at('keep'),
    stepSize: at('stepSize'),
    secondCorrection: at('secondCorrection'),
    active: at('active'),
  };
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    sum += value * value;
  }
  return sum;
}

/** teacher ← momentum·teacher + complement·student. */
function blend(teacher: Float32Array, student: Float32Array, momentum: number, complement: number): void {
  for (let i = 0; i < teacher.length; i++)
    teacher[i] = (teacher[i] ?? 0) * momentum + (student[i] ?? 0) * complement;
}

function move(
  parameter: Float32Array,
  gradient: Float32Array,
  first: Float32Array | undefined,
  second: Float32Array | undefined,
  numbers: Numbers,
  settings: OptimizerSettings,
): void {
  if (!first) throw new RangeError('The optimizer has no moments');
  if (settings.kind === 'sgd') sgd(parameter, gradient, first, numbers, settings);
  else if (second) adam(parameter, gradient, first, second, numbers, settings);
  else throw new RangeError('The optimizer has one moment of two');
}

/** The formulas of optimizers.ts. */
function adam(
  parameter: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  { coefficient, weightDecay, keep, stepSize, secondCorrection }: Numbers,
  { kind, beta1, beta2, epsilon }: OptimizerSettings,
): void {
  const decay = kind === 'adam' ? weightDecay : 0;
  const kept = kind === 'adam' ? 1 : keep;
  for (let i = 0; i < parameter.length; i++) {
    const p = parameter[i] ?? 0;
    const g = (gradient[i] ?? 0) * coefficient + p * decay;
    const m = (first[i] ?? 0) * beta1 + g * (1 - beta1);
    const v = (second[i] ?? 0) * beta2 + g * g * (1 - beta2);
    first[i] = m;
    second[i] = v;
    parameter[i] = p * kept - (m / (Math.sqrt(v) * secondCorrection + epsilon)) * stepSize;
  }
}

function sgd(
  parameter: Float32Array,
  gradient: Float32Array,
  buffer: Float32Array,
  { coefficient, weightDecay, lr }: Numbers,
  { sgdMomentum }: OptimizerSettings,
): void {
  for (let i = 0; i < parameter.length; i++) {
    const p = parameter[i] ?? 0;
    const b = (buffer[i] ?? 0) * sgdMomentum + (gradient[i] ?? 0) * coefficient + p * weightDecay;
    buffer[i] = b;
    parameter[i] = p - b * lr;
  }
}
