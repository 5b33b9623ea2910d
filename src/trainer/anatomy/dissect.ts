/** Takes the coming step of a run apart, and compares it with the step that the run then makes. */
import * as tf from '@tensorflow/tfjs-core';
import { stepAnswers } from '../../dino/anatomy.ts';
import type { StepSettings } from '../../dino/step.ts';
import { type Between, paced } from '../../eval/pace.ts';
import type { Anatomy } from '../../protocol/anatomy.ts';
import type { StepMetrics } from '../../protocol/values.ts';
import type { ComingStep } from '../training-run.ts';
import {
  type BatchShape,
  type HostAnswers,
  meanEntropy,
  meanOf,
  meanPairs,
  meanRow,
  pairLosses,
} from './answers.ts';
import { disposeExpected, type Expected, largestDifference, tensorSteps } from './tensors.ts';

/** What was found out before the step was made. */
export interface Dissection {
  shape: BatchShape;
  answers: HostAnswers;
  /** Of each image, as answers.ts says. */
  pairs: (number | null)[][];
  parts: Pick<Anatomy, 'at' | 'pairs' | 'center' | 'tensors'>;
  /** Worked out here: loss, entropy, spread, norm of all gradients. */
  figures: Record<keyof Anatomy['agreement'], number>;
  expected: Expected;
}

/** The loss of the step is not finite: it moves nothing, so there is nothing to show. */
export class StepNotFinite extends Error {
  override name = 'StepNotFinite';
  constructor(readonly loss: number) {
    super(
      `The loss of this step is ${loss}: nothing moves, so there is nothing to take apart. Reset the run.`,
    );
  }
}

/**
 * Works the step out beside the run. Dispose of what it returns with `disposeDissection`.
 * @throws StepNotFinite
 */
export async function dissect(
  { state, inputs, at }: ComingStep,
  s: StepSettings,
  between: Between,
): Promise<Dissection> {
  const rest = paced(between);
  const made = tf.tidy(() => {
    const { clipped, gradients, ...answers } = stepAnswers(state, inputs, s);
    return {
      ...answers,
      gradients: Object.fromEntries(gradients),
      clipped: Object.fromEntries(clipped),
    };
  });
  try {
    const prototypes = s.shape.head.prototypes;
    const shape = { batch: made.targets.shape[0] / 2, views: s.views, prototypes };
    const answers: HostAnswers = {
      teacherLogits: await made.teacherLogits.data<'float32'>(),
      targets: await made.targets.data<'float32'>(),
      wanted: await made.wanted.data<'float32'>(),
      studentLogits: await made.studentLogits.data<'float32'>(),
    };
    const pairs = await pairLosses(answers, shape, s.studentTemp, between);
    const mean = meanPairs(pairs);
    const loss = meanOf(mean);
    const gradNorm = (await made.gradNorm.data<'float32'>())[0] ?? Number.NaN;
    if (!Number.isFinite(loss + gradNorm)) throw new StepNotFinite(loss);
    await rest();
    const { steps, expected } = await tensorSteps(
      state,
      { gradients: new Map(Object.entries(made.gradients)), clipped: new Map(Object.entries(made.clipped)) },
      inputs,
      s,
      at.frozen,
    );
    return {
      shape,
      answers,
      pairs,
      parts: {
        at: valuesOf(at, s),
        pairs: mean,
        center: await centerOf(state.center, answers, s),
        tensors: steps,
      },
      figures: {
        loss,
        teacherEntropy: meanEntropy(answers.targets, prototypes),
        featureSpread: (await made.spread.data<'float32'>())[0] ?? Number.NaN,
        gradNorm: Math.hypot(...steps.map((step) => step.gradNorm)),
      },
      expected,
    };
  } finally {
    tf.dispose(made);
  }
}

export function disposeDissection({ expected }: Dissection): void {
  disposeExpected(expected);
}

/** How far what the run's own step has made is from what was expected of it. */
export async function compare(
  { figures, expected, parts }: Dissection,
  state: ComingStep['state'],
  own: Omit<StepMetrics, 'seconds'>,
): Promise<Pick<Anatomy, 'agreement' | 'differences'>> {
  const beside = (which: keyof Anatomy['agreement']) => ({ here: figures[which], run: own[which] });
  const center = await state.center.data<'float32'>();
  return {
    agreement: {
      loss: beside('loss'),
      teacherEntropy: beside('teacherEntropy'),
      featureSpread: beside('featureSpread'),
      gradNorm: beside('gradNorm'),
    },
    differences: {
      student: await largestDifference(expected.student, state.student.parameters),
      teacher: await largestDifference(expected.teacher, state.teacher.parameters),
      center: parts.center.after.reduce(
        (worst, value, k) => Math.max(worst, Math.abs(value - (center[k] ?? Number.NaN))),
        0,
      ),
    },
  };
}

function valuesOf(at: ComingStep['at'], s: StepSettings): Anatomy['at'] {
  const {
    studentTemp,
    stopGradient,
    centering,
    centerMomentum,
    teacherLogitsL2,
    clip,
    clipNorm,
    teacherUpdate,
  } = s;
  const { kind, beta1, beta2, epsilon, sgdMomentum } = s.optimizer;
  return {
    ...at,
    studentTemp,
    stopGradient,
    centering,
    centerMomentum,
    teacherLogitsL2,
    clip,
    clipNorm,
    teacherUpdate,
    optimizer: { kind, beta1, beta2, epsilon, sgdMomentum },
  };
}

/** The center as it was, the batch's mean score, and the center that follows: m·c + (1 − m)·mean. */
async function centerOf(
  center: tf.Tensor2D,
  { teacherLogits }: HostAnswers,
  { centering, centerMomentum, teacherLogitsL2 }: StepSettings,
): Promise<Anatomy['center']> {
  // A copy: on some backends this is the memory that the step will write to.
  const before = Float32Array.from(await center.data<'float32'>());
  const mean = meanRow(teacherLogits, before.length, teacherLogitsL2);
  const after = before.map((value, k) =>
    centering ? centerMomentum * value + (1 - centerMomentum) * (mean[k] ?? 0) : value,
  );
  return { before, mean, after };
}
