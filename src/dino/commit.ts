/** Takes over a step's new tensors and frees what it replaced, so that memory stays constant. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunState } from './run-state.ts';
import type { StepResult } from './step.ts';

const tensorsOf = (run: RunState): tf.Tensor[] => [
  ...run.student.parameters.values(),
  ...run.student.buffers.values(),
  ...run.teacher.parameters.values(),
  ...run.teacher.buffers.values(),
  run.center,
  ...[...run.moments.values()].flat(),
];

/** Runs a step in a scope of its own; afterwards `run` is spent and the result owns every tensor. */
export function commitStep(run: RunState, step: () => StepResult): StepResult {
  tf.engine().startScope('step');
  let result: StepResult;
  try {
    result = step();
    for (const tensor of [...tensorsOf(result.next), result.scalars]) tf.keep(tensor);
  } finally {
    tf.engine().endScope();
  }
  const kept = new Set(tensorsOf(result.next));
  tf.dispose(tensorsOf(run).filter((tensor) => !kept.has(tensor)));
  return result;
}

/** Runs a step for its side effects alone, such as compiled shaders: every tensor that it made is freed, also kept ones. */
export function discardStep(run: RunState, step: () => StepResult): void {
  const kept = new Set(tensorsOf(run));
  tf.tidy(() => tf.dispose(tensorsOf(step().next).filter((tensor) => !kept.has(tensor))));
}
