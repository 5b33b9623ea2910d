/** BatchNorm over the pixels of all pictures, with what follows it in a residual network: y = relu(norm(x) + residual). */
import * as tf from '@tensorflow/tfjs-core';
import { assign } from './assign.ts';
import { BUFFER_MOMENTUM, EPSILON, type RunningStatistics } from './batch-norm.ts';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';
import { sumRows } from './matmul.ts';

/** An affine layer: weight and bias [c]. */
export interface Gain {
  weight: tf.Tensor1D;
  bias: tf.Tensor1D;
}

/** What follows the norm. */
export interface After {
  relu: boolean;
  /** [rows, c], added before the ReLU. */
  residual?: tf.Tensor2D;
}

/** Of one batch, [c] each. */
export interface Moments {
  mean: tf.Tensor1D;
  /** Over all rows, biased. */
  variance: tf.Tensor1D;
  rows: number;
}

/** In train mode, with the statistics of this very batch, which `watch` is told: x [rows, c] → [rows, c]. */
export function batchNorm2d(
  x: tf.Tensor2D,
  { weight, bias }: Gain,
  { relu, residual }: After,
  watch: (moments: Moments) => void = () => undefined,
): tf.Tensor2D {
  return differentiable(residual ? [x, weight, bias, residual] : [x, weight, bias], () => {
    const kernel = fusedKernel('BatchNorm2d');
    const [value, mean, variance, scale] = kernel
      ? kernel<[tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]>(
          { x, weight, bias, residual: residual ?? null },
          { epsilon: EPSILON, relu },
        )
      : normalized(x, weight, bias, { relu, ...(residual && { residual }) });
    watch({ mean, variance, rows: x.shape[0] });
    const added = residual !== undefined;
    return {
      value,
      saved: relu ? [x, mean, scale, weight, bias, value] : [x, mean, scale, weight, bias],
      gradient: (dy, [input, m, s, gain, shift, y = null]) =>
        fusedKernel('BatchNorm2dGradient')?.(
          { dy, x: input, mean: m, scale: s, weight: gain, bias: shift, y },
          { residual: added },
        ) ?? normalizedGradient(relu && y ? masked(dy, y) : dy, input, { mean: m, scale: s, gain, added }),
    };
  });
}

function normalized(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  after: After,
): [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D] {
  const count = constant(1 / x.shape[0]);
  const mean = tf.mul<tf.Tensor1D>(sumRows(x), count); // [c]
  const centered = tf.sub<tf.Tensor2D>(x, mean); // [rows, c]
  const variance = tf.mul<tf.Tensor1D>(sumRows(tf.square(centered)), count); // [c]
  const scale = tf.rsqrt<tf.Tensor1D>(tf.add(variance, constant(EPSILON))); // [c]
  const value = followed(tf.add(tf.mul(centered, tf.mul(scale, weight)), bias), after);
  return [value, mean, variance, scale];
}

function followed(y: tf.Tensor2D, { relu, residual }: After): tf.Tensor2D {
  const sum = residual ? tf.add<tf.Tensor2D>(y, residual) : y;
  return relu ? tf.maximum(sum, constant(0)) : sum;
}

/** dy where y > 0, else 0. */
const masked = (dy: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor2D =>
  tf.where(tf.greater(y, constant(0)), dy, tf.zerosLike(dy));

function normalizedGradient(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  { mean, scale, gain, added }: { mean: tf.Tensor1D; scale: tf.Tensor1D; gain: tf.Tensor1D; added: boolean },
): tf.Tensor[] {
  const count = constant(1 / x.shape[0]);
  const normal = tf.mul<tf.Tensor2D>(tf.sub(x, mean), scale); // [rows, c]
  const dGain = sumRows(tf.mul(dy, normal)); // [c]
  const dShift = sumRows(dy); // [c]
  const spread = tf.add(tf.mul(dShift, count), tf.mul(normal, tf.mul(dGain, count))); // [rows, c]
  const dx = tf.mul(tf.sub(dy, spread), tf.mul(scale, gain));
  // tfjs disposes gradients that it has added up, so no two may be one tensor.
  return added ? [dx, dGain, dShift, tf.clone(dy)] : [dx, dGain, dShift];
}

/** In evaluation, with statistics that stay as they are: x [rows, c] → [rows, c]. */
export function fixedNorm2d(
  x: tf.Tensor2D,
  { weight, bias }: Gain,
  { mean, variance }: Pick<RunningStatistics, 'mean' | 'variance'>,
  { relu, residual }: After,
): tf.Tensor2D {
  return differentiable(residual ? [x, weight, bias, residual] : [x, weight, bias], () => {
    const scale = tf.rsqrt<tf.Tensor1D>(tf.add(variance, constant(EPSILON))); // [c]
    const gain = tf.mul<tf.Tensor1D>(scale, weight);
    const inputs = { x, weight, bias, mean, scale, residual: residual ?? null };
    const made = fusedKernel('FixedNorm2d')?.<[tf.Tensor2D]>(inputs, { relu })[0];
    const after = { relu, ...(residual && { residual }) };
    const value = made ?? followed(tf.add(tf.mul(tf.sub(x, mean), gain), bias), after);
    const added = residual !== undefined;
    return {
      value,
      saved: relu ? [x, mean, scale, gain, value] : [x, mean, scale, gain],
      gradient: (dy, [input, m, s, factor, y = null]) => {
        const d = y ? masked(dy, y) : dy;
        const normal = tf.mul<tf.Tensor2D>(tf.sub(input, m), s); // [rows, c]
        const made = [tf.mul(d, factor), sumRows(tf.mul(d, normal)), sumRows(d)];
        return added ? [...made, tf.clone(d)] : made;
      },
    };
  });
}

/** The statistics take in a batch's, in place, unless `apply` is 0; the variance as the unbiased one (torch). */
export function followMoments(
  { mean, variance, count }: RunningStatistics,
  of: Moments,
  apply: tf.Scalar,
): void {
  const unbiased = of.rows / Math.max(1, of.rows - 1);
  const kernel = fusedKernel('FollowMoments');
  if (kernel) {
    const inputs = { mean, variance, count, batchMean: of.mean, batchVariance: of.variance, apply };
    kernel(inputs, { momentum: BUFFER_MOMENTUM, unbiased });
    return;
  }
  const blend = (old: tf.Tensor1D, fresh: tf.Tensor1D, share: number) =>
    tf.add(tf.mul(old, constant(1 - BUFFER_MOMENTUM)), tf.mul(fresh, constant(share)));
  assign(mean, blend(mean, of.mean, BUFFER_MOMENTUM), apply);
  assign(variance, blend(variance, of.variance, BUFFER_MOMENTUM * unbiased), apply);
  if (count) assign(count, tf.add(count, constant(1)), apply);
}
