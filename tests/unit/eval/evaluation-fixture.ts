/** What scikit-learn, NumPy and PyTorch say of the same points (make_evaluation.py), read with its shape checked. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const numbers = z.array(z.number());
const scores = z.object({ precision: z.number(), recall: z.number(), f1: z.number(), support: z.number() });
const labelled = z.object({ rows: numbers, labels: numbers });
const logistic = z.object({
  C: z.number(),
  present: numbers,
  weights: numbers,
  bias: numbers,
  loss: z.number(),
  predictions: numbers,
});

const schema = z.object({
  width: z.int(),
  classes: z.int(),
  train: labelled,
  test: labelled,
  reports: z.array(
    z.object({
      truth: numbers,
      predicted: numbers,
      classes: z.int(),
      confusion: z.array(numbers),
      perClass: z.array(scores),
      accuracy: z.number(),
      macro: scores,
      weighted: scores,
      names: z.array(z.string()),
      text: z.string(),
    }),
  ),
  knn: z.object({
    mean: numbers,
    scale: numbers,
    standardised5: numbers,
    leaveOneOut20: numbers,
    ties: z.int(),
  }),
  logistic: z.array(logistic),
  binary: logistic.extend(labelled.shape),
  probe: z.object({
    rate: z.number(),
    batch: z.int(),
    epochs: z.int(),
    momentum: z.number(),
    weightDecay: z.number(),
    start: numbers,
    orders: z.array(numbers),
    curve: z.array(
      z.object({
        rate: z.number(),
        loss: z.number(),
        trainAccuracy: z.number(),
        testAccuracy: z.number(),
      }),
    ),
    weights: numbers,
    bias: numbers,
    predictions: numbers,
  }),
  kmeans: z.array(z.object({ initial: numbers, assignment: numbers, centers: numbers, inertia: z.number() })),
  agreement: z.array(z.object({ assignment: numbers, labels: numbers, purity: z.number(), nmi: z.number() })),
  pca: z.array(
    z.object({
      rows: numbers,
      width: z.int(),
      m: z.int(),
      mean: numbers,
      components: numbers,
      explained: numbers,
      ratio: numbers,
      projected: numbers,
    }),
  ),
  effectiveRank: z.array(z.object({ rows: numbers, width: z.int(), rank: z.number() })),
  usage: z.object({ chosen: numbers, prototypes: z.int(), histogram: numbers, perplexity: z.number() }),
});

export const fixture = schema.parse(JSON.parse(readFileSync('tests/fixtures/evaluation.json', 'utf8')));

/** The largest |difference|; infinite where the two are not of one length or a value is none. */
export function farthest(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs((found[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    most = Math.max(most, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return most;
}

/** Gives others no turn. */
export const atOnce = async (): Promise<void> => {};
