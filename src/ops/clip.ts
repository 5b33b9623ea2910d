/** Gradient clipping as the official clip_gradients does it: each tensor by itself. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';

/** L2 norm of a tensor of any shape → []. */
export function norm(x: tf.Tensor): tf.Scalar {
  const flat = tf.reshape<tf.Rank.R1>(x, [x.size]);
  return tf.sqrt(tf.sum(tf.square(flat)));
}

/** min(1, limit/(norm + 1e-6)) → []: what a gradient of this norm is multiplied with. */
export function clipCoefficient(gradientNorm: tf.Scalar, limit: number): tf.Scalar {
  return tf.minimum(tf.div(constant(limit), tf.add(gradientNorm, constant(1e-6))), constant(1));
}

/** Norm of all gradients together from their own norms → []. */
export function globalNorm(norms: tf.Scalar[]): tf.Scalar {
  return tf.sqrt(tf.sum(tf.square(tf.stack(norms))));
}
