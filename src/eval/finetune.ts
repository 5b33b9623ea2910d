/** Fine-tuning: a classifier and, if wanted, the network under it learn the labels, until it does no good any more. */
import * as tf from '@tensorflow/tfjs-core';
import { PURPOSE, rng } from '../core/rng.ts';
import { type ClassifierLayer, DRAWS, drawKept, initialClassifier } from './classifier.ts';
import { holdOutFifth } from './held-out.ts';
import { type Labels, labelAt } from './labels.ts';
import { crossEntropyInto, largestAt } from './linear-model.ts';
import { type Body, Tuning, type TuningSettings } from './tuning.ts';

export interface FinetuneSettings extends TuningSettings {
  batch: number;
  epochs: number;
  /** Epochs without a better held-out loss before it stops. */
  patience: number;
  seed: number;
}

/** An epoch. Training figures are those of its batches as they came, with dropout; held-out ones are of its end. */
export interface FinetunePoint {
  epoch: number;
  /** Mean cross entropy. */
  loss: number;
  heldOutLoss: number;
  /** 0 … 1 */
  accuracy: number;
  heldOutAccuracy: number;
}

export interface Finetuned {
  curve: FinetunePoint[];
  /** The epoch whose weights made the predictions, from 1. */
  best: number;
  /** Training images that were held out. */
  heldOut: number;
  /** The class of each image of `scored`, by the best weights. */
  predictions: Int32Array<ArrayBuffer>;
}

/** Numbers of images, as the body knows them. */
export interface FinetuneImages {
  train: Uint32Array;
  /** Of the training images. */
  labels: Labels;
  scored: Uint32Array;
}

/** How it takes turns with others, and what it tells of its way. */
export interface Company {
  /** Runs a piece of work in its turn; may throw to give up. */
  turn: <T>(work: () => Promise<T>) => Promise<T>;
  /** @param share of the present epoch, 0 to 1. */
  onBatch: (epoch: number, share: number) => void;
  onEpoch: (point: FinetunePoint) => void;
}

/** The loss is no number any more. */
export class Diverged extends Error {
  readonly epoch: number;

  constructor(epoch: number, rate: number) {
    super(
      `Fine-tuning came to a loss that is no number in epoch ${epoch}: choose a learning rate below ${rate}.`,
    );
    this.name = 'Diverged';
    this.epoch = epoch;
  }
}

/**
 * Holds a fifth of the training images out, learns from the rest, and ends once the held-out loss has not fallen for
 * `patience` epochs. Throws BadLabel, Diverged, and RangeError for fewer than two training images.
 */
export async function finetune(
  body: Body,
  { train, labels, scored }: FinetuneImages,
  layers: readonly ClassifierLayer[],
  settings: FinetuneSettings,
  { turn, onBatch, onEpoch }: Company,
): Promise<Finetuned> {
  const { seed, batch, epochs, patience, rate } = settings;
  const classes = layers.at(-1)?.to ?? 0;
  const { rest, heldOut } = holdOutFifth(train.length, rng(seed, PURPOSE.finetune, DRAWS.heldOut));
  const labelsOf = (rows: Uint32Array) => Int32Array.from(rows, (row) => labelAt(labels, row, classes));
  const imagesOf = (rows: Uint32Array) => rows.map((row) => train[row] ?? 0);
  const judge = { images: imagesOf(heldOut), labels: labelsOf(heldOut) };
  const stop = new EarlyStop(patience);
  const curve: FinetunePoint[] = [];
  const tuning = await turn(async () => begin(body, layers, settings));
  const predict = (p: Tuning['present'], images: Uint32Array) =>
    eachBatch(images, batch, (rows) => turn(() => read(tuning.logits(p, rows))));
  try {
    let step = 0;
    for (let epoch = 1; epoch <= epochs && !stop.enough; epoch++) {
      const order = rng(seed, PURPOSE.finetune, DRAWS.order, epoch).permutation(rest.length);
      const rows = order.map((i) => rest[i] ?? 0);
      const logits = await eachBatch(rows, batch, async (some, first) => {
        const made = await turn(() => {
          const kept = drawKept(layers, some.length, seed, step++);
          try {
            return read(tuning.learn(imagesOf(some), oneHot(labelsOf(some), classes), kept));
          } finally {
            tf.dispose([...kept]);
          }
        });
        onBatch(epoch, (first + some.length) / rows.length);
        return made;
      });
      const learned = tallied(logits, labelsOf(rows), classes);
      const judged = tallied(await predict(tuning.present, judge.images), judge.labels, classes);
      if (!Number.isFinite(learned.loss) || !Number.isFinite(judged.loss)) throw new Diverged(epoch, rate);
      const point = {
        epoch,
        loss: learned.loss,
        heldOutLoss: judged.loss,
        accuracy: learned.accuracy,
        heldOutAccuracy: judged.accuracy,
      };
      curve.push(point);
      onEpoch(point);
      if (stop.see(judged.loss)) await turn(async () => tuning.keepAsBest());
    }
    const predictions = argmax(await predict(tuning.best, scored), classes);
    return { curve, best: stop.best, heldOut: heldOut.length, predictions };
  } finally {
    tuning.dispose();
  }
}

function begin(body: Body, layers: readonly ClassifierLayer[], settings: FinetuneSettings): Tuning {
  const start = initialClassifier(layers, settings.seed);
  try {
    return new Tuning(body, layers, start, settings);
  } finally {
    tf.dispose([...start.values()]);
  }
}

/** Watches a loss that should fall. */
export class EarlyStop {
  private readonly patience: number;
  private lowest = Number.POSITIVE_INFINITY;
  private seen = 0;
  /** How many losses had been seen with the lowest one; 0 before the first. */
  best = 0;

  /** @param patience losses in a row that may be no lower than the lowest. */
  constructor(patience: number) {
    this.patience = patience;
  }

  /** Whether this is the lowest loss so far; the first of equals is. */
  see(loss: number): boolean {
    this.seen++;
    if (!(loss < this.lowest)) return false;
    this.lowest = loss;
    this.best = this.seen;
    return true;
  }

  get enough(): boolean {
    return this.seen - this.best >= this.patience;
  }
}

/** Rows in batches, one after the other, and what was made of each put together. */
async function eachBatch(
  rows: Uint32Array,
  batch: number,
  make: (some: Uint32Array, first: number) => Promise<Float32Array>,
): Promise<Float32Array[]> {
  const made: Float32Array[] = [];
  for (let first = 0; first < rows.length; first += batch)
    made.push(await make(rows.subarray(first, first + batch), first));
  return made;
}

/** The values of a tensor, which is then disposed of. */
async function read(tensor: tf.Tensor2D): Promise<Float32Array> {
  try {
    return Float32Array.from(await tensor.data<'float32'>());
  } finally {
    tensor.dispose();
  }
}

function oneHot(labels: Int32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (const [i, label] of labels.entries()) rows[i * classes + label] = 1;
  return rows;
}

/** The logits of each image, in one array that changes from image to image. */
function* eachRow(batches: readonly Float32Array[], classes: number): Generator<Float64Array> {
  const row = new Float64Array(classes);
  for (const logits of batches)
    for (let at = 0; at < logits.length; at += classes) {
      row.set(logits.subarray(at, at + classes));
      yield row;
    }
}

/** Mean cross entropy and share that is right (0 … 1). */
function tallied(batches: readonly Float32Array[], labels: Int32Array, classes: number) {
  let [i, loss, right] = [0, 0, 0];
  for (const row of eachRow(batches, classes)) {
    const label = labels[i++] ?? 0;
    if (largestAt(row) === label) right++;
    loss += crossEntropyInto(row, label);
  }
  return { loss: loss / i, accuracy: right / i };
}

function argmax(batches: readonly Float32Array[], classes: number): Int32Array<ArrayBuffer> {
  const found: number[] = [];
  for (const row of eachRow(batches, classes)) found.push(largestAt(row));
  return Int32Array.from(found);
}
