/** GELU(x) = x·Φ(x) with the exact normal distribution function (erf), as torch's default. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';

/** Any shape. */
export function gelu<T extends tf.Tensor>(x: T): T {
  return differentiable([x], () => ({
    value: geluOf(x),
    saved: [x],
    gradient: (dy, [input]) => [geluGradient(dy, input)],
  }));
}

/** The value alone, no node of the tape. */
export function geluOf<T extends tf.Tensor>(x: T): T {
  return fusedKernel('Gelu')?.<[T]>({ x })[0] ?? tf.mul<T>(x, normalCdf(x));
}

/** dy·(Φ(x) + x·φ(x)). */
export function geluGradient<T extends tf.Tensor>(dy: T, x: T): T {
  const made = fusedKernel('GeluGradient')?.<[T]>({ dy, x })[0];
  if (made) return made;
  const density = tf.mul(tf.exp(tf.mul(tf.square(x), constant(-0.5))), constant(1 / Math.sqrt(2 * Math.PI)));
  return tf.mul<T>(dy, tf.add(normalCdf(x), tf.mul(x, density)));
}

/** Φ(x) = (1 + erf(x/√2)) / 2. */
function normalCdf<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.add(tf.erf(tf.mul(x, constant(Math.SQRT1_2))), constant(1)), constant(0.5));
}
