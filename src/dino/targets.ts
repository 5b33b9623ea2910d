/** What the teacher asks of the student: its logits, centered and sharpened. */
import * as tf from '@tensorflow/tfjs-core';
import { assign } from '../ops/assign.ts';
import { constant } from '../ops/constants.ts';
import { softmax } from '../ops/cross-view-loss.ts';
import { fusedKernel } from '../ops/kernel.ts';
import { sumRows } from '../ops/matmul.ts';
import { l2Normalize } from '../ops/normalize.ts';

export interface TargetSettings {
  centering: boolean;
  centerMomentum: number;
  /** L2-normalise the teacher's logits first (not official). */
  teacherLogitsL2: boolean;
}

/** softmax((logits − center)/temperature) with the center from before this step: [2·batch, K]. */
export function teacherTargets(
  logits: tf.Tensor2D,
  center: tf.Tensor2D,
  inverseTemperature: tf.Scalar,
  { centering, teacherLogitsL2 }: TargetSettings,
): tf.Tensor2D {
  const scaled = teacherLogitsL2 ? l2Normalize(logits) : logits;
  const kernel = fusedKernel('TeacherTargets');
  if (kernel) {
    const inputs = { logits: scaled, center: centering ? center : null, inverseTemperature };
    const [targets] = kernel<[tf.Tensor2D]>(inputs);
    return targets;
  }
  const centered = centering ? tf.sub<tf.Tensor2D>(scaled, center) : scaled;
  return softmax(tf.mul(centered, inverseTemperature));
}

/**
 * center [1, K] ← m·center + (1 − m)·mean of the raw logits over the batch, unless `apply` is 0. Without centering the
 * center stays.
 */
export function moveCenter(
  center: tf.Tensor2D,
  logits: tf.Tensor2D,
  apply: tf.Scalar | null,
  { centering, centerMomentum, teacherLogitsL2 }: TargetSettings,
): void {
  if (!centering) return;
  const counted = teacherLogitsL2 ? l2Normalize(logits) : logits;
  const kernel = fusedKernel('Center');
  if (kernel) {
    kernel({ center, logits: counted, apply }, { momentum: centerMomentum });
    return;
  }
  const mean = tf.mul(sumRows(counted), constant(1 / logits.shape[0])); // [K]
  const next = tf.add(tf.mul(center, constant(centerMomentum)), tf.mul(mean, constant(1 - centerMomentum)));
  assign(center, next, apply);
}
