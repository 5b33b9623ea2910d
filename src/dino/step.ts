/** One training step of DINO, in the order of the paper's algorithm 1 and the official train_one_epoch. */
import * as tf from '@tensorflow/tfjs-core';
import { trainingFeatures } from '../model/backbone.ts';
import { head } from '../model/head.ts';
import type { NetworkShape } from '../model/shapes.ts';
import { globalViews } from '../model/vit.ts';
import { lossAndGradients } from '../ops/backward.ts';
import type { Ring } from '../ops/ring.ts';
import { scalarOf, VALUE } from '../ops/step-values.ts';
import { type UpdateSettings, updateParameters } from '../ops/update-parameters.ts';
import { batchStatistics } from './batch-statistics.ts';
import { featureSpread, meanEntropy } from './health.ts';
import { type LossSettings, stepLoss, teacherSide } from './loss.ts';
import type { RunState } from './run-state.ts';
import type { StepInputs } from './step-inputs.ts';
import { moveCenter, teacherTargets } from './targets.ts';

export interface StepSettings extends LossSettings, UpdateSettings {
  shape: NetworkShape;
}

/** Loss, mean teacher entropy, feature spread, gradient norm before clipping. */
export const FIGURES = 4;

/**
 * Moves the run by one step, in place, and writes the step's figures to its row of the ring. Reads nothing but tensors
 * that stay, so that the step can be recorded. Where the loss or a gradient is not finite nothing of the run moves.
 */
export function trainStep(run: RunState, inputs: StepInputs, ring: Ring, s: StepSettings): void {
  tf.tidy(() => {
    const { weights, center } = run;
    const { views, dropPath, values } = inputs;
    const { backbone, head: headShape } = s.shape;
    const student = weights.student.tensors;
    const teacher = teacherSide(weights, values, s);
    const teacherBatches = batchStatistics(run.teacher.buffers);
    const studentBatches = batchStatistics(run.student.buffers);

    const teacherCls = trainingFeatures(teacher, globalViews(views), backbone, {
      watch: teacherBatches.watchMoments,
    }); // [2·batch, dim]
    const teacherLogits = head(teacher, teacherCls, headShape, teacherBatches.watch); // [2·batch, K]
    const inverseTemperature = scalarOf(values, VALUE.inverseTemperature);
    const targets = teacherTargets(teacherLogits, center, inverseTemperature, s); // [2·batch, K]

    const { loss, gradients } = lossAndGradients(weights, () => {
      const studentCls = trainingFeatures(student, views, backbone, {
        dropPath,
        watch: studentBatches.watchMoments,
      }); // [views·batch, dim]
      const studentLogits = head(student, studentCls, headShape, studentBatches.watch); // [views·batch, K]
      return stepLoss(studentLogits, targets, center, values, s);
    });

    const { finite, gradientNorm } = updateParameters(weights, gradients, loss, values, s);
    moveCenter(center, teacherLogits, finite, s);
    teacherBatches.commit(finite);
    studentBatches.commit(finite);
    ring.write(values, [loss, meanEntropy(targets), featureSpread(teacherCls), gradientNorm]);
  });
}
