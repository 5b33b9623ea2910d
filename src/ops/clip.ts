/** Gradient clipping as the official clip_gradients does it: each tensor by itself. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';

export interface ClipSettings {
  /** Each tensor by itself (official), all of them as one, or not at all. */
  clip: 'tensor' | 'global' | 'off';
  clipNorm: number;
}

/** Added to a norm that something is divided by, as torch does. */
export const CLIP_EPSILON = 1e-6;

/** L2 norm of a tensor of any shape → []. */
function norm(x: tf.Tensor): tf.Scalar {
  const flat = tf.reshape<tf.Rank.R1>(x, [x.size]);
  return tf.sqrt(tf.sum(tf.square(flat)));
}

/** min(1, limit/(norm + 1e-6)) → []: what a gradient of this norm is multiplied with. */
function clipCoefficient(gradientNorm: tf.Scalar, limit: number): tf.Scalar {
  return tf.minimum(tf.div(constant(limit), tf.add(gradientNorm, constant(CLIP_EPSILON))), constant(1));
}

export interface Clipped {
  gradients: ReadonlyMap<string, tf.Tensor>;
  /** L2 norm of all gradients together, before clipping, []. */
  norm: tf.Scalar;
  /** The same of each. */
  norms: ReadonlyMap<string, tf.Scalar>;
}

export function clipGradients(
  gradients: ReadonlyMap<string, tf.Tensor>,
  { clip, clipNorm }: ClipSettings,
): Clipped {
  const norms = new Map([...gradients].map(([name, gradient]) => [name, norm(gradient)]));
  const all: tf.Scalar = tf.sqrt(tf.sum(tf.square(tf.stack([...norms.values()]))));
  if (clip === 'off') return { gradients, norm: all, norms };
  const shared = clip === 'global' ? clipCoefficient(all, clipNorm) : null;
  const clipped = [...gradients].map(([name, gradient]): [string, tf.Tensor] => [
    name,
    tf.mul(gradient, shared ?? clipCoefficient(norms.get(name) ?? all, clipNorm)),
  ]);
  return { gradients: new Map(clipped), norm: all, norms };
}
