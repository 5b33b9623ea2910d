/** Labels taught to the network itself, with a small classifier on it, and in the same way to one that never trained. */
import * as tf from '@tensorflow/tfjs-core';
import { classifierLayers } from '../../eval/classifier.ts';
import { type Finetuned, type FinetunePoint, finetune } from '../../eval/finetune.ts';
import type { Body } from '../../eval/tuning.ts';
import { evaluationFeatures } from '../../model/backbone.ts';
import { featureWidth, rowSide } from '../../model/shapes.ts';
import { tokenLayout } from '../../ops/layout.ts';
import type { FindingOf, Study, TuningChoices, TuningCurve, TuningCurves } from '../../protocol/studies.ts';
import { evalRows } from '../evaluated-images.ts';
import type { Findings } from './knn.ts';
import { LINEAR_PIXELS } from './linear.ts';
import { StudyRefused } from './queue.ts';
import { accuracyOf, besideBaselines, type Measured } from './scores.ts';
import { inWords, type Split, TURN, type Who, type Workbench } from './workbench.ts';

/** Few images make smaller batches, so that an epoch has steps enough to learn something. */
const BATCH = { most: 32, least: 4, steps: 10 };
const WEIGHT_DECAY = 5e-4;
const LEARNS = { whole: 'whole network', head: 'classifier alone' } as const;

export interface Task {
  train: Split;
  val: Split;
  classes: number;
}

export async function finetuneStudy(
  study: Extract<Study, { kind: 'finetune' }>,
  bench: Workbench,
): Promise<Findings> {
  const task = bench.labelled();
  const { train, val, classes } = task;
  let curves: TuningCurves = { network: EMPTY, untrained: EMPTY, pixels: EMPTY };
  const measure = async (who: Who): Promise<Measured<number>> => {
    const onEpoch = (point: FinetunePoint) => {
      curves = { ...curves, [who]: longer(curves[who], point) };
      bench.show(who, curves);
    };
    const { predictions, heldOut } = await finetuned(
      bench,
      who,
      study,
      task,
      `Fine-tuning, ${TURN[who]}`,
      onEpoch,
    );
    const method = `fine-tuned, ${LEARNS[study.learns]}`;
    return { figures: [accuracyOf(method, predictions, val.labels)], found: heldOut };
  };
  const { scores, found: heldOut } = await besideBaselines(measure);
  const finding: FindingOf<'finetune'> = { kind: 'finetune', curves, heldOut };
  const epochs = curves.network.loss.length;
  return {
    train: train.ids.length - heldOut,
    val: val.ids.length,
    classes,
    scores,
    notes: [
      `Learned from ${inWords(train.ids.length - heldOut)} training images in batches of ${batchOf(train)}; the other ${inWords(heldOut)} chose the epoch, so that the ${inWords(val.ids.length)} validation images are scored once and by weights that they had no say in.`,
      `${epochs < study.epochs ? `Stopped after ${epochs} epochs` : `All ${epochs} epochs were trained`}; the weights of epoch ${curves.network.best} are kept. No image is augmented. Raw pixels, at ${pixelsAt(bench)} × ${pixelsAt(bench)} px, go through the classifier alone.`,
    ],
    finding,
  };
}

/** One of the three learns the labels, and says which class it then gives each validation image. */
export async function finetuned(
  bench: Workbench,
  who: Who,
  { learns, epochs, patience, rate }: TuningChoices,
  { train, val, classes }: Task,
  stage: string,
  onEpoch: (point: FinetunePoint) => void = () => {},
): Promise<Finetuned> {
  if (train.ids.length < 2)
    throw new StudyRefused('Fine-tuning needs at least two labelled training images: one is held out.');
  const settings = { rate, weightDecay: WEIGHT_DECAY, batch: batchOf(train), epochs, patience };
  const whole = learns === 'whole' && who !== 'pixels';
  const { body, width } = whole
    ? await networkBody(bench, who, imagesOf({ train, val }))
    : await featureBody(bench, who, train, val);
  const count = train.ids.length;
  const found = await finetune(
    body,
    { train: range(0, count), labels: train.labels, scored: range(count, count + val.ids.length) },
    classifierLayers(width, classes),
    { ...settings, seed: bench.config.training.seed },
    {
      turn: (work) => bench.piece(work),
      onBatch: (epoch, share) =>
        bench.say(`${stage}: epoch ${epoch} of at most ${epochs}`, (epoch - 1 + share) / epochs),
      onEpoch,
    },
  );
  const key = keyOf({ learns, epochs, patience, rate });
  bench.remember(key, who, imagesOf({ train, val }), Float32Array.from(found.predictions));
  return found;
}

/** What it then said, where a study has done that before. */
export function finetunedBefore(
  bench: Workbench,
  who: Who,
  choices: TuningChoices,
  task: Task,
): Int32Array | null {
  const found = bench.found(keyOf(choices), who, imagesOf(task));
  return found && Int32Array.from(found);
}

/** Those that are learned from, and those that are scored. */
const imagesOf = ({ train, val }: Pick<Task, 'train' | 'val'>): number[] => [...train.ids, ...val.ids];

const keyOf = ({ learns, epochs, patience, rate }: TuningChoices): string =>
  `fine-tuned, ${learns}, ${epochs}, ${patience}, ${rate}`;

const range = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, i) => from + i);

const pixelsAt = (bench: Workbench): number => Math.min(LINEAR_PIXELS, bench.pixelSide);

function batchOf({ ids }: Split): number {
  const { most, least, steps } = BATCH;
  return Math.min(most, Math.max(least, Math.floor(ids.length / steps)));
}

/**
 * A backbone that learns too: the images go through it each time, as they are evaluated. A ResNet's BatchNorms keep the
 * running statistics that they came with.
 */
async function networkBody(bench: Workbench, who: 'network' | 'untrained', ids: readonly number[]) {
  const { backbone, views } = bench.config;
  const { parameters: all, buffers } = await bench.networkOf(who);
  const parameters = new Map([...all].filter(([name]) => name.startsWith('backbone.')));
  const square = rowSide(backbone);
  const side = views.globalSize / square;
  const body: Body = {
    parameters,
    features: (p, images) => {
      const chosen = Array.from(images, (i) => ids[i] ?? 0);
      const rowsOf = evalRows(bench.catalogue, bench.config, chosen, views.globalSize, square);
      const shape: [number, number] = [images.length * side * side, 3 * square ** 2];
      const patches = tf.tensor2d(rowsOf(0, images.length), shape);
      const layout = tokenLayout([{ sequences: images.length, rows: side, columns: side }]);
      return evaluationFeatures(new Map([...p, ...buffers]), { patches, layout }, backbone); // [images, width]
    },
  };
  return { body, width: featureWidth(backbone) };
}

/** Features that stay as they are, computed once. */
async function featureBody(bench: Workbench, who: Who, train: Split, val: Split) {
  const side = pixelsAt(bench);
  const first = await bench.features(who, train.ids, 1, side);
  const second = await bench.features(who, val.ids, 1, side);
  const { width } = first;
  const count = train.ids.length;
  const rowOf = (i: number) => {
    const [{ rows }, at] = i < count ? [first, i] : [second, i - count];
    return rows.subarray(at * width, (at + 1) * width);
  };
  const body: Body = {
    parameters: new Map(),
    features: (_, images) => {
      const rows = new Float32Array(images.length * width);
      images.forEach((i, at) => {
        rows.set(rowOf(i), at * width);
      });
      return tf.tensor2d(rows, [images.length, width]);
    },
  };
  return { body, width };
}

const EMPTY: TuningCurve = { loss: [], heldOutLoss: [], train: [], heldOut: [], best: 0 };

function longer(curve: TuningCurve, point: FinetunePoint): TuningCurve {
  const lowest = Math.min(...curve.heldOutLoss);
  return {
    loss: [...curve.loss, point.loss],
    heldOutLoss: [...curve.heldOutLoss, point.heldOutLoss],
    train: [...curve.train, 100 * point.accuracy],
    heldOut: [...curve.heldOut, 100 * point.heldOutAccuracy],
    best: point.heldOutLoss < lowest ? point.epoch : curve.best,
  };
}
