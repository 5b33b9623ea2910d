/** The weights of a network that learns to classify: one step of AdamW at a time, and the best of them kept. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../model/network.ts';
import { upload } from '../ops/assign.ts';
import { lossAndGradients } from '../ops/backward.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { fillFlat, shapesOf } from '../ops/flat.ts';
import { updateNumbers } from '../ops/optimizers.ts';
import { fillGroup, groupOf, STEP_VALUES, VALUE } from '../ops/step-values.ts';
import {
  disposeWeights,
  makeWeights,
  type UpdateSettings,
  updateParameters,
  type Weights,
} from '../ops/update-parameters.ts';
import { type ClassifierLayer, classify, type Kept } from './classifier.ts';

/** What gives the features that are classified. */
export interface Body {
  /** Parameters that learn together with the classifier; none where the features stay as they are. */
  parameters: Tensors;
  /** Features of these images by the parameters `p`: [images.length, width]. */
  features(p: Tensors, images: Uint32Array): tf.Tensor2D;
}

export interface TuningSettings {
  rate: number;
  /** Of every parameter, biases too, as torch.optim.AdamW has it for a plain list of parameters. */
  weightDecay: number;
}

const UPDATE: UpdateSettings = {
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, sgdMomentum: 0 },
  clip: 'off',
  clipNorm: 0,
  teacherUpdate: 'after',
};
/** All parameters are updated alike. */
const GROUP = groupOf(true, false);

/** Works on copies of the body's parameters and of `start`, the classifier's first values. */
export class Tuning {
  private readonly body: Body;
  private readonly layers: readonly ClassifierLayer[];
  private readonly settings: TuningSettings;
  /** An update's teacher, which a momentum of 1 leaves as it is, holds the best weights so far. */
  private readonly weights: Weights;
  private readonly values: tf.Tensor1D;
  private updates = 0;

  constructor(body: Body, layers: readonly ClassifierLayer[], start: Tensors, settings: TuningSettings) {
    this.body = body;
    this.layers = layers;
    this.settings = settings;
    const first = new Map([...body.parameters, ...start]);
    const groups = new Map([...first.keys()].map((name) => [name, GROUP]));
    this.weights = makeWeights(shapesOf(first), groups, UPDATE.optimizer);
    fillFlat(this.weights.student, first);
    this.keepAsBest();
    this.values = tf.keep(tf.zeros([STEP_VALUES]));
  }

  /** As they are now, and where they were best; both change in place. */
  get present(): Tensors {
    return this.weights.student.tensors;
  }

  get best(): Tensors {
    return this.weights.teacher.tensors;
  }

  keepAsBest(): void {
    fillFlat(this.weights.teacher, this.weights.student.tensors);
  }

  /**
   * One step on a batch; `wanted` are probabilities [images.length, classes]. Returns the logits from before the step,
   * for the caller to dispose of. Where the loss or a gradient is not finite nothing moves.
   */
  learn(images: Uint32Array, wanted: Float32Array, kept: Kept): tf.Tensor2D {
    const { body, layers, weights, values, present } = this;
    upload(values, this.numbers(++this.updates));
    const logits = tf.tidy(() => {
      const targets = tf.tensor2d(wanted, [images.length, wanted.length / images.length]);
      const seen: tf.Tensor2D[] = [];
      const { loss, gradients } = lossAndGradients(weights, () => {
        const made = classify(present, body.features(present, images), layers, kept);
        // The forward pass runs in a scope of its own, which its logits have to outlive.
        seen.push(tf.keep(tf.clone(made)));
        return crossEntropy(made, targets);
      });
      updateParameters(weights, gradients, loss, values, UPDATE);
      return seen;
    });
    const [made] = logits;
    if (!made) throw new RangeError('The forward pass made no logits');
    return made;
  }

  /** Logits without dropout, for the caller to dispose of: [images.length, classes]. */
  logits(p: Tensors, images: Uint32Array): tf.Tensor2D {
    return tf.tidy(() => classify(p, this.body.features(p, images), this.layers));
  }

  private numbers(t: number): Float32Array {
    const { rate, weightDecay } = this.settings;
    const numbers = new Float32Array(STEP_VALUES);
    numbers[VALUE.momentum] = 1;
    fillGroup(numbers, GROUP, { ...updateNumbers(UPDATE.optimizer, rate, weightDecay, t), active: 1 });
    return numbers;
  }

  dispose(): void {
    disposeWeights(this.weights);
    this.values.dispose();
  }
}
