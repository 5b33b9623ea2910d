/** The exponential moving average that makes the teacher. */
import * as tf from '@tensorflow/tfjs-core';
import { scalarOf, VALUE } from './step-values.ts';

/** momentum·teacher + (1 − momentum)·student, with the momentum and its complement of the step's values. */
export function ema(teacher: tf.Tensor, student: tf.Tensor, values: tf.Tensor1D): tf.Tensor {
  const momentum = scalarOf(values, VALUE.momentum);
  const complement = scalarOf(values, VALUE.complement);
  return tf.add(tf.mul(teacher, momentum), tf.mul(student, complement));
}
