/** The metrics of a run for other programs: a table, and TensorBoard's event file. Piece by piece, as runs are long. */
import { eventRecords, type ScalarEvent } from '../core/event-file.ts';
import { metricNames } from '../protocol/step-metrics.ts';
import type { KnnResult } from '../protocol/values.ts';
import type { StepTable } from './step-table.ts';

export interface Measured {
  steps: StepTable;
  knn: readonly KnnResult[];
}

const KNN = ['teacher', 'untrained', 'pixels'] as const;

/** A heading, then a line a step; k-NN scores, in percent, stand in the line of their step. */
export function* metricsCsv({ steps, knn }: Measured): Generator<string, void> {
  yield `${[...metricNames, ...KNN.map((name) => `knn_${name}`)].join(',')}\n`;
  const scores = new Map(knn.map((result) => [result.step, result]));
  for (let i = 0; i < steps.length; i++) {
    const row = steps.row(i);
    const score = scores.get(row.step);
    yield `${[...metricNames.map((name) => row[name]), ...KNN.map((name) => score?.[name] ?? '')].join(',')}\n`;
  }
}

/** Tags by name of the figure; TensorBoard groups by what stands before the slash. */
const TAGS = {
  loss: 'train/loss',
  kl: 'train/kl',
  gradNorm: 'train/gradient_norm',
  teacherEntropy: 'health/teacher_entropy',
  featureSpread: 'health/feature_spread',
  lr: 'schedule/lr',
  weightDecay: 'schedule/weight_decay',
  momentum: 'schedule/teacher_momentum',
  teacherTemp: 'schedule/teacher_temperature',
  epoch: 'schedule/epoch',
  seconds: 'speed/seconds_a_step',
} as const;
const tagged = metricNames.flatMap((name) => (name === 'step' ? [] : [name]));

/** @param begun when the run began, seconds since 1970; steps follow by what they took. */
export function metricsEvents(
  { steps, knn }: Measured,
  begun: number,
): Generator<Uint8Array<ArrayBuffer>, void> {
  return eventRecords(begun, eventsOf({ steps, knn }, begun));
}

function* eventsOf({ steps, knn }: Measured, begun: number): Generator<ScalarEvent, void> {
  const scores = new Map(knn.map((result) => [result.step, result]));
  let time = begun;
  for (let i = 0; i < steps.length; i++) {
    const row = steps.row(i);
    time += row.seconds;
    const score = scores.get(row.step);
    const values = tagged.map((name) => ({ tag: TAGS[name], value: row[name] }));
    const scored = score ? KNN.map((name) => ({ tag: `knn/${name}`, value: score[name] })) : [];
    yield { time, step: row.step, values: [...values, ...scored] };
  }
}
