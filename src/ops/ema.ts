/** The exponential moving average that makes the teacher. */
import * as tf from '@tensorflow/tfjs-core';

/** momentum·teacher + (1 − momentum)·student; momentum and its complement are scalars on the device. */
export function ema(
  teacher: tf.Tensor,
  student: tf.Tensor,
  momentum: tf.Scalar,
  complement: tf.Scalar,
): tf.Tensor {
  return tf.add(tf.mul(teacher, momentum), tf.mul(student, complement));
}
