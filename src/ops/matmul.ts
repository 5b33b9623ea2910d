/** Matrix products in the form that the backend at hand runs fast. */
import * as tf from '@tensorflow/tfjs-core';
import { onesRow } from './constants.ts';
import { fusedKernel } from './kernel.ts';

// tfjs's WASM kernel reaches 26 GFLOP/s on A·B and 2 with a transposed operand: there the transpose is made first.
const transposesFirst = () => tf.getBackend() === 'wasm';

/** A·B: [m, k] · [k, n] → [m, n]. */
export function product(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return fused({ a, b }, false, false) ?? tf.matMul(a, b);
}

/** A·Bᵀ: [m, k] · [n, k]ᵀ → [m, n]. */
export function productTransposedB(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const made = fused({ a, b }, false, true);
  if (made) return made;
  return transposesFirst() ? tf.matMul(a, tf.transpose(b)) : tf.matMul(a, b, false, true);
}

/** Aᵀ·B: [k, m]ᵀ · [k, n] → [m, n]; `weight` is the parameter whose gradient that is, if it is one. */
export function productTransposedA(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  weight: tf.Tensor2D | null = null,
): tf.Tensor2D {
  const made = fused({ a, b, weight }, true, false);
  if (made) return made;
  return transposesFirst() ? tf.matMul(tf.transpose(a), b) : tf.matMul(a, b, true, false);
}

/** Sum over the rows: [m, n] → [n]. */
export function sumRows(x: tf.Tensor2D): tf.Tensor1D {
  return tf.reshape(tf.matMul(onesRow(x.shape[0]), x), [x.shape[1]]);
}

function fused(
  inputs: Record<string, tf.Tensor | null>,
  transposeA: boolean,
  transposeB: boolean,
): tf.Tensor2D | undefined {
  return fusedKernel('Product')?.<[tf.Tensor2D]>(inputs, { transposeA, transposeB })[0];
}
