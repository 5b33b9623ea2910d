/** What varies from step to step, worked out before the run begins. */
import { cosineSchedule, teacherTempSchedule } from '../core/schedules.ts';

export interface ScheduleSettings {
  totalSteps: number;
  stepsPerEpoch: number;
  /** Peak lr, after the batch-size rule. */
  lr: number;
  lrSchedule: 'cosine' | 'constant';
  lrWarmupSteps: number;
  lrWarmupStart: number;
  lrEnd: number;
  weightDecay: number;
  weightDecayEnd: number;
  momentum: number;
  momentumEnd: number;
  momentumSchedule: 'cosine' | 'constant';
  momentumAdvance: 'step' | 'epoch';
  teacherTemp: number;
  warmupTeacherTemp: number;
  warmupTeacherTempEpochs: number;
  /** Steps in which the last layer's gradient is dropped. */
  freezeSteps: number;
}

export interface StepValues {
  lr: number;
  weightDecay: number;
  /** Of the teacher. */
  momentum: number;
  teacherTemp: number;
  /** The last layer is frozen in this step. */
  frozen: boolean;
}

/** Values of every step from 0 to totalSteps − 1. */
export interface Schedule {
  totalSteps: number;
  at(step: number): StepValues;
}

/** @throws ScheduleError when a warm-up does not fit the run. */
export function planSchedule(s: ScheduleSettings): Schedule {
  const flat = (value: number) => new Float64Array(s.totalSteps).fill(value);
  const epochs = Math.max(1, Math.ceil(s.totalSteps / s.stepsPerEpoch));
  const lrEnd = s.lrSchedule === 'constant' ? s.lr : s.lrEnd;
  const lr = cosineSchedule(s.lr, lrEnd, s.totalSteps, s.lrWarmupSteps, s.lrWarmupStart);
  const weightDecay = cosineSchedule(s.weightDecay, s.weightDecayEnd, s.totalSteps);
  const momentum =
    s.momentumSchedule === 'constant'
      ? flat(s.momentum)
      : cosineSchedule(s.momentum, s.momentumEnd, s.totalSteps);
  const teacherTemp = teacherTempSchedule(
    s.warmupTeacherTemp,
    s.teacherTemp,
    s.warmupTeacherTempEpochs,
    epochs,
  );
  return {
    totalSteps: s.totalSteps,
    at: (step) => {
      const epoch = Math.floor(step / s.stepsPerEpoch);
      const momentumStep = s.momentumAdvance === 'epoch' ? epoch * s.stepsPerEpoch : step;
      return {
        lr: lr[step] ?? 0,
        weightDecay: weightDecay[step] ?? 0,
        momentum: momentum[momentumStep] ?? 1,
        teacherTemp: teacherTemp[epoch] ?? s.teacherTemp,
        frozen: step < s.freezeSteps,
      };
    },
  };
}
