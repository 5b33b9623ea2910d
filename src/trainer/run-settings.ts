/** From a run's config to what the step, the network and the schedule need. */
import type { RunPlan } from '../config/plan.ts';
import type { RunConfig } from '../config/schema.ts';
import type { ScheduleSettings } from '../dino/schedule.ts';
import type { StepSettings } from '../dino/step.ts';
import type { BackboneShape, NetworkShape } from '../model/shapes.ts';

export const networkShape = (config: RunConfig): NetworkShape => ({
  imageSize: config.views.globalSize,
  backbone: backboneShape(config.backbone),
  head: config.head,
});

/** What of the settings says something about the network that was chosen. */
function backboneShape(backbone: RunConfig['backbone']): BackboneShape {
  const { architecture, width, stem, patchSize, dim, depth, heads, mlpRatio, qkvBias } = backbone;
  return architecture === 'vit'
    ? { patchSize, dim, depth, heads, mlpRatio, qkvBias }
    : { architecture, width, stem };
}

export function stepSettings(config: RunConfig): StepSettings {
  const { loss, optimizer, teacher, views } = config;
  return {
    shape: networkShape(config),
    views: 2 + views.localCount,
    studentTemp: loss.studentTemp,
    teacherUpdate: teacher.update,
    stopGradient: loss.stopGradient,
    centering: loss.centering,
    centerMomentum: loss.centerMomentum,
    teacherLogitsL2: loss.teacherLogitsL2,
    clip: optimizer.clip,
    clipNorm: optimizer.clipNorm,
    optimizer,
  };
}

export function scheduleSettings(config: RunConfig, plan: RunPlan): ScheduleSettings {
  const { loss, optimizer, teacher } = config;
  return {
    totalSteps: plan.totalSteps,
    stepsPerEpoch: plan.stepsPerEpoch,
    lr: plan.lr,
    lrSchedule: optimizer.lrSchedule,
    lrWarmupSteps: plan.lrWarmupSteps,
    lrWarmupStart: optimizer.lrWarmupStart,
    lrEnd: optimizer.lrEnd,
    weightDecay: optimizer.weightDecay,
    weightDecayEnd: optimizer.weightDecayEnd,
    momentum: teacher.momentum,
    momentumEnd: teacher.momentumEnd,
    momentumSchedule: teacher.schedule,
    momentumAdvance: teacher.advance,
    // Without sharpening the teacher is as soft as the student.
    teacherTemp: loss.sharpening ? loss.teacherTemp : loss.studentTemp,
    warmupTeacherTemp: loss.sharpening ? loss.warmupTeacherTemp : loss.studentTemp,
    warmupTeacherTempEpochs: plan.teacherTempWarmupEpochs,
    freezeSteps: plan.freezeSteps,
  };
}
