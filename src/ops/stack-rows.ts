/** Matrices one under the other, with their gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';

/** [rows, n] each → [Σ rows, n]. */
export function stackRows(parts: readonly tf.Tensor2D[]): tf.Tensor2D {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  return differentiable(parts, () => ({
    value: tf.concat([...parts], 0),
    saved: [],
    gradient: (dy) => {
      let row = 0;
      return parts.map(({ shape: [rows, n] }) => {
        row += rows;
        return tf.slice(dy, [row - rows, 0], [rows, n]);
      });
    },
  }));
}
