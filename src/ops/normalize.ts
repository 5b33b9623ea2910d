/** L2 normalisation of rows, and the weight-normalised last layer. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';

/** torch.nn.functional.normalize's floor under the norm. */
const NORM_FLOOR = 1e-12;

/** Norm of each row, at least `floor`: [rows, n] → [rows, 1]. */
function rowNorms(x: tf.Tensor2D, floor: number): tf.Tensor2D {
  return tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), constant(floor));
}

/** dL/dx of x/‖x‖: the part of dy across the row, over its norm. */
function acrossRow(dy: tf.Tensor2D, unit: tf.Tensor2D, norms: tf.Tensor2D): tf.Tensor2D {
  const along = tf.mul(unit, tf.sum(tf.mul(dy, unit), 1, true)); // [rows, n]
  return tf.div(tf.sub(dy, along), norms);
}

/** x / max(‖x‖, 1e-12), row by row: [rows, n] → [rows, n]. */
export function l2Normalize(x: tf.Tensor2D): tf.Tensor2D {
  return differentiable([x], () => {
    const norms = rowNorms(x, NORM_FLOOR); // [rows, 1]
    const unit = tf.div<tf.Tensor2D>(x, norms); // [rows, n]
    return {
      value: unit,
      saved: [unit, norms],
      gradient: (dy, [u, n]) => [acrossRow(dy, u, n)],
    };
  });
}

/** torch weight_norm over rows, w = g·v/‖v‖: v [K, n], g [K, 1] → [K, n]. */
export function weightNorm(v: tf.Tensor2D, g: tf.Tensor2D): tf.Tensor2D {
  return differentiable([v, g], () => {
    const norms = rowNorms(v, 0); // [K, 1]
    const unit = tf.div<tf.Tensor2D>(v, norms); // [K, n]
    return {
      value: tf.mul<tf.Tensor2D>(unit, g),
      saved: [unit, norms, g],
      gradient: (dw, [u, n, gain]) => [acrossRow(tf.mul(dw, gain), u, n), tf.sum(tf.mul(dw, u), 1, true)],
    };
  });
}
