/** A step taken apart: its quantities, worked out beside the run by the step's own functions. Nothing of the run moves. */
import * as tf from '@tensorflow/tfjs-core';
import { trainingFeatures } from '../model/backbone.ts';
import { head } from '../model/head.ts';
import { globalViews } from '../model/vit.ts';
import { lossAndGradients } from '../ops/backward.ts';
import { clipGradients } from '../ops/clip.ts';
import { ema } from '../ops/ema.ts';
import { optimizer, updateScalars } from '../ops/optimizers.ts';
import { scalarOf, VALUE } from '../ops/step-values.ts';
import { featureSpread } from './health.ts';
import { stepLoss, teacherSide } from './loss.ts';
import type { RunState } from './run-state.ts';
import type { StepSettings } from './step.ts';
import type { StepInputs } from './step-inputs.ts';
import { teacherTargets } from './targets.ts';

/** Both networks' answers and the gradients that follow from them. */
export interface Answers {
  /** Raw scores, [2·batch, K]. */
  teacherLogits: tf.Tensor2D;
  /** Centered and sharpened, [2·batch, K]. */
  targets: tf.Tensor2D;
  /** What the loss asks of the student: the targets, or without the stop-gradient its own answers. [2·batch, K] */
  wanted: tf.Tensor2D;
  /** Raw scores, [views·batch, K]. */
  studentLogits: tf.Tensor2D;
  /** Of the teacher's features, as health.ts measures it. */
  spread: tf.Scalar;
  /** Before clipping. */
  gradients: ReadonlyMap<string, tf.Tensor>;
  clipped: ReadonlyMap<string, tf.Tensor>;
  /** L2 norm of all gradients together, before clipping. */
  gradNorm: tf.Scalar;
}

/**
 * The forward and backward pass of the step that `inputs` are filled for, views included. The tensors belong to the
 * present scope; on WebGPU the gradients lie where the next backward pass writes its own.
 */
export function stepAnswers(run: RunState, inputs: StepInputs, s: StepSettings): Answers {
  const { weights, center } = run;
  const { views, dropPath, values } = inputs;
  const { backbone, head: headShape } = s.shape;
  const student = weights.student.tensors;
  const teacher = teacherSide(weights, values, s);
  const teacherCls = trainingFeatures(teacher, globalViews(views), backbone); // [2·batch, dim]
  const teacherLogits = head(teacher, teacherCls, headShape);
  const inverseTemperature = scalarOf(values, VALUE.inverseTemperature);
  const targets = teacherTargets(teacherLogits, center, inverseTemperature, s);
  const kept: tf.Tensor2D[] = [];
  const { gradients } = lossAndGradients(weights, () => {
    const logits = head(student, trainingFeatures(student, views, backbone, { dropPath }), headShape);
    // The pass runs in a scope of its own, which its answers have to outlive.
    kept.push(tf.keep(tf.clone(logits)));
    return stepLoss(logits, targets, center, values, s);
  });
  const [inner] = kept;
  if (!inner) throw new RangeError('The student gave no answer');
  const studentLogits = tf.clone(inner);
  inner.dispose();
  const clipped = clipGradients(gradients, s);
  const own = () => tf.slice(studentLogits, [0, 0], targets.shape);
  return {
    teacherLogits,
    targets,
    wanted: s.stopGradient ? tf.clone(targets) : teacherTargets(own(), center, inverseTemperature, s),
    studentLogits,
    spread: featureSpread(teacherCls),
    gradients,
    clipped: clipped.gradients,
    gradNorm: clipped.norm,
  };
}

/** What the step makes of one parameter tensor. */
export interface TensorUpdate {
  student: tf.Tensor;
  teacher: tf.Tensor;
  /** The student that the teacher takes in: the new one, or with the EMA first the old one. */
  followed: tf.Tensor;
  moments: readonly tf.Tensor[];
}

/**
 * The update of the tensor `name` by the plain formulas, not in place. A tensor without a gradient, or in a frozen
 * group, is followed by the teacher alone. Assumes that loss and gradients are finite.
 */
export function tensorUpdate(
  run: RunState,
  name: string,
  gradient: tf.Tensor | null,
  values: tf.Tensor1D,
  s: StepSettings,
): TensorUpdate {
  const { student, teacher, moments, groups } = run.weights;
  const before = named(student.tensors, name);
  const group = groups.get(name);
  const held = moments.map(({ tensors }) => named(tensors, name));
  const moved =
    gradient && group !== undefined
      ? optimizer(s.optimizer).update(before, gradient, held, updateScalars(values, group))
      : { parameter: before, moments: held };
  const followed = s.teacherUpdate === 'before' ? before : moved.parameter;
  return {
    student: moved.parameter,
    teacher: ema(named(teacher.tensors, name), followed, values),
    followed,
    moments: moved.moments,
  };
}

export function named(tensors: ReadonlyMap<string, tf.Tensor>, name: string): tf.Tensor {
  const found = tensors.get(name);
  if (!found) throw new RangeError(`There is no tensor for "${name}"`);
  return found;
}
