/** y = x·w + b. */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { product, productTransposedA, productTransposedB, sumRows } from './matmul.ts';

/** x [rows, in], w [in, out], b [out] or null → [rows, out]. */
export function linear(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D | null): tf.Tensor2D {
  return differentiable(b ? [x, w, b] : [x, w], () => ({
    value: forward(x, w, b),
    saved: [],
    gradient: (dy) => {
      const dx = productTransposedB(dy, w); // [rows, in]
      const dw = productTransposedA(x, dy); // [in, out]
      return b ? [dx, dw, sumRows(dy)] : [dx, dw];
    },
  }));
}

/** The same for an x that is data: no gradient flows into it, so none is computed. */
export function linearOfData(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D): tf.Tensor2D {
  return differentiable([w, b], () => ({
    value: forward(x, w, b),
    saved: [],
    gradient: (dy) => [productTransposedA(x, dy), sumRows(dy)],
  }));
}

function forward(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D | null): tf.Tensor2D {
  const y = product(x, w); // [rows, out]
  return b ? tf.add(y, b) : y;
}
