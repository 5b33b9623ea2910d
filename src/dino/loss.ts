/** Who answers for the teacher, and whom the loss teaches: with the stop-gradient the student alone. */
import type * as tf from '@tensorflow/tfjs-core';
import { crossViewLoss } from '../ops/cross-view-loss.ts';
import { l2Normalize } from '../ops/normalize.ts';
import { scalarOf, VALUE } from '../ops/step-values.ts';
import { firstRows, twoSidedLoss } from '../ops/two-sided-loss.ts';
import { followedTeacher, type Weights } from '../ops/update-parameters.ts';
import type { TargetSettings } from './targets.ts';

export interface LossSettings extends TargetSettings {
  /** Views of an image: two global and the local ones. */
  views: number;
  studentTemp: number;
  /** The teacher is another network, and its answers are constants for the gradient. */
  stopGradient: boolean;
  teacherUpdate: 'after' | 'before';
}

/** The weights that the teacher's side of a step answers with. */
export function teacherSide(
  weights: Weights,
  values: tf.Tensor1D,
  { stopGradient, teacherUpdate }: LossSettings,
): ReadonlyMap<string, tf.Tensor> {
  if (!stopGradient) return weights.student.tensors;
  return teacherUpdate === 'before' ? followedTeacher(weights, values) : weights.teacher.tensors;
}

/**
 * The loss of the student's scores, [views·batch, K], against the targets, [2·batch, K]. Without the stop-gradient the
 * targets are made of the student's own scores of the global views, and the gradient goes through them as well (Chen &
 * He 2021, SimSiam, §4.1, where both branches are one encoder).
 */
export function stepLoss(
  studentLogits: tf.Tensor2D,
  targets: tf.Tensor2D,
  center: tf.Tensor2D,
  values: tf.Tensor1D,
  s: LossSettings,
): tf.Scalar {
  if (s.stopGradient) return crossViewLoss(studentLogits, targets, s.views, s.studentTemp);
  const own = firstRows(studentLogits, targets.shape[0]);
  const scores = s.teacherLogitsL2 ? l2Normalize(own) : own;
  const inverseTemperature = scalarOf(values, VALUE.inverseTemperature);
  return twoSidedLoss(studentLogits, scores, s.centering ? center : null, inverseTemperature, s);
}
