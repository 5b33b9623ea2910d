/** GELU(x) = x·Φ(x) with the exact normal distribution function (erf), as torch's default. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';

/** Φ(x) = (1 + erf(x/√2)) / 2, any shape. */
function normalCdf<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.add(tf.erf(tf.mul(x, constant(Math.SQRT1_2))), constant(1)), constant(0.5));
}

export function gelu<T extends tf.Tensor>(x: T): T {
  return differentiable([x], () => {
    const cdf = normalCdf(x);
    return {
      value: tf.mul<T>(x, cdf),
      saved: [x, cdf],
      gradient: (dy, [input, phi]) => {
        const density = tf.mul(
          tf.exp(tf.mul(tf.square(input), constant(-0.5))),
          constant(1 / Math.sqrt(2 * Math.PI)),
        );
        return [tf.mul(dy, tf.add(phi, tf.mul(input, density)))];
      },
    };
  });
}
