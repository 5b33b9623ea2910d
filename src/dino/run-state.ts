/** The state of a run: everything that a step changes, in tensors that stay the same for the whole run. */
import * as tf from '@tensorflow/tfjs-core';
import { initialNetwork, storedShape } from '../model/border.ts';
import { disposeNetwork, matrix, type Network, type Tensors } from '../model/network.ts';
import type { NetworkShape } from '../model/shapes.ts';
import { isDecayed, isLastLayer, isTrainable, networkSpec, type ParameterSpec } from '../model/specs.ts';
import { copyFlat, disposeFlat, type Flat, fillFlat, makeFlat, type Shapes } from '../ops/flat.ts';
import type { OptimizerSettings } from '../ops/optimizers.ts';
import { groupOf } from '../ops/step-values.ts';
import { disposeWeights, makeWeights, type Weights } from '../ops/update-parameters.ts';

/** A run as it was after a step: it stays whole while the run goes on. */
export interface RunSnapshot {
  readonly student: Network;
  readonly teacher: Network;
  /** Running mean of the teacher's logits, [1, K]. */
  readonly center: tf.Tensor2D;
  /** Steps done. */
  readonly step: number;
  /** The memory of all the tensors above. */
  readonly flats: readonly Flat[];
}

export interface RunState extends RunSnapshot {
  /** Both networks' parameters and the optimizer's moments. */
  readonly weights: Weights;
  /** The buffers of both networks, and the center. */
  readonly rest: Flat;
  step: number;
  /** How often the optimizer has moved the last layer, which is frozen at first, and everything else. */
  updates: { lastLayer: number; rest: number };
}

export interface RunShape {
  shape: NetworkShape;
  optimizer: OptimizerSettings;
}

/** A run before its first step: the teacher is a copy of the student, the center 0. */
export function initialRun({ shape, optimizer }: RunShape, seed: number): RunState {
  const student = initialNetwork(networkSpec(shape), seed);
  const run = runFrom({ shape, optimizer }, student, student, null);
  disposeNetwork(student);
  return run;
}

/** A run that starts from copies of these; a center that is null is 0. */
export function runFrom(
  shape: RunShape,
  student: Network,
  teacher: Network,
  center: tf.Tensor2D | null,
): RunState {
  const run = emptyRun(shape);
  const { weights, rest } = run;
  fillFlat(weights.student, student.parameters);
  fillFlat(weights.teacher, teacher.parameters);
  const zero = tf.zeros<tf.Rank.R2>([1, shape.shape.head.prototypes]);
  fillFlat(
    rest,
    new Map([...prefixed('student', student), ...prefixed('teacher', teacher), [CENTER, center ?? zero]]),
  );
  zero.dispose();
  return run;
}

/** A run whose every number is 0, for whoever fills it in. */
export function emptyRun({ shape, optimizer }: RunShape): RunState {
  const spec = networkSpec(shape);
  const weights = makeWeights(storedShapes(spec.parameters), updateGroups(spec.parameters, shape), optimizer);
  const rest = makeFlat(restShapes(storedShapes(spec.buffers), shape.head.prototypes));
  return {
    ...snapshotOf(weights.student, weights.teacher, rest, 0),
    weights,
    rest,
    updates: { lastLayer: 0, rest: 0 },
  };
}

const storedShapes = (specs: readonly ParameterSpec[]): Shapes =>
  new Map(specs.map((parameter) => [parameter.name, storedShape(parameter)]));

/** Weight decay and freezing go by the name. */
function updateGroups(
  parameters: readonly ParameterSpec[],
  { head }: NetworkShape,
): ReadonlyMap<string, number> {
  const trainable = parameters.filter(({ name }) => isTrainable(name, head));
  return new Map(
    trainable.map((each) => [
      each.name,
      groupOf(isDecayed(each.name, storedShape(each).length), isLastLayer(each.name)),
    ]),
  );
}

const CENTER = 'center';
const NETWORKS = ['student', 'teacher'] as const;
type Who = (typeof NETWORKS)[number];

const prefixed = (who: Who, { buffers }: Network): [string, tf.Tensor][] =>
  [...buffers].map(([name, tensor]) => [`${who}/${name}`, tensor]);

/** What the optimizer does not see: the buffers of both networks, and the center. */
function restShapes(buffers: Shapes, prototypes: number): Shapes {
  return new Map<string, readonly number[]>([
    ...NETWORKS.flatMap((who) => [...buffers].map(([name, shape]) => [`${who}/${name}`, shape] as const)),
    [CENTER, [1, prototypes]],
  ]);
}

function snapshotOf(student: Flat, teacher: Flat, rest: Flat, step: number): RunSnapshot {
  const buffersOf = (who: Who): Tensors =>
    new Map(
      [...rest.tensors].flatMap(([name, tensor]) =>
        name.startsWith(`${who}/`) ? [[name.slice(who.length + 1), tensor]] : [],
      ),
    );
  return {
    student: { parameters: student.tensors, buffers: buffersOf('student') },
    teacher: { parameters: teacher.tensors, buffers: buffersOf('teacher') },
    center: matrix(rest.tensors, CENTER),
    step,
    flats: [student, teacher, rest],
  };
}

/** To be called once the next step has been given to the device. A frozen layer's count stands still. */
export function countStep(run: RunState, frozen: boolean): void {
  run.step++;
  run.updates.rest++;
  if (!frozen) run.updates.lastLayer++;
}

/** A copy of what evaluations and checkpoints look at. Dispose of it with disposeSnapshot. */
export function holdRun(run: RunState): RunSnapshot {
  const [student, teacher, rest] = run.flats.map(copyFlat);
  if (!student || !teacher || !rest) throw new RangeError('The run lacks a part of its state');
  return snapshotOf(student, teacher, rest, run.step);
}

export function disposeSnapshot({ flats }: RunSnapshot): void {
  for (const flat of flats) disposeFlat(flat);
}

export function disposeRun({ rest, weights }: RunState): void {
  disposeFlat(rest);
  disposeWeights(weights);
}
