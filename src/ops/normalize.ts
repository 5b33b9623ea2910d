/** L2 normalisation of rows, and the weight-normalised last layer. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';

/** torch.nn.functional.normalize's floor under the norm. */
const NORM_FLOOR = 1e-12;

/** Rows over their norms, each at least `floor`, and the norms: [rows, n] → [rows, n], [rows, 1]. */
function unitRows(x: tf.Tensor2D, floor: number): [tf.Tensor2D, tf.Tensor2D] {
  const norms = tf.maximum<tf.Tensor2D>(tf.sqrt(tf.sum(tf.square(x), 1, true)), constant(floor));
  return [tf.div(x, norms), norms];
}

/** dL/dx of x/‖x‖: the part of dy across the row, over its norm. */
function acrossRow(dy: tf.Tensor2D, unit: tf.Tensor2D, norms: tf.Tensor2D): tf.Tensor2D {
  const along = tf.mul(unit, tf.sum(tf.mul(dy, unit), 1, true)); // [rows, n]
  return tf.div(tf.sub(dy, along), norms);
}

/** x / max(‖x‖, 1e-12), row by row: [rows, n] → [rows, n]. */
export function l2Normalize(x: tf.Tensor2D): tf.Tensor2D {
  return differentiable([x], () => {
    const kernel = fusedKernel('L2Normalize');
    const [unit, norms] = kernel
      ? kernel<[tf.Tensor2D, tf.Tensor2D]>({ x }, { floor: NORM_FLOOR })
      : unitRows(x, NORM_FLOOR); // [rows, n], [rows, 1]
    return {
      value: unit,
      saved: [unit, norms],
      gradient: (dy, [u, n]) =>
        fusedKernel('L2NormalizeGradient')?.({ dy, unit: u, norms: n }) ?? [acrossRow(dy, u, n)],
    };
  });
}

/** torch weight_norm over rows, w = g·v/‖v‖: v [K, n], g [K, 1] → [K, n]. */
export function weightNorm(v: tf.Tensor2D, g: tf.Tensor2D): tf.Tensor2D {
  return differentiable([v, g], () => {
    const kernel = fusedKernel('WeightNorm');
    const [w, norms] = kernel ? kernel<[tf.Tensor2D, tf.Tensor2D]>({ v, g }) : scaledRows(v, g); // [K, n], [K, 1]
    return {
      value: w,
      saved: [v, g, norms],
      gradient: (dw, [direction, gain, n]) =>
        fusedKernel('WeightNormGradient')?.({ dw, v: direction, g: gain, norms: n }) ??
        scaledRowsGradient(dw, direction, gain, n),
    };
  });
}

function scaledRows(v: tf.Tensor2D, g: tf.Tensor2D): [tf.Tensor2D, tf.Tensor2D] {
  const [unit, norms] = unitRows(v, 0);
  return [tf.mul(unit, g), norms];
}

function scaledRowsGradient(dw: tf.Tensor2D, v: tf.Tensor2D, g: tf.Tensor2D, norms: tf.Tensor2D) {
  const unit = tf.div<tf.Tensor2D>(v, norms); // [K, n]
  return [acrossRow(tf.mul(dw, g), unit, norms), tf.sum(tf.mul(dw, unit), 1, true)];
}
