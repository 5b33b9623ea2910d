/** y = x·w + b, alone or added to a residual, and its gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';
import { product, productTransposedA, productTransposedB, sumRows } from './matmul.ts';

/** A layer's parameters: w [in, out], b [out]. */
export interface Layer {
  w: tf.Tensor2D;
  b: tf.Tensor1D;
}

/** What may come with the product: y = residual + keep·(x·w + b). */
export interface Affine {
  x: tf.Tensor2D;
  w: tf.Tensor2D;
  b: tf.Tensor1D | null;
  residual?: tf.Tensor2D;
  /** [rows, 1]: 0 or 1/(1−p) for every row; null keeps all. */
  keep?: tf.Tensor2D | null;
}

/** x [rows, in], w [in, out], b [out] or null → [rows, out]. */
export function linear(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D | null): tf.Tensor2D {
  return differentiable(b ? [x, w, b] : [x, w], () => ({
    value: affine({ x, w, b }),
    saved: b ? [x, w, b] : [x, w],
    gradient: (dy, [input, weight, bias = null]) => [
      inputGradient(dy, weight),
      ...weightGradients(input, dy, weight, bias),
    ],
  }));
}

/** The same for an x that is data: no gradient flows into it, so none is computed. */
export function linearOfData(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D): tf.Tensor2D {
  return differentiable([w, b], () => ({
    value: affine({ x, w, b }),
    saved: [x, w, b],
    gradient: (dy, [input, weight, bias]) => weightGradients(input, dy, weight, bias),
  }));
}

/**
 * x + keep·(branch·w + b): a branch's last layer together with its residual, the branch optionally dropped per sample
 * (stochastic depth). x [rows, out], branch [rows, in]; keep [rows, 1] holds 0 or 1/(1−p), or is null to keep all.
 */
export function addLinear(
  x: tf.Tensor2D,
  branch: tf.Tensor2D,
  { w, b }: Layer,
  keep: tf.Tensor2D | null,
): tf.Tensor2D {
  return differentiable([x, branch, w, b], () => ({
    value: affine({ x: branch, w, b, residual: x, keep }),
    saved: keep ? [branch, w, b, keep] : [branch, w, b],
    gradient: (dy, [input, weight, bias, kept = null]) => [
      // tfjs disposes gradients that it has added up, so no two may be one tensor.
      tf.clone(dy),
      inputGradient(dy, weight, kept),
      ...weightGradients(input, dy, weight, bias, kept),
    ],
  }));
}

/** y = x·wᵀ for a weight whose rows are the outputs: x [rows, in], w [out, in] → [rows, out]. */
export function linearTransposed(x: tf.Tensor2D, w: tf.Tensor2D): tf.Tensor2D {
  return differentiable([x, w], () => ({
    value: productTransposedB(x, w),
    saved: [x, w],
    gradient: (dy, [input, weight]) => [product(dy, weight), productTransposedA(dy, input, weight)],
  }));
}

/** The value alone, no node of the tape: [rows, out]. */
export function affine({ x, w, b, residual, keep = null }: Affine): tf.Tensor2D {
  const kernel = fusedKernel('Linear');
  if (kernel) return kernel<[tf.Tensor2D]>({ x, w, b, residual: residual ?? null, keep }, { gelu: false })[0];
  const sums = product(x, w); // [rows, out]
  const y = b ? tf.add<tf.Tensor2D>(sums, b) : sums;
  const kept = keep ? tf.mul<tf.Tensor2D>(y, keep) : y;
  return residual ? tf.add(residual, kept) : kept;
}

/** (keep·dy)·wᵀ: dy [rows, out], w [in, out] → [rows, in]. */
export function inputGradient(dy: tf.Tensor2D, w: tf.Tensor2D, keep: tf.Tensor2D | null = null): tf.Tensor2D {
  const kernel = fusedKernel('LinearInputGradient');
  if (kernel) return kernel<[tf.Tensor2D]>({ dy, w, keep })[0];
  return productTransposedB(keep ? tf.mul(dy, keep) : dy, w);
}

/** xᵀ·(keep·dy) [in, out] and, for a bias, the sum of keep·dy over its rows [out]. */
export function weightGradients(
  x: tf.Tensor2D,
  dy: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D | null,
  keep: tf.Tensor2D | null = null,
): tf.Tensor[] {
  const kernel = fusedKernel('LinearWeightGradient');
  if (kernel) return kernel({ x, dy, keep, weight, bias });
  const kept = keep ? tf.mul<tf.Tensor2D>(dy, keep) : dy;
  const dw = productTransposedA(x, kept);
  return bias ? [dw, sumRows(kept)] : [dw];
}
