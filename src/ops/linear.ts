/** y = x·w + b. */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { product, productTransposedA, productTransposedB, sumRows } from './matmul.ts';

/** x [rows, in], w [in, out], b [out] or null → [rows, out]. */
export function linear(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D | null): tf.Tensor2D {
  return differentiable(b ? [x, w, b] : [x, w], () => ({
    value: forward(x, w, b),
    saved: [x, w],
    gradient: (dy, [input, weight]) => {
      const dx = productTransposedB(dy, weight); // [rows, in]
      const dw = productTransposedA(input, dy); // [in, out]
      return b ? [dx, dw, sumRows(dy)] : [dx, dw];
    },
  }));
}

/** The same for an x that is data: no gradient flows into it, so none is computed. */
export function linearOfData(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D): tf.Tensor2D {
  return differentiable([w, b], () => ({
    value: forward(x, w, b),
    saved: [x],
    gradient: (dy, [input]) => [productTransposedA(input, dy), sumRows(dy)],
  }));
}

function forward(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D | null): tf.Tensor2D {
  const y = product(x, w); // [rows, out]
  return b ? tf.add(y, b) : y;
}

/** y = x·wᵀ for a weight whose rows are the outputs: x [rows, in], w [out, in] → [rows, out]. */
export function linearTransposed(x: tf.Tensor2D, w: tf.Tensor2D): tf.Tensor2D {
  return differentiable([x, w], () => ({
    value: productTransposedB(x, w),
    saved: [x, w],
    gradient: (dy, [input, weight]) => [product(dy, weight), productTransposedA(dy, input)],
  }));
}
