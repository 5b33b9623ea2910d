/** Layer normalisation over the last axis. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable, differentiableBeside } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';
import { sumRows } from './matmul.ts';

/** The official ViT's ε; torch's default of 1e-5 is measurably different. */
export const LAYER_NORM_EPSILON = 1e-6;

/** Mean and 1/√(variance + ε) of each row: [rows]. */
type Statistics = [mean: tf.Tensor1D, scale: tf.Tensor1D];

/** x [rows, dim], weight and bias [dim] → [rows, dim]. */
export function layerNorm(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D): tf.Tensor2D {
  return differentiable([x, weight, bias], () => {
    const [value, mean, scale] = forward(x, weight, bias);
    return {
      value,
      saved: [x, mean, scale, weight, bias],
      gradient: (dy, [input, m, s, gain, shift]) => backward(dy, input, [m, s], gain, shift),
    };
  });
}

/** The same, and x itself for the residual connection around the branch that is normed: [rows, dim] both. */
export function layerNormBeside(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
): [normed: tf.Tensor2D, x: tf.Tensor2D] {
  return differentiableBeside([x, weight, bias], () => {
    const [value, mean, scale] = forward(x, weight, bias);
    return {
      value,
      saved: [x, mean, scale, weight, bias],
      gradient: (dy, beside, [input, m, s, gain, shift]) => {
        const inputs = { dy, beside, x: input, mean: m, scale: s, weight: gain, bias: shift };
        const fused = fusedKernel('LayerNormGradientBeside')?.(inputs);
        if (fused) return fused;
        const [dx, ...rest] = backward(dy, input, [m, s], gain, shift);
        return [tf.add(beside, dx), ...rest];
      },
    };
  });
}

function forward(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D): [tf.Tensor2D, ...Statistics] {
  const kernel = fusedKernel('LayerNorm');
  return kernel
    ? kernel<[tf.Tensor2D, ...Statistics]>({ x, weight, bias }, { epsilon: LAYER_NORM_EPSILON })
    : normalized(x, weight, bias);
}

function backward(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  [mean, scale]: Statistics,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const kernel = fusedKernel('LayerNormGradient');
  return kernel
    ? kernel<[tf.Tensor, tf.Tensor, tf.Tensor]>({ dy, x, mean, scale, weight, bias })
    : normalizedGradient(dy, x, [mean, scale], weight);
}

function normalized(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D): [tf.Tensor2D, ...Statistics] {
  const mean = tf.mean(x, 1, true); // [rows, 1]
  const centered = tf.sub(x, mean); // [rows, dim]
  const variance = tf.mean(tf.square(centered), 1, true); // [rows, 1]
  const scale = tf.rsqrt(tf.add(variance, constant(LAYER_NORM_EPSILON))); // [rows, 1]
  const value = tf.add<tf.Tensor2D>(tf.mul(tf.mul(centered, scale), weight), bias);
  return [value, tf.reshape(mean, [x.shape[0]]), tf.reshape(scale, [x.shape[0]])];
}

function normalizedGradient(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  [mean, scale]: Statistics,
  weight: tf.Tensor1D,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const column = (values: tf.Tensor1D) => tf.reshape<tf.Rank.R2>(values, [x.shape[0], 1]);
  const normal = tf.mul<tf.Tensor2D>(tf.sub(x, column(mean)), column(scale)); // [rows, dim]
  const dn = tf.mul<tf.Tensor2D>(dy, weight); // [rows, dim]
  const along = tf.mul(normal, tf.mean(tf.mul(dn, normal), 1, true)); // [rows, dim]
  const dx = tf.mul(column(scale), tf.sub(tf.sub(dn, tf.mean(dn, 1, true)), along)); // [rows, dim]
  return [dx, sumRows(tf.mul<tf.Tensor2D>(dy, normal)), sumRows(dy)];
}
