/** Layer normalisation over the last axis. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { sumRows } from './matmul.ts';

/** The official ViT's ε; torch's default of 1e-5 is measurably different. */
export const LAYER_NORM_EPSILON = 1e-6;

/** x [rows, dim], weight and bias [dim] → [rows, dim]. */
export function layerNorm(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D): tf.Tensor2D {
  return differentiable([x, weight, bias], () => {
    const centered = tf.sub(x, tf.mean(x, 1, true)); // [rows, dim]
    const variance = tf.mean(tf.square(centered), 1, true); // [rows, 1]
    const scale = tf.rsqrt(tf.add(variance, constant(LAYER_NORM_EPSILON))); // [rows, 1]
    const normal = tf.mul<tf.Tensor2D>(centered, scale); // [rows, dim]
    return {
      value: tf.add<tf.Tensor2D>(tf.mul(normal, weight), bias),
      saved: [normal, scale, weight],
      gradient: (dy, [n, s, gain]) => {
        const dn = tf.mul<tf.Tensor2D>(dy, gain); // [rows, dim]
        const along = tf.mul(n, tf.mean(tf.mul(dn, n), 1, true)); // [rows, dim]
        const dx = tf.mul(s, tf.sub(tf.sub(dn, tf.mean(dn, 1, true)), along)); // [rows, dim]
        return [dx, sumRows(tf.mul<tf.Tensor2D>(dy, n)), sumRows(dy)];
      },
    };
  });
}
