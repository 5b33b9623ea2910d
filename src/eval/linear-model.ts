/** A linear classifier: the product with its weights, softmax, cross entropy and predictions, in float64. */
import { type Between, paced } from './pace.ts';

export interface LinearModel {
  width: number;
  classes: number;
  /** [classes, width] */
  weights: Float64Array;
  /** −∞ for a class that training did not have. [classes] */
  bias: Float64Array;
}

/** logits = weights · row + bias for the row that begins at `from`. */
export function logitsInto(
  logits: Float64Array,
  { weights, bias, width, classes }: LinearModel,
  rows: Float32Array,
  from: number,
): void {
  for (let c = 0; c < classes; c++) {
    let sum = bias[c] ?? 0;
    const own = c * width;
    for (let j = 0; j < width; j++) sum += (weights[own + j] ?? 0) * (rows[from + j] ?? 0);
    logits[c] = sum;
  }
}

/** Rows that the functions below take at once: each weight is read once for all of them, and none waits for another's sum. */
export const ROWS_AT_ONCE = 4;

/** The same for four rows that follow each other: logits [4, classes]. */
export function logitsOfFour(
  logits: Float64Array,
  { weights, bias, width, classes }: LinearModel,
  rows: Float32Array,
  from: number,
): void {
  for (let c = 0; c < classes; c++) {
    const own = c * width;
    const first = bias[c] ?? 0;
    let [p, q, r, s] = [first, first, first, first];
    for (let j = 0; j < width; j++) {
      const weight = weights[own + j] ?? 0;
      const at = from + j;
      p += weight * (rows[at] ?? 0);
      q += weight * (rows[at + width] ?? 0);
      r += weight * (rows[at + 2 * width] ?? 0);
      s += weight * (rows[at + 3 * width] ?? 0);
    }
    logits[c] = p;
    logits[classes + c] = q;
    logits[2 * classes + c] = r;
    logits[3 * classes + c] = s;
  }
}

/** Turns logits into the gradient of the cross entropy, softmax − one-hot, in place; returns the cross entropy. */
export function crossEntropyInto(logits: Float64Array, label: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const own = (logits[label] ?? 0) - largest;
  let total = 0;
  for (let c = 0; c < logits.length; c++) {
    const power = Math.exp((logits[c] ?? 0) - largest);
    logits[c] = power;
    total += power;
  }
  for (let c = 0; c < logits.length; c++) logits[c] = (logits[c] ?? 0) / total - (c === label ? 1 : 0);
  return Math.log(total) - own;
}

/** Adds errorsᵀ · row to the gradient [classes, width]. */
export function addOuter(
  gradient: Float64Array,
  errors: Float64Array,
  rows: Float32Array,
  from: number,
  width: number,
): void {
  for (let c = 0; c < errors.length; c++) {
    const error = errors[c] ?? 0;
    const own = c * width;
    for (let j = 0; j < width; j++)
      gradient[own + j] = (gradient[own + j] ?? 0) + error * (rows[from + j] ?? 0);
  }
}

/** The same for the errors [4, classes] of four rows that follow each other. */
export function addOuterOfFour(
  gradient: Float64Array,
  errors: Float64Array,
  rows: Float32Array,
  from: number,
  width: number,
): void {
  const classes = errors.length / ROWS_AT_ONCE;
  for (let c = 0; c < classes; c++) {
    const own = c * width;
    const p = errors[c] ?? 0;
    const q = errors[classes + c] ?? 0;
    const r = errors[2 * classes + c] ?? 0;
    const s = errors[3 * classes + c] ?? 0;
    for (let j = 0; j < width; j++) {
      const at = from + j;
      gradient[own + j] =
        (gradient[own + j] ?? 0) +
        p * (rows[at] ?? 0) +
        q * (rows[at + width] ?? 0) +
        r * (rows[at + 2 * width] ?? 0) +
        s * (rows[at + 3 * width] ?? 0);
    }
  }
}

/** The largest of the values, the first of equals. */
export function largestAt(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

/** The class of the largest logit for each of rows [n, width], the lowest of equals. */
export async function predictLinear(
  model: LinearModel,
  rows: Float32Array,
  between: Between,
): Promise<Int32Array<ArrayBuffer>> {
  const predictions = new Int32Array(rows.length / model.width);
  const logits = new Float64Array(model.classes);
  const breathe = paced(between);
  for (let i = 0; i < predictions.length; i++) {
    logitsInto(logits, model, rows, i * model.width);
    predictions[i] = largestAt(logits);
    if (i % 64 === 63) await breathe();
  }
  return predictions;
}
