/** The update of all parameters on a backend whose values lie in this thread's memory: loops over typed arrays. */
import * as tf from '@tensorflow/tfjs-core';
import { hostValues, hostValuesChanged } from './assign.ts';
import { CLIP_EPSILON, type ClipSettings } from './clip.ts';
import type { OptimizerSettings } from './optimizers.ts';
import { GROUP_VALUE, groupStart, VALUE } from './step-values.ts';
import { hostLoops, type UpdateLoops, type UpdateNumbers } from './update-loops.ts';
import type { Gradients, Updated, UpdateSettings, Weights } from './update-parameters.ts';
import { moduleOn } from './wasm/module.ts';
import { wasmLoops } from './wasm/update.ts';

export function updateOnHost(
  weights: Weights,
  gradients: Gradients,
  loss: tf.Scalar,
  values: tf.Tensor1D,
  settings: UpdateSettings,
): Updated {
  const loops = presentLoops();
  const norms = new Map(
    [...gradients].map(([name, gradient]) => [name, Math.sqrt(loops.sumOfSquares(hostValues(gradient)))]),
  );
  const gradientNorm = Math.hypot(...norms.values());
  const finite = Number.isFinite(hostValues(loss)[0]) && Number.isFinite(Math.fround(gradientNorm));
  if (finite) {
    const numbers = Float32Array.from(hostValues(values));
    const coefficients = coefficientsOf(norms, gradientNorm, settings);
    for (const name of weights.student.tensors.keys())
      updateOne(loops, name, weights, gradients.get(name), coefficients(name), numbers, settings);
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

/** The backend's own loops, where it has some. */
function presentLoops(): UpdateLoops {
  const module = moduleOn(tf.backend());
  return module ? wasmLoops(module) : hostLoops;
}

function updateOne(
  loops: UpdateLoops,
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
  const follow = () => loops.blend(hostValues(teacher), hostValues(student), momentum, complement);

  if (teacherUpdate === 'before') follow();
  if (group !== undefined && gradient) {
    const numbers = { ...numbersOf(values, group), coefficient };
    if (numbers.active !== 0) {
      const [first, second] = moments.map(hostValues);
      move(loops, hostValues(student), hostValues(gradient), first, second, numbers, optimizer);
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

function move(
  loops: UpdateLoops,
  parameter: Float32Array,
  gradient: Float32Array,
  first: Float32Array | undefined,
  second: Float32Array | undefined,
  numbers: UpdateNumbers,
  settings: OptimizerSettings,
): void {
  if (!first) throw new RangeError('The optimizer has no moments');
  if (settings.kind === 'sgd') loops.sgd(parameter, gradient, first, numbers, settings);
  else if (second) loops.adam(parameter, gradient, first, second, numbers, settings);
  else throw new RangeError('The optimizer has one moment of two');
}
