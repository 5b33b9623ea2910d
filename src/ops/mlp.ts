/** The second branch of a transformer block: y = x + keep·(gelu(normed·w1 + b1)·w2 + b2). */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { geluGradient, geluOf } from './gelu.ts';
import { fusedKernel } from './kernel.ts';
import { affine, inputGradient, type Layer, weightGradients } from './linear.ts';

/**
 * x and normed [rows, dim], fc1 dim → hidden, fc2 hidden → dim; keep [rows, 1] as in `addLinear`, or null → [rows, dim].
 * One op, so that GELU and its slope are taken where their operands are made.
 */
export function addMlp(
  x: tf.Tensor2D,
  normed: tf.Tensor2D,
  fc1: Layer,
  fc2: Layer,
  keep: tf.Tensor2D | null,
): tf.Tensor2D {
  return differentiable([x, normed, fc1.w, fc1.b, fc2.w, fc2.b], () => {
    const [hidden, pre] = activated(normed, fc1); // [rows, hidden] both
    const saved = [normed, fc1.w, fc1.b, fc2.w, fc2.b, hidden, pre] as const;
    return {
      value: affine({ x: hidden, w: fc2.w, b: fc2.b, residual: x, keep }),
      saved: keep ? [...saved, keep] : saved,
      gradient: (dy, [input, w1, b1, w2, b2, active, before, kept = null]) => {
        const dPre = activatedGradient(dy, w2, before, kept); // [rows, hidden]
        return [
          // tfjs disposes gradients that it has added up, so no two may be one tensor.
          tf.clone(dy),
          inputGradient(dPre, w1),
          ...weightGradients(input, dPre, w1, b1),
          ...weightGradients(active, dy, w2, b2, kept),
        ];
      },
    };
  });
}

/** gelu(x·w + b), and what it was taken of. */
function activated(x: tf.Tensor2D, { w, b }: Layer): [tf.Tensor2D, tf.Tensor2D] {
  const kernel = fusedKernel('Linear');
  if (kernel) return kernel<[tf.Tensor2D, tf.Tensor2D]>({ x, w, b }, { gelu: true });
  const pre = affine({ x, w, b });
  return [geluOf(pre), pre];
}

/** dL/dpre = ((keep·dy)·wᵀ)·gelu′(pre). */
function activatedGradient(
  dy: tf.Tensor2D,
  w: tf.Tensor2D,
  pre: tf.Tensor2D,
  keep: tf.Tensor2D | null,
): tf.Tensor2D {
  const kernel = fusedKernel('LinearInputGradient');
  if (kernel) return kernel<[tf.Tensor2D]>({ dy, w, pre, keep })[0];
  return geluGradient(inputGradient(dy, w, keep), pre);
}
