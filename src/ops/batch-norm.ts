/** BatchNorm1d in train mode: the statistics of this very batch. */
import * as tf from '@tensorflow/tfjs-core';
import { assign } from './assign.ts';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';
import { sumRows } from './matmul.ts';

export const EPSILON = 1e-5;
/** The share of a new batch in the running statistics (torch). */
export const BUFFER_MOMENTUM = 0.1;

/** Mean and 1/√(variance + ε) of each column: [n]. */
type Statistics = [mean: tf.Tensor1D, scale: tf.Tensor1D];

/** x [rows, n], weight and bias [n] → [rows, n]. */
export function batchNorm(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D): tf.Tensor2D {
  return differentiable([x, weight, bias], () => {
    const kernel = fusedKernel('BatchNorm');
    const [value, mean, scale] = kernel
      ? kernel<[tf.Tensor2D, ...Statistics]>({ x, weight, bias }, { epsilon: EPSILON })
      : normalized(x, weight, bias);
    return {
      value,
      saved: [x, mean, scale, weight, bias],
      gradient: (dy, [input, m, s, gain, shift]) =>
        fusedKernel('BatchNormGradient')?.({ dy, x: input, mean: m, scale: s, weight: gain, bias: shift }) ??
        normalizedGradient(dy, input, [m, s], gain),
    };
  });
}

function normalized(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D): [tf.Tensor2D, ...Statistics] {
  const count = constant(1 / x.shape[0]);
  const mean = tf.mul<tf.Tensor1D>(sumRows(x), count); // [n]
  const centered = tf.sub<tf.Tensor2D>(x, mean); // [rows, n]
  const variance = tf.mul(sumRows(tf.square(centered)), count); // [n]
  const scale = tf.rsqrt<tf.Tensor1D>(tf.add(variance, constant(EPSILON))); // [n]
  return [tf.add<tf.Tensor2D>(tf.mul(tf.mul(centered, scale), weight), bias), mean, scale];
}

function normalizedGradient(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  [mean, scale]: Statistics,
  weight: tf.Tensor1D,
): tf.Tensor[] {
  const count = constant(1 / x.shape[0]);
  const normal = tf.mul<tf.Tensor2D>(tf.sub(x, mean), scale); // [rows, n]
  const dn = tf.mul<tf.Tensor2D>(dy, weight); // [rows, n]
  const along = tf.mul(normal, tf.mul(sumRows(tf.mul(dn, normal)), count)); // [rows, n]
  const dx = tf.mul(scale, tf.sub(tf.sub(dn, tf.mul(sumRows(dn), count)), along)); // [rows, n]
  return [dx, sumRows(tf.mul(dy, normal)), sumRows(dy)];
}

/** What a BatchNorm would use outside of training. */
export interface RunningStatistics {
  /** [n]. */
  mean: tf.Tensor1D;
  /** [n], unbiased. */
  variance: tf.Tensor1D;
  /** Batches so far, []. */
  count: tf.Tensor | null;
}

/** The statistics take in the batch x [rows, n], in place, unless `apply` is 0. */
export function followBatch(
  { mean, variance, count }: RunningStatistics,
  x: tf.Tensor2D,
  apply: tf.Scalar,
): void {
  const kernel = fusedKernel('RunningStatistics');
  if (kernel) {
    kernel({ x, mean, variance, count, apply }, { momentum: BUFFER_MOMENTUM });
    return;
  }
  const rows = x.shape[0];
  const ofBatch = tf.mul(sumRows(x), constant(1 / rows)); // [n]
  const squares = sumRows(tf.square(tf.sub<tf.Tensor2D>(x, ofBatch))); // [n]
  const blend = (old: tf.Tensor1D, fresh: tf.Tensor) =>
    tf.add(tf.mul(old, constant(1 - BUFFER_MOMENTUM)), tf.mul(fresh, constant(BUFFER_MOMENTUM)));
  assign(mean, blend(mean, ofBatch), apply);
  assign(variance, blend(variance, tf.mul(squares, constant(1 / (rows - 1)))), apply);
  if (count) assign(count, tf.add(count, constant(1)), apply);
}
