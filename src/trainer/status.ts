/** The figures of a session that the page shows at all times. */
import * as tf from '@tensorflow/tfjs-core';
import type { Phase, SessionStatus } from '../protocol/values.ts';
import type { TrainingRun } from './training-run.ts';

/**
 * @param secondsAStep lately; null while no step has ended.
 * @param opened whether there is a backend, and so memory to speak of.
 */
export function statusOf(
  phase: Phase,
  run: TrainingRun | null,
  secondsAStep: number | null,
  opened: boolean,
): SessionStatus {
  const { numTensors, numBytes } = opened ? tf.memory() : { numTensors: 0, numBytes: 0 };
  const left = run && secondsAStep !== null ? Math.max(0, run.plan.stopStep - run.step) * secondsAStep : null;
  return {
    phase,
    step: run?.step ?? 0,
    totalSteps: run?.plan.stopStep ?? 0,
    stepsPerEpoch: run?.plan.stepsPerEpoch ?? 0,
    imagesPerSecond: secondsAStep && run ? run.config.training.batchSize / secondsAStep : 0,
    secondsLeft: left,
    parameters: run?.parameters ?? 0,
    tensors: numTensors,
    tensorBytes: numBytes,
    dispatches: run?.dispatches ?? null,
    notRecorded: run?.notRecorded ?? null,
    views: run?.viewMeans ?? 'inline',
  };
}
