/** DINO's loss: cross-entropy between teacher and student over all pairs of different views. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';

/** Stable softmax of rows: [rows, n] → [rows, n]. */
export function softmax(logits: tf.Tensor2D): tf.Tensor2D {
  const exponents = tf.exp(tf.sub(logits, tf.max(logits, 1, true)));
  return tf.div(exponents, tf.sum(exponents, 1, true));
}

/** Stable log-softmax of rows: [rows, n] → [rows, n]. */
export function logSoftmax(logits: tf.Tensor2D): tf.Tensor2D {
  const shifted = tf.sub<tf.Tensor2D>(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

/**
 * Mean over the pairs (teacher view v, student view u ≠ v) and the batch of −Σ targets_v · log softmax(student_u/τ_s).
 * student [views·batch, K] view by view, globals first; targets [2·batch, K], the teacher's probabilities → [].
 * Caron et al. 2021, eq. 2–3.
 */
export function crossViewLoss(
  student: tf.Tensor2D,
  targets: tf.Tensor2D,
  views: number,
  studentTemp: number,
): tf.Scalar {
  const kernel = fusedKernel('CrossViewLoss');
  const gradientKernel = fusedKernel('CrossViewLossGradient');
  if (!kernel || !gradientKernel) return composition(student, targets, views, studentTemp);
  const settings = { views, studentTemp };
  return differentiable([student], () => {
    // What the softmax needs to be worked out again: [views·batch, 3].
    const [value, statistics] = kernel<[tf.Scalar, tf.Tensor2D]>({ student, targets }, settings);
    return {
      value,
      saved: [student, targets, statistics],
      gradient: (dy, [logits, wanted, rows]) =>
        gradientKernel({ dy, student: logits, targets: wanted, statistics: rows }, settings),
    };
  });
}

function composition(
  student: tf.Tensor2D,
  targets: tf.Tensor2D,
  views: number,
  studentTemp: number,
): tf.Scalar {
  const [rows, prototypes] = student.shape;
  const batch = rows / views;
  const pairs = 2 * (views - 1);
  return differentiable([student], () => {
    const logProbabilities = logSoftmax(tf.div(student, constant(studentTemp))); // [views·batch, K]
    const first = tf.slice(targets, [0, 0], [batch, prototypes]);
    const second = tf.slice(targets, [batch, 0], [batch, prototypes]);
    // Global view 0 learns from the teacher's view 1 and the other way round; a local view learns from both.
    const both = tf.add<tf.Tensor2D>(first, second);
    const wanted = tf.concat([second, first, ...Array.from({ length: views - 2 }, () => both)], 0); // [views·batch, K]
    const scale = constant(1 / (pairs * batch));
    return {
      value: tf.neg<tf.Scalar>(tf.mul(tf.sum(tf.sum(tf.mul(wanted, logProbabilities), 1)), scale)),
      saved: [logProbabilities, wanted],
      gradient: (dy, [logP, q]) => {
        const terms = tf.sum(q, 1, true); // [views·batch, 1]: the number of pairs the row is in
        const d = tf.sub(tf.mul(tf.exp(logP), terms), q); // [views·batch, K]
        return [tf.mul(d, tf.mul(dy, constant(1 / (pairs * batch * studentTemp))))];
      },
    };
  });
}
