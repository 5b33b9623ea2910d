/** What follows the backward pass, for all parameters at once and in place: clipping, the optimizer, the teacher's EMA. */
import * as tf from '@tensorflow/tfjs-core';
import { assign } from './assign.ts';
import { type ClipSettings, clipGradients } from './clip.ts';
import { constant } from './constants.ts';
import { wasmBackend } from './device/wasm-memory.ts';
import { ema } from './ema.ts';
import { disposeFlat, type Flat, makeFlat, type Shapes } from './flat.ts';
import { updateOnHost } from './host-update.ts';
import { isComposing } from './kernel.ts';
import { MomentsError, momentCount, type OptimizerSettings, optimizer, updateScalars } from './optimizers.ts';
import { GROUP_VALUE, groupStart, scalarOf } from './step-values.ts';
import { gpuBackend } from './webgpu/backend.ts';
import { GpuUpdate } from './webgpu/update.ts';

export interface UpdateSettings extends ClipSettings {
  optimizer: OptimizerSettings;
  /** The EMA comes after the optimizer (official), or takes in the student from before it. */
  teacherUpdate: 'after' | 'before';
}

/** All that an update moves; the flats have the same names, shapes and order. */
export interface Moved {
  student: Flat;
  teacher: Flat;
  /** As many as the optimizer keeps. */
  moments: readonly Flat[];
  /** Update group of each parameter that the optimizer moves; the others are only followed by the teacher. */
  groups: ReadonlyMap<string, number>;
}

export interface Weights extends Moved {
  /** The update of all at once, where the backend is ours on WebGPU. */
  readonly gpu: GpuUpdate | null;
}

/** Parameters of both networks and the optimizer's moments, all 0. Dispose of them with disposeWeights. */
export function makeWeights(
  shapes: Shapes,
  groups: ReadonlyMap<string, number>,
  optimizer: OptimizerSettings,
): Weights {
  const moved = {
    student: makeFlat(shapes),
    teacher: makeFlat(shapes),
    moments: Array.from({ length: momentCount(optimizer) }, () => makeFlat(shapes)),
    groups,
  };
  const backend = gpuBackend();
  return { ...moved, gpu: backend && new GpuUpdate(backend, moved) };
}

export function disposeWeights({ student, teacher, moments, gpu }: Weights): void {
  for (const flat of [student, teacher, ...moments]) disposeFlat(flat);
  gpu?.dispose();
}

/** Runs a backward pass over the student, so that its gradients lie where the update wants them. */
export function inGradientSlots<T>({ gpu }: Weights, backward: () => T): T {
  return gpu && !isComposing() ? gpu.withSlots(backward) : backward();
}

export type Gradients = ReadonlyMap<string, tf.Tensor>;

export interface Updated {
  /** L2 norm of all gradients together, before clipping, []. */
  gradientNorm: tf.Scalar;
  /** 1 where loss and gradient are finite, else 0: then nothing has moved, []. */
  finite: tf.Scalar;
}

/** `gradients` has one for each name in `weights.groups`; `values` are laid out as step-values.ts says. */
export function updateParameters(
  weights: Weights,
  gradients: Gradients,
  loss: tf.Scalar,
  values: tf.Tensor1D,
  settings: UpdateSettings,
): Updated {
  if (isComposing()) return compose(weights, gradients, loss, values, settings);
  if (weights.gpu) return weights.gpu.run(gradients, loss, values, settings);
  if (wasmBackend()) return updateOnHost(weights, gradients, loss, values, settings);
  return compose(weights, gradients, loss, values, settings);
}

function compose(
  weights: Weights,
  gradients: Gradients,
  loss: tf.Scalar,
  values: tf.Tensor1D,
  settings: UpdateSettings,
): Updated {
  const clipped = clipGradients(gradients, settings);
  // Decided on the device, so that no step waits for the answer; the trainer reads the loss later and stops.
  // A cast would leave tfjs's integers in the GPU's memory, where our kernels expect a float.
  const finite = tf.where<tf.Scalar>(tf.isFinite(tf.add(loss, clipped.norm)), constant(1), constant(0));
  const follow = (name: string, student: tf.Tensor) => {
    const teacher = tensorOf(weights.teacher, name);
    assign(teacher, ema(teacher, student, values), finite);
  };
  const groups = groupScalars(values, finite);
  const method = optimizer(settings.optimizer);
  for (const [name, parameter] of weights.student.tensors) {
    if (settings.teacherUpdate === 'before') follow(name, parameter);
    const group = weights.groups.get(name);
    if (group !== undefined) {
      const { apply, scalars } = groups(group);
      const moments = weights.moments.map((flat) => tensorOf(flat, name));
      const updated = method.update(
        parameter,
        tensorOf({ tensors: clipped.gradients }, name),
        moments,
        scalars,
      );
      assign(parameter, updated.parameter, apply);
      updated.moments.forEach((moment, i) => {
        const target = moments[i];
        if (!target) throw new MomentsError(moments.length, updated.moments.length);
        assign(target, moment, apply);
      });
    }
    if (settings.teacherUpdate === 'after') follow(name, parameter);
  }
  return { gradientNorm: clipped.norm, finite };
}

/** Shared by all parameters of a group. */
function groupScalars(values: tf.Tensor1D, finite: tf.Scalar) {
  const made = new Map<number, { apply: tf.Scalar; scalars: ReturnType<typeof updateScalars> }>();
  return (group: number) => {
    const held = made.get(group) ?? {
      apply: tf.mul<tf.Scalar>(finite, scalarOf(values, groupStart(group) + GROUP_VALUE.active)),
      scalars: updateScalars(values, group),
    };
    made.set(group, held);
    return held;
  };
}

/** The teacher as its EMA makes it, not in place: for a forward pass with it before the step is known to be finite. */
export function followedTeacher(weights: Weights, values: tf.Tensor1D): ReadonlyMap<string, tf.Tensor> {
  if (weights.gpu && !isComposing()) return weights.gpu.followed(values);
  return new Map(
    [...weights.teacher.tensors].map(([name, teacher]) => [
      name,
      ema(teacher, tensorOf(weights.student, name), values),
    ]),
  );
}

function tensorOf({ tensors }: Pick<Flat, 'tensors'>, name: string): tf.Tensor {
  const found = tensors.get(name);
  if (!found) throw new RangeError(`There is no tensor for "${name}"`);
  return found;
}
