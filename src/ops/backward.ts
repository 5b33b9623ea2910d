/** The backward pass. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { type Gradients, inGradientSlots, type Weights } from './update-parameters.ts';

/** The loss and its gradient with respect to every trainable parameter of the student. */
export function lossAndGradients(
  weights: Weights,
  loss: () => tf.Scalar,
): { loss: tf.Scalar; gradients: Gradients } {
  const { student, groups } = weights;
  const trainable = [...student.tensors].filter(([name]) => groups.has(name));
  // The gradient of the loss itself, which tfjs would upload.
  const one = tf.clone(constant(1));
  const { value, grads } = inGradientSlots(weights, () =>
    tf.valueAndGrads(loss)(
      trainable.map(([, tensor]) => tensor),
      one,
    ),
  );
  const gradients = trainable.map(([name], i): [string, tf.Tensor] => {
    const gradient = grads[i];
    if (!gradient) throw new RangeError(`"${name}" has no gradient`);
    return [name, gradient];
  });
  return { loss: tf.reshape(value, []), gradients: new Map(gradients) };
}
