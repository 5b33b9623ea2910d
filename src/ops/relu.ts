/** ReLU with dropout behind it, and its gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';

/**
 * max(x, 0)·keep. `keep` holds 0 or 1/(1−p) for each number (dropout, Srivastava et al. 2014, scaled in training as torch
 * does it), or is null to keep all. x and keep [rows, width] → [rows, width].
 */
export function reluDropped(x: tf.Tensor2D, keep: tf.Tensor2D | null): tf.Tensor2D {
  return differentiable([x], () => {
    const positive = tf.maximum<tf.Tensor2D>(x, constant(0));
    return {
      value: keep ? tf.mul(positive, keep) : positive,
      saved: keep ? [x, keep] : [x],
      gradient: (dy, [input, kept]) => [
        tf.where(tf.greater(input, constant(0)), kept ? tf.mul(dy, kept) : dy, tf.zerosLike(dy)),
      ],
    };
  });
}
