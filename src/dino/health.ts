/** Two figures that tell a healthy run from a collapsed one, computed on the device. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../ops/constants.ts';
import { fusedKernel } from '../ops/kernel.ts';
import { sumRows } from '../ops/matmul.ts';
import { l2Normalize } from '../ops/normalize.ts';

/** Under a probability before its logarithm. */
const LOG_FLOOR = 1e-30;

/** Mean entropy of the rows in nats: [rows, K] probabilities → []. ln K is uniform, 0 is one prototype. */
export function meanEntropy(probabilities: tf.Tensor2D): tf.Scalar {
  const kernel = fusedKernel('MeanEntropy');
  if (kernel) {
    const [entropy] = kernel<[tf.Scalar]>({ probabilities }, { floor: LOG_FLOOR });
    return entropy;
  }
  const logs = tf.log(tf.maximum(probabilities, constant(LOG_FLOOR)));
  return tf.neg(tf.mean(tf.sum(tf.mul(probabilities, logs), 1)));
}

/**
 * Mean over the dimensions of the standard deviation of L2-normalised features: [rows, dim] → [].
 * 1/√dim when the features fill the sphere, 0 when all are alike (Chen & He 2021, "SimSiam", figure 2).
 */
export function featureSpread(features: tf.Tensor2D): tf.Scalar {
  const unit = l2Normalize(features); // [rows, dim]
  const kernel = fusedKernel('MeanDeviation');
  if (kernel) {
    const [spread] = kernel<[tf.Scalar]>({ unit });
    return spread;
  }
  const [rows] = unit.shape;
  const centered = tf.sub<tf.Tensor2D>(unit, tf.mul(sumRows(unit), constant(1 / rows)));
  const variance = tf.mul(sumRows(tf.square(centered)), constant(1 / Math.max(1, rows - 1))); // [dim]
  return tf.mean(tf.sqrt(variance));
}
