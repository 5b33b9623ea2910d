/** AdamW, Adam and SGD with torch's order of operations, one parameter tensor at a time. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';

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
  /** Zero moments for a parameter. */
  init(parameter: tf.Tensor): Moments;
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

/**
 * Scalars of one step for parameters that have been updated `t − 1` times before. `apply` is 1, or 0 on the device
 * where the step must not move anything.
 */
export function updateScalars(
  settings: OptimizerSettings,
  lr: number,
  weightDecay: number,
  t: number,
  apply: tf.Scalar,
): UpdateScalars {
  return {
    lr: tf.mul(tf.scalar(lr), apply),
    weightDecay: tf.scalar(weightDecay),
    keep: tf.sub(constant(1), tf.mul(tf.scalar(lr * weightDecay), apply)),
    stepSize: tf.mul(tf.scalar(lr / (1 - settings.beta1 ** t)), apply),
    secondCorrection: tf.scalar(1 / Math.sqrt(1 - settings.beta2 ** t)),
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
    init: (parameter) => [tf.zerosLike(parameter), tf.zerosLike(parameter)],
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
    init: (parameter) => [tf.zerosLike(parameter)],
    update: (parameter, gradient, [buffer, ...rest], at) => {
      if (!buffer || rest.length > 0) throw new MomentsError(rest.length + (buffer ? 1 : 0), 1);
      const g = tf.add(gradient, tf.mul(parameter, at.weightDecay));
      const next = tf.add(tf.mul(buffer, constant(sgdMomentum)), g);
      return { parameter: tf.sub(parameter, tf.mul(next, at.lr)), moments: [next] };
    },
  };
}
