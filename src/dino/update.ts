/** The backward pass and what follows it: clipping, freezing, the optimizer's groups, and the teacher's EMA. */
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Tensors } from '../model/network.ts';
import type { HeadShape } from '../model/shapes.ts';
import { isDecayed, isLastLayer, isTrainable } from '../model/specs.ts';
import { clipCoefficient, globalNorm, norm } from '../ops/clip.ts';
import { ema } from '../ops/ema.ts';
import { type OptimizerSettings, optimizer, updateScalars } from '../ops/optimizers.ts';
import type { RunState } from './run-state.ts';
import type { StepValues } from './schedule.ts';

export type Gradients = ReadonlyMap<string, tf.Tensor>;

export interface UpdateSettings {
  /** Each tensor by itself (official), all of them as one, or not at all. */
  clip: 'tensor' | 'global' | 'off';
  clipNorm: number;
  optimizer: OptimizerSettings;
}

/** The loss and its gradient with respect to every trainable parameter. */
export function lossAndGradients(
  parameters: Tensors,
  head: HeadShape,
  loss: (parameters: Tensors) => tf.Scalar,
): { loss: tf.Scalar; gradients: Gradients } {
  const trainable = [...parameters].filter(([name]) => isTrainable(name, head));
  const { value, grads } = tf.valueAndGrads(() => loss(parameters))(trainable.map(([, tensor]) => tensor));
  const gradients = trainable.map(([name], i): [string, tf.Tensor] => {
    const gradient = grads[i];
    if (!gradient) throw new RangeError(`"${name}" has no gradient`);
    return [name, gradient];
  });
  return { loss: tf.reshape(value, []), gradients: new Map(gradients) };
}

/** The gradients after clipping, and the L2 norm of all of them together before it, []. */
export function clipGradients(
  gradients: Gradients,
  { clip, clipNorm }: Pick<UpdateSettings, 'clip' | 'clipNorm'>,
): { gradients: Gradients; norm: tf.Scalar; norms: ReadonlyMap<string, tf.Scalar> } {
  const norms = new Map([...gradients].map(([name, gradient]) => [name, norm(gradient)]));
  const all = globalNorm([...norms.values()]);
  if (clip === 'off') return { gradients, norm: all, norms };
  const shared = clip === 'global' ? clipCoefficient(all, clipNorm) : null;
  const clipped = [...gradients].map(([name, gradient]): [string, tf.Tensor] => [
    name,
    tf.mul(gradient, shared ?? clipCoefficient(norms.get(name) ?? all, clipNorm)),
  ]);
  return { gradients: new Map(clipped), norm: all, norms };
}

export interface Applied extends Pick<RunState, 'moments' | 'updates'> {
  parameters: Tensors;
  /** Of the whole gradient, before clipping, []. */
  gradientNorm: tf.Scalar;
  /** Whether loss and gradient were finite, [] bool; where not, no parameter has moved. */
  finite: tf.Tensor;
}

/** Clip, freeze, optimize. Parameters without a gradient stay as they are. */
export function applyGradients(
  run: Pick<RunState, 'student' | 'moments' | 'updates'>,
  gradients: Gradients,
  loss: tf.Scalar,
  at: StepValues,
  settings: UpdateSettings,
): Applied {
  const clipped = clipGradients(gradients, settings);
  // Decided on the device, so that no step waits for the answer; the trainer reads it later and stops.
  const finite = tf.isFinite(tf.add<tf.Scalar>(loss, clipped.norm));
  const apply = tf.cast<tf.Scalar>(finite, 'float32');
  const parameters = new Map(run.student.parameters);
  const moments = new Map(run.moments);
  const updates = new Map(run.updates);
  const method = optimizer(settings.optimizer);
  const scalars = groupScalars(settings.optimizer, at, apply);
  for (const [name, gradient] of clipped.gradients) {
    // A frozen layer's gradient is not zero but absent: no decay, no moments, and its own count stands still.
    if (at.frozen && isLastLayer(name)) continue;
    const parameter = parameters.get(name);
    if (!parameter) throw new RangeError(`There is a gradient for "${name}" and no such parameter`);
    const t = (updates.get(name) ?? 0) + 1;
    const decay = isDecayed(name, parameter.rank) ? at.weightDecay : 0;
    const safe = tf.where(finite, gradient, tf.zerosLike(gradient));
    const old = moments.get(name) ?? method.init(parameter);
    const updated = method.update(parameter, safe, old, scalars(decay, t));
    parameters.set(name, updated.parameter);
    moments.set(name, updated.moments);
    updates.set(name, t);
  }
  return { parameters, moments, updates, gradientNorm: clipped.norm, finite };
}

/** Scalars are shared by all parameters of a weight-decay group that have been updated equally often. */
function groupScalars(settings: OptimizerSettings, at: StepValues, apply: tf.Scalar) {
  const made = new Map<string, ReturnType<typeof updateScalars>>();
  return (decay: number, t: number) => {
    const key = `${decay} ${t}`;
    const scalars = made.get(key) ?? updateScalars(settings, at.lr, decay, t, apply);
    made.set(key, scalars);
    return scalars;
  };
}

/** teacher ← m·teacher + (1 − m)·student over the parameters, never the buffers. */
export function updateTeacher(teacher: Network, student: Tensors, momentum: number): Tensors {
  const m = tf.scalar(momentum);
  const complement = tf.scalar(1 - momentum);
  return new Map(
    [...teacher.parameters].map(([name, old]): [string, tf.Tensor] => {
      const fresh = student.get(name);
      if (!fresh) throw new RangeError(`The teacher has "${name}" and the student has not`);
      return [name, ema(old, fresh, m, complement)];
    }),
  );
}
