/** One training step of DINO, in the order of the paper's algorithm 1 and the official train_one_epoch. */
import * as tf from '@tensorflow/tfjs-core';
import { head } from '../model/head.ts';
import type { NetworkShape } from '../model/shapes.ts';
import { clsFeatures, type DropPath, globalViews, type PackedViews } from '../model/vit.ts';
import { crossViewLoss } from '../ops/cross-view-loss.ts';
import { batchNormWatcher } from './batch-statistics.ts';
import { featureSpread, meanEntropy } from './health.ts';
import type { RunState } from './run-state.ts';
import type { StepValues } from './schedule.ts';
import { type TargetSettings, teacherTargets, updateCenter } from './targets.ts';
import { applyGradients, lossAndGradients, type UpdateSettings, updateTeacher } from './update.ts';

export interface StepSettings extends TargetSettings, UpdateSettings {
  shape: NetworkShape;
  /** Views of an image: two global and the local ones. */
  views: number;
  studentTemp: number;
  /** The EMA comes after the optimizer (official), or before the forward pass. */
  teacherUpdate: 'after' | 'before';
}

export interface StepResult {
  next: RunState;
  /** Loss, mean teacher entropy, feature spread, gradient norm before clipping: [4]. */
  scalars: tf.Tensor1D;
}

/**
 * The state after one step; `run` itself is left as it was. Call inside tf.tidy and keep what you use.
 * views: [2·batch global, then local·batch] sequences, view by view.
 */
export function trainStep(
  run: RunState,
  views: PackedViews,
  at: StepValues,
  dropPath: DropPath,
  s: StepSettings,
): StepResult {
  const { backbone } = s.shape;
  const early = s.teacherUpdate === 'before';
  const teacher = early
    ? updateTeacher(run.teacher, run.student.parameters, at.momentum)
    : run.teacher.parameters;
  const teacherBatches = batchNormWatcher(run.teacher.buffers);
  const studentBatches = batchNormWatcher(run.student.buffers);

  const teacherCls = clsFeatures(teacher, globalViews(views), backbone); // [2·batch, dim]
  const teacherLogits = head(teacher, teacherCls, s.shape.head, teacherBatches.watch); // [2·batch, K]
  const targets = teacherTargets(teacherLogits, run.center, at.teacherTemp, s); // [2·batch, K]

  const { loss, gradients } = lossAndGradients(run.student.parameters, s.shape.head, (student) => {
    const studentCls = clsFeatures(student, views, backbone, dropPath); // [views·batch, dim]
    const studentLogits = head(student, studentCls, s.shape.head, studentBatches.watch); // [views·batch, K]
    return crossViewLoss(studentLogits, targets, s.views, s.studentTemp);
  });
  const center = updateCenter(run.center, teacherLogits, s); // [1, K]

  const moved = applyGradients(run, gradients, loss, at, s);
  const student = { parameters: moved.parameters, buffers: studentBatches.buffers() };
  const followed = early ? teacher : updateTeacher(run.teacher, student.parameters, at.momentum);

  return {
    next: {
      student,
      teacher: { parameters: followed, buffers: teacherBatches.buffers() },
      center: tf.where(moved.finite, center, run.center),
      moments: moved.moments,
      updates: moved.updates,
      step: run.step + 1,
    },
    scalars: tf.reshape(
      tf.stack([loss, meanEntropy(targets), featureSpread(teacherCls), moved.gradientNorm]),
      [4],
    ),
  };
}
