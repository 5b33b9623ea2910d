/** x + branch(x), the branch optionally dropped per sample (stochastic depth). */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';

/** x and branch [rows, dim]; keep [rows, 1] holds 0 or 1/(1−p) for every row, or null to keep all. */
export function residual(x: tf.Tensor2D, branch: tf.Tensor2D, keep: tf.Tensor2D | null): tf.Tensor2D {
  return differentiable([x, branch], () => ({
    value: tf.add<tf.Tensor2D>(x, keep ? tf.mul(branch, keep) : branch),
    saved: keep ? [keep] : [],
    // tfjs disposes gradients that it has added up, so the two must not be one tensor.
    gradient: (dy, [kept]) => [tf.clone(dy), kept ? tf.mul(dy, kept) : tf.clone(dy)],
  }));
}
