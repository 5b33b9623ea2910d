/** AdamW, Adam and SGD with torch's order of operations, one parameter tensor at a time. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { GROUP_VALUE, groupStart, scalarOf } from './step-values.ts';

export interface OptimizerSettings {
  kind: 'adamw' | 'adam' | 'sgd';
  beta1: number;
  beta2: number;
  epsilon: number;
  sgdMomentum: number;
}

/** The moments of one parameter, each of its shape: [m, v] for Adam and AdamW, [momentum buffer] for SGD. */
export type Moments = readonly tf.Tensor[];

/** What an update needs of the step; scalars on the device. */
export interface UpdateScalars {
  lr: tf.Scalar;
  weightDecay: tf.Scalar;
  /** 1 − lr·weightDecay. */
  keep: tf.Scalar;
  /** lr / (1 − β₁ᵗ). */
  stepSize: tf.Scalar;
  /** 1 / √(1 − β₂ᵗ). */
  secondCorrection: tf.Scalar;
}

export interface Update {
  parameter: tf.Tensor;
  moments: Moments;
}

export interface Optimizer {
  /** The new parameter and moments; nothing is changed in place or disposed. */
  update(parameter: tf.Tensor, gradient: tf.Tensor, moments: Moments, at: UpdateScalars): Update;
}

export class MomentsError extends Error {
  constructor(found: number, needed: number) {
    super(
      `The optimizer keeps ${needed} moments for a parameter, not ${found}: the state belongs to another optimizer`,
    );
    this.name = 'MomentsError';
  }
}

/** How many moments the optimizer keeps for a parameter; all begin as zeros. */
export const momentCount = ({ kind }: OptimizerSettings): number => (kind === 'sgd' ? 1 : 2);

/** What an update group needs of the step, on the host: for parameters that were updated `t − 1` times before. */
export function updateNumbers(
  { beta1, beta2 }: OptimizerSettings,
  lr: number,
  weightDecay: number,
  t: number,
): Record<keyof UpdateScalars, number> {
  return {
    lr,
    weightDecay,
    keep: 1 - lr * weightDecay,
    stepSize: lr / (1 - beta1 ** t),
    secondCorrection: 1 / Math.sqrt(1 - beta2 ** t),
  };
}

/** The same out of the step's values on the device. */
export function updateScalars(values: tf.Tensor1D, group: number): UpdateScalars {
  const at = (name: keyof UpdateScalars) => scalarOf(values, groupStart(group) + GROUP_VALUE[name]);
  return {
    lr: at('lr'),
    weightDecay: at('weightDecay'),
    keep: at('keep'),
    stepSize: at('stepSize'),
    secondCorrection: at('secondCorrection'),
  };
}

export function optimizer(settings: OptimizerSettings): Optimizer {
  switch (settings.kind) {
    case 'adamw':
      return adam(settings, true);
    case 'adam':
      return adam(settings, false);
    case 'sgd':
      return sgd(settings);
    default:
      return settings.kind satisfies never;
  }
}

/** Loshchilov & Hutter 2019 when `decoupled`, else Kingma & Ba 2015 with the decay added to the gradient. */
function adam({ beta1, beta2, epsilon }: OptimizerSettings, decoupled: boolean): Optimizer {
  return {
    update: (parameter, gradient, [m, v, ...rest], at) => {
      if (!m || !v || rest.length > 0) throw new MomentsError(rest.length + (m ? 1 : 0) + (v ? 1 : 0), 2);
      const g = decoupled ? gradient : tf.add(gradient, tf.mul(parameter, at.weightDecay));
      const decayed = decoupled ? tf.mul(parameter, at.keep) : parameter;
      const first = tf.add(tf.mul(m, constant(beta1)), tf.mul(g, constant(1 - beta1)));
      const second = tf.add(tf.mul(v, constant(beta2)), tf.mul(tf.square(g), constant(1 - beta2)));
      const denominator = tf.add(tf.mul(tf.sqrt(second), at.secondCorrection), constant(epsilon));
      const moved = tf.sub(decayed, tf.mul(tf.div(first, denominator), at.stepSize));
      return { parameter: moved, moments: [first, second] };
    },
  };
}

function sgd({ sgdMomentum }: OptimizerSettings): Optimizer {
  return {
    update: (parameter, gradient, [buffer, ...rest], at) => {
      if (!buffer || rest.length > 0) throw new MomentsError(rest.length + (buffer ? 1 : 0), 1);
      const g = tf.add(gradient, tf.mul(parameter, at.weightDecay));
      const next = tf.add(tf.mul(buffer, constant(sgdMomentum)), g);
      return { parameter: tf.sub(parameter, tf.mul(next, at.lr)), moments: [next] };
    },
  };
}
