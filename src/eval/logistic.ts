/**
 * Multinomial logistic regression with an L2 penalty, to convergence: the optimum of scikit-learn's LogisticRegression,
 * C · Σ cross entropy + ½ ‖weights‖², the bias free.
 */
import { type Labels, labelAt } from './labels.ts';
import { minimise } from './lbfgs.ts';
import {
  addOuter,
  addOuterOfFour,
  crossEntropyInto,
  type LinearModel,
  logitsInto,
  logitsOfFour,
  ROWS_AT_ONCE,
} from './linear-model.ts';
import { type Between, paced } from './pace.ts';

export interface LogisticSettings {
  /** Inverse strength of the penalty. */
  C: number;
  /** Largest |element| of the objective's gradient at the end. */
  tolerance?: number;
  iterations?: number;
}

export interface LogisticRegression extends LinearModel {
  /** The objective at the end. */
  loss: number;
  iterations: number;
  /** The largest |element| of the gradient at the end. */
  gradient: number;
  converged: boolean;
}

export class TooFewClasses extends Error {
  constructor(present: number) {
    super(
      `A classifier needs training images of at least two classes, and there are ${present}: add images of others.`,
    );
    this.name = 'TooFewClasses';
  }
}

/** Rows that are worked on without asking whether others wait. */
const PIECE = 32;

/**
 * Fits rows [n, width]; standardise them first (recipe 000). A class without training rows is never predicted.
 * Throws BadLabel, and TooFewClasses where all rows are of one class.
 */
export async function logisticRegression(
  rows: Float32Array,
  width: number,
  labels: Labels,
  classes: number,
  { C, tolerance = 1e-4, iterations = 1000 }: LogisticSettings,
  between: Between,
  onIteration: (done: number) => void = () => {},
): Promise<LogisticRegression> {
  const n = rows.length / width;
  const all = Array.from({ length: n }, (_, i) => labelAt(labels, i, classes));
  const present = [...new Set(all)].sort((a, b) => a - b);
  if (present.length < 2) throw new TooFewClasses(present.length);
  const placeOf = new Map(present.map((label, place) => [label, place]));
  const places = Int32Array.from(all, (label) => placeOf.get(label) ?? 0);
  const count = present.length;
  // With two classes scikit-learn has one row of weights, the difference of our two. At the optimum they are opposite,
  // and ½‖w₁ − w₀‖² is then ‖w₀‖² + ‖w₁‖².
  const penalty = count === 2 ? 2 : 1;
  const split = count * width;
  const modelAt = (x: Float64Array): LinearModel => ({
    width,
    classes: count,
    weights: x.subarray(0, split),
    bias: x.subarray(split),
  });
  const breathe = paced(between);
  const four = new Float64Array(ROWS_AT_ONCE * count);
  const each = Array.from({ length: ROWS_AT_ONCE }, (_, k) => four.subarray(k * count, (k + 1) * count));
  /** Turns the logits of a row into the errors of its classes, adds these to the bias' gradient, and returns its loss. */
  const judge = (logits: Float64Array, row: number, biasGradient: Float64Array): number => {
    const loss = C * crossEntropyInto(logits, places[row] ?? 0);
    for (let c = 0; c < count; c++) {
      logits[c] = C * (logits[c] ?? 0);
      biasGradient[c] = (biasGradient[c] ?? 0) + (logits[c] ?? 0);
    }
    return loss;
  };
  const learnFrom = (from: number, to: number, model: LinearModel, gradient: LinearModel): number => {
    let loss = 0;
    let row = from;
    for (; row + ROWS_AT_ONCE <= to; row += ROWS_AT_ONCE) {
      logitsOfFour(four, model, rows, row * width);
      for (const [k, logits] of each.entries()) loss += judge(logits, row + k, gradient.bias);
      addOuterOfFour(gradient.weights, four, rows, row * width, width);
    }
    const [logits] = each;
    for (; logits && row < to; row++) {
      logitsInto(logits, model, rows, row * width);
      loss += judge(logits, row, gradient.bias);
      addOuter(gradient.weights, logits, rows, row * width, width);
    }
    return loss;
  };
  const objective = async (x: Float64Array, gradient: Float64Array): Promise<number> => {
    const [model, slopes] = [modelAt(x), modelAt(gradient)];
    let loss = 0;
    for (let from = 0; from < n; from += PIECE) {
      loss += learnFrom(from, Math.min(n, from + PIECE), model, slopes);
      await breathe();
    }
    for (let j = 0; j < split; j++) {
      const weight = x[j] ?? 0;
      loss += (penalty / 2) * weight * weight;
      gradient[j] = (gradient[j] ?? 0) + penalty * weight;
    }
    return loss;
  };
  const { x, value, ...how } = await minimise(
    objective,
    new Float64Array(split + count),
    { tolerance, iterations },
    onIteration,
  );
  const weights = new Float64Array(classes * width);
  const bias = new Float64Array(classes).fill(Number.NEGATIVE_INFINITY);
  for (const [place, label] of present.entries()) {
    weights.set(x.subarray(place * width, (place + 1) * width), label * width);
    bias[label] = x[split + place] ?? 0;
  }
  return { width, classes, weights, bias, loss: value, ...how };
}
