/** Cross entropy of logits with wanted probabilities, as a classifier is trained by it. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { logSoftmax } from './cross-view-loss.ts';
import { differentiable } from './differentiable.ts';

/** Mean over the rows of −Σ wanted · log softmax(logits); both [rows, classes], rows of `wanted` sum to 1 → []. */
export function crossEntropy(logits: tf.Tensor2D, wanted: tf.Tensor2D): tf.Scalar {
  const share = 1 / logits.shape[0];
  return differentiable([logits], () => {
    const logProbabilities = logSoftmax(logits); // [rows, classes]
    const sums = tf.sum(tf.sum(tf.mul(wanted, logProbabilities), 1)); // []
    return {
      value: tf.mul<tf.Scalar>(sums, constant(-share)),
      saved: [logProbabilities, wanted],
      gradient: (dy, [logP, q]) => [tf.mul(tf.sub(tf.exp(logP), q), tf.mul(dy, constant(share)))],
    };
  });
}
