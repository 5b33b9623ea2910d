/** The state of a run: everything that a step changes. */
import * as tf from '@tensorflow/tfjs-core';
import { initialNetwork } from '../model/border.ts';
import { disposeNetwork, type Network, type Tensors } from '../model/network.ts';
import type { NetworkShape } from '../model/shapes.ts';
import { networkSpec } from '../model/specs.ts';
import type { Moments } from '../ops/optimizers.ts';

export interface RunState {
  student: Network;
  teacher: Network;
  /** Running mean of the teacher's logits, [1, K]. */
  center: tf.Tensor2D;
  /** The optimizer's moments, by parameter; a parameter that was never updated has none. */
  moments: ReadonlyMap<string, Moments>;
  /** How often the optimizer has moved each parameter: a frozen one lags behind. */
  updates: ReadonlyMap<string, number>;
  /** Steps done. */
  step: number;
}

/** A run before its first step: the teacher is a copy of the student, the center 0. */
export function initialRun(shape: NetworkShape, seed: number): RunState {
  const student = initialNetwork(networkSpec(shape), seed);
  const copy = (tensors: Network['parameters']) =>
    new Map([...tensors].map(([name, t]) => [name, tf.clone(t)]));
  return {
    student,
    teacher: { parameters: copy(student.parameters), buffers: copy(student.buffers) },
    center: tf.zeros([1, shape.head.prototypes]),
    moments: new Map(),
    updates: new Map(),
    step: 0,
  };
}

/** Tensors of their own over the same data. */
const clones = (tensors: Tensors): Tensors =>
  new Map([...tensors].map(([name, tensor]) => [name, tf.clone(tensor)]));

export function disposeRun(run: RunState): void {
  disposeNetwork(run.student);
  disposeNetwork(run.teacher);
  tf.dispose([run.center, ...[...run.moments.values()].flat()]);
}

/** The same state under tensors of its own: it stays whole while the run goes on. Dispose of it with disposeRun. */
export function holdRun(run: RunState): RunState {
  const network = ({ parameters, buffers }: Network) => ({
    parameters: clones(parameters),
    buffers: clones(buffers),
  });
  return {
    student: network(run.student),
    teacher: network(run.teacher),
    center: tf.clone(run.center),
    moments: new Map([...run.moments].map(([name, moments]) => [name, moments.map((t) => tf.clone(t))])),
    updates: run.updates,
    step: run.step,
  };
}
