/** What the teacher asks of the student: its logits, centered and sharpened. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../ops/constants.ts';
import { softmax } from '../ops/cross-view-loss.ts';
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
  temperature: number,
  { centering, teacherLogitsL2 }: TargetSettings,
): tf.Tensor2D {
  const scaled = teacherLogitsL2 ? l2Normalize(logits) : logits;
  const centered = centering ? tf.sub<tf.Tensor2D>(scaled, center) : scaled;
  return softmax(tf.div(centered, tf.scalar(temperature)));
}

/** center ← m·center + (1 − m)·mean of the raw logits over the batch: [1, K]. */
export function updateCenter(
  center: tf.Tensor2D,
  logits: tf.Tensor2D,
  { centering, centerMomentum, teacherLogitsL2 }: TargetSettings,
): tf.Tensor2D {
  if (!centering) return tf.clone(center);
  const counted = teacherLogitsL2 ? l2Normalize(logits) : logits;
  const mean = tf.mul(sumRows(counted), constant(1 / logits.shape[0])); // [K]
  return tf.add(tf.mul(center, constant(centerMomentum)), tf.mul(mean, constant(1 - centerMomentum)));
}
