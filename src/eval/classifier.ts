/** The classifier that fine-tuning puts on a network: features → 256 → 128 → classes with ReLU and dropout between. */
import * as tf from '@tensorflow/tfjs-core';
import { PURPOSE, rng } from '../core/rng.ts';
import { matrix, type Tensors, vector } from '../model/network.ts';
import { linear } from '../ops/linear.ts';
import { reluDropped } from '../ops/relu.ts';

const HIDDEN: readonly number[] = [256, 128];
/** Share of the hidden numbers that are dropped in training. */
const DROPOUT = 0.3;

/** What each hidden layer's numbers are multiplied with, [rows, its width] each; an empty list keeps all. */
export type Kept = readonly tf.Tensor2D[];

export interface ClassifierLayer {
  name: string;
  from: number;
  to: number;
}

export function classifierLayers(width: number, classes: number, hidden = HIDDEN): ClassifierLayer[] {
  const widths = [width, ...hidden, classes];
  return hidden.concat(classes).map((to, i) => ({ name: `classifier.${i}`, from: widths[i] ?? 0, to }));
}

/** torch's own first values of a Linear: weights and biases uniform in ±1/√from. Weights are stored [from, to]. */
export function initialClassifier(layers: readonly ClassifierLayer[], seed: number): Tensors {
  return new Map(
    layers.flatMap(({ name, from, to }, i): [string, tf.Tensor][] => {
      const { between } = rng(seed, PURPOSE.finetune, DRAWS.start, i);
      const bound = 1 / Math.sqrt(from);
      const values = (length: number) => Float32Array.from({ length }, () => between(-bound, bound));
      return [
        [`${name}.weight`, tf.tensor2d(values(from * to), [from, to])],
        [`${name}.bias`, tf.tensor1d(values(to))],
      ];
    }),
  );
}

/** What the first counter of fine-tuning's draws stands for. */
export const DRAWS = { start: 0, order: 1, dropout: 2, heldOut: 3 } as const;

/** features [rows, width] → logits [rows, classes]. */
export function classify(
  p: Tensors,
  features: tf.Tensor2D,
  layers: readonly ClassifierLayer[],
  kept: Kept = [],
): tf.Tensor2D {
  let x = features;
  for (const [i, { name }] of layers.entries()) {
    if (i > 0) x = reluDropped(x, kept[i - 1] ?? null);
    x = linear(x, matrix(p, `${name}.weight`), vector(p, `${name}.bias`)); // [rows, to]
  }
  return x;
}

/** What one step's dropout keeps of `rows` rows; made on the device, for the caller to dispose of. */
export function drawKept(layers: readonly ClassifierLayer[], rows: number, seed: number, step: number): Kept {
  return layers.slice(0, -1).map(({ to }, i) => {
    const { uniform } = rng(seed, PURPOSE.finetune, DRAWS.dropout, step, i);
    const keep = Float32Array.from({ length: rows * to }, () =>
      uniform() < DROPOUT ? 0 : 1 / (1 - DROPOUT),
    );
    return tf.tensor2d(keep, [rows, to]);
  });
}
