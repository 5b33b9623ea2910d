/** A linear classifier on frozen features by SGD with a cosine schedule (Caron et al. 2021, eval_linear.py). */
import { PURPOSE, rng } from '../core/rng.ts';
import { holdOutFifth } from './held-out.ts';
import { type Labels, labelAt } from './labels.ts';
import {
  addOuter,
  crossEntropyInto,
  type LinearModel,
  largestAt,
  logitsInto,
  predictLinear,
} from './linear-model.ts';
import { type Between, paced } from './pace.ts';

/** Features [n, width] row by row and the class of each. */
export interface LabelledRows {
  rows: Float32Array;
  labels: Labels;
}

export interface ProbeSettings {
  /** Learning rate at the beginning; see officialRate. */
  rate: number;
  batch: number;
  epochs: number;
  momentum: number;
  /** L2 on weights and bias, as torch.optim.SGD has it. */
  weightDecay: number;
  seed: number;
}

/** An epoch: its learning rate, mean training loss and accuracy as its batches came, test accuracy at its end (0 … 1). */
export interface ProbePoint {
  epoch: number;
  rate: number;
  loss: number;
  trainAccuracy: number;
  testAccuracy: number;
}

export interface LinearProbe {
  model: LinearModel;
  curve: ProbePoint[];
  /** On the test rows at the end, 0 … 1. */
  accuracy: number;
  predictions: Int32Array<ArrayBuffer>;
}

/** What chance decides. */
export interface ProbeDraws {
  /** Weights before training. */
  start: (length: number) => Float64Array;
  /** The training rows in the order of an epoch. */
  order: (epoch: number, n: number) => ArrayLike<number>;
}

/** eval_linear.py's rate for a batch over all devices: base · batch / 256. */
export const officialRate = (batch: number, base = 0.001): number => (base * batch) / 256;

/** Weights of N(0, 0.01²), biases 0, every epoch shuffled anew: the same for the same seed. */
export const seededDraws = (seed: number): ProbeDraws => ({
  start: (length) => {
    const { normal } = rng(seed, PURPOSE.probe, 0);
    return Float64Array.from({ length }, () => 0.01 * normal());
  },
  order: (epoch, n) => rng(seed, PURPOSE.probe, 1, epoch).permutation(n),
});

/** Throws BadLabel. `onEpoch` sees each point of the curve as it is known. */
export async function linearProbe(
  train: LabelledRows,
  test: LabelledRows,
  width: number,
  classes: number,
  { rate, batch, epochs, momentum, weightDecay, seed }: ProbeSettings,
  between: Between,
  onEpoch: (point: ProbePoint) => void = () => {},
  draws: ProbeDraws = seededDraws(seed),
): Promise<LinearProbe> {
  const n = train.rows.length / width;
  if (n === 0) throw new RangeError('There are no images to train on');
  const labels = Int32Array.from({ length: n }, (_, i) => labelAt(train.labels, i, classes));
  const model: LinearModel = {
    width,
    classes,
    weights: draws.start(classes * width),
    bias: new Float64Array(classes),
  };
  const weights = new Momentum(model.weights, momentum, weightDecay);
  const bias = new Momentum(model.bias, momentum, weightDecay);
  const errors = new Float64Array(classes);
  const breathe = paced(between);
  const curve: ProbePoint[] = [];
  let predictions = await predictLinear(model, test.rows, breathe);
  let accuracy = shareRight(predictions, test.labels);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const epochRate = (rate / 2) * (1 + Math.cos((Math.PI * epoch) / epochs));
    const order = draws.order(epoch, n);
    let loss = 0;
    let right = 0;
    for (let first = 0; first < n; first += batch) {
      const last = Math.min(n, first + batch);
      for (let i = first; i < last; i++) {
        const row = order[i] ?? 0;
        logitsInto(errors, model, train.rows, row * width);
        const label = labels[row] ?? 0;
        if (largestAt(errors) === label) right++;
        loss += crossEntropyInto(errors, label) / n;
        for (let c = 0; c < classes; c++) {
          errors[c] = (errors[c] ?? 0) / (last - first);
          bias.gradient[c] = (bias.gradient[c] ?? 0) + (errors[c] ?? 0);
        }
        addOuter(weights.gradient, errors, train.rows, row * width, width);
        if (i % 32 === 0) await breathe();
      }
      weights.step(epochRate);
      bias.step(epochRate);
    }
    predictions = await predictLinear(model, test.rows, breathe);
    accuracy = shareRight(predictions, test.labels);
    const point = { epoch, rate: epochRate, loss, trainAccuracy: right / n, testAccuracy: accuracy };
    curve.push(point);
    onEpoch(point);
  }
  return { model, curve, accuracy, predictions };
}

/** torch.optim.SGD with momentum, of one array of parameters. */
class Momentum {
  /** Summed up by the caller; zero again after each step. */
  readonly gradient: Float64Array;
  private readonly parameters: Float64Array;
  private readonly velocity: Float64Array;
  private readonly momentum: number;
  private readonly decay: number;

  constructor(parameters: Float64Array, momentum: number, decay: number) {
    this.parameters = parameters;
    this.gradient = new Float64Array(parameters.length);
    this.velocity = new Float64Array(parameters.length);
    this.momentum = momentum;
    this.decay = decay;
  }

  step(rate: number): void {
    const { parameters, gradient, velocity, momentum, decay } = this;
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i] ?? 0;
      const moved = momentum * (velocity[i] ?? 0) + (gradient[i] ?? 0) + decay * parameter;
      velocity[i] = moved;
      parameters[i] = parameter - rate * moved;
    }
    gradient.fill(0);
  }
}

function shareRight(predictions: Labels, labels: Labels): number {
  let right = 0;
  for (let i = 0; i < predictions.length; i++) if (predictions[i] === labels[i]) right++;
  return right / Math.max(1, predictions.length);
}

export interface RateSweep {
  /** The rate of the highest accuracy, the first of equals. */
  best: number;
  /** Accuracy on the rows held out, 0 … 1. */
  tried: { rate: number; accuracy: number }[];
}

/**
 * Trains with each rate on four fifths of the training rows and scores it on the rest, so that the test set
 * has no say in the choice. Needs at least two rows.
 */
export async function sweepRates(
  { rows, labels }: LabelledRows,
  width: number,
  classes: number,
  settings: Omit<ProbeSettings, 'rate'>,
  rates: readonly number[],
  between: Between,
  onRate: (rate: number) => void = () => {},
): Promise<RateSweep> {
  const { rest, heldOut } = holdOutFifth(rows.length / width, rng(settings.seed, PURPOSE.probe, 2));
  const part = (ids: Uint32Array): LabelledRows => {
    const own = new Float32Array(ids.length * width);
    for (const [i, id] of ids.entries()) own.set(rows.subarray(id * width, (id + 1) * width), i * width);
    return { rows: own, labels: Array.from(ids, (id) => labels[id] ?? -1) };
  };
  const [learned, judged] = [part(rest), part(heldOut)];
  const tried: RateSweep['tried'] = [];
  let best = { rate: Number.NaN, accuracy: -1 };
  for (const rate of rates) {
    onRate(rate);
    const { accuracy } = await linearProbe(learned, judged, width, classes, { ...settings, rate }, between);
    tried.push({ rate, accuracy });
    if (accuracy > best.accuracy) best = { rate, accuracy };
  }
  return { best: best.rate, tried };
}
