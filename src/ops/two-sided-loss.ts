/** DINO's loss with a gradient for both sides: what it would be without the stop-gradient on the teacher's. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { logSoftmax, softmax } from './cross-view-loss.ts';
import { differentiable } from './differentiable.ts';

/**
 * The value of `crossViewLoss` with the targets q = softmax((teacher − center)·inverseTemperature), and its gradient to
 * the scores of both sides. With g_v = −Σ_{u ≠ v} ln p_u, summed over the student's views u, and P pairs an image:
 *   ∂L/∂teacher_v = inverseTemperature/(P·batch) · q_v ⊙ (g_v − ⟨q_v, g_v⟩)
 * the derivative of a softmax under a linear form. The center is a constant, as it is in the step.
 * student [views·batch, K] view by view, globals first; teacher [2·batch, K]; center [1, K], or null for none → [].
 */
export function twoSidedLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  center: tf.Tensor2D | null,
  inverseTemperature: tf.Scalar,
  { views, studentTemp }: { views: number; studentTemp: number },
): tf.Scalar {
  const [rows, prototypes] = student.shape;
  const batch = rows / views;
  const scale = 1 / (2 * (views - 1) * batch);
  return differentiable([student, teacher], () => {
    const logP = logSoftmax(tf.div(student, constant(studentTemp))); // [views·batch, K]
    const centered = center ? tf.sub<tf.Tensor2D>(teacher, center) : teacher;
    const q = softmax(tf.mul(centered, inverseTemperature)); // [2·batch, K]
    const ofView = (tensor: tf.Tensor2D, view: number) =>
      tf.slice(tensor, [view * batch, 0], [batch, prototypes]);
    const all = addAll(Array.from({ length: views }, (_, view) => ofView(logP, view))); // [batch, K]
    // −g: the student's logarithms, summed over all views but the teacher's own.
    const others = tf.concat([tf.sub(all, ofView(logP, 0)), tf.sub(all, ofView(logP, 1))], 0); // [2·batch, K]
    const value = tf.mul<tf.Scalar>(tf.sum(tf.sum(tf.mul(q, others), 1)), constant(-scale));
    return {
      value,
      saved: [logP, q, others, inverseTemperature],
      gradient: (dy, [savedLogP, savedQ, savedOthers, sharpness]) => {
        const [first, second] = [ofView(savedQ, 0), ofView(savedQ, 1)];
        const both = tf.add<tf.Tensor2D>(first, second);
        const wanted = tf.concat([second, first, ...Array.from({ length: views - 2 }, () => both)], 0);
        const pairs = tf.sum(wanted, 1, true); // [views·batch, 1]: how many pairs the row is in
        const toStudent = tf.sub(tf.mul(tf.exp(savedLogP), pairs), wanted);
        const mean = tf.sum(tf.mul(savedQ, savedOthers), 1, true); // [2·batch, 1]
        const toTeacher = tf.mul(savedQ, tf.sub(mean, savedOthers));
        return [
          tf.mul(toStudent, tf.mul(dy, constant(scale / studentTemp))),
          tf.mul(toTeacher, tf.mul(tf.mul(dy, sharpness), constant(scale))),
        ];
      },
    };
  });
}

/** The first rows of a matrix, as one node of the tape: [rows, n] → [count, n]. */
export function firstRows(x: tf.Tensor2D, count: number): tf.Tensor2D {
  const [rows, columns] = x.shape;
  return differentiable([x], () => ({
    value: tf.slice(x, [0, 0], [count, columns]),
    saved: [],
    gradient: (dy) => [
      tf.pad(dy, [
        [0, rows - count],
        [0, 0],
      ]),
    ],
  }));
}

const addAll = (tensors: readonly tf.Tensor2D[]): tf.Tensor2D =>
  tensors.reduce((sum, each) => tf.add<tf.Tensor2D>(sum, each));
