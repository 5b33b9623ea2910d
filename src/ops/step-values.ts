/** The numbers that vary from step to step, as one vector on the device: kernels and compositions read them there. */
import * as tf from '@tensorflow/tfjs-core';

/** Where each number lies. */
export const VALUE = {
  /** 1 / temperature of the teacher. */
  inverseTemperature: 0,
  /** Of the teacher. */
  momentum: 1,
  /** 1 − momentum. */
  complement: 2,
  /** The row that the step writes its figures to. */
  row: 3,
} as const;

/** The same for what an update group has of its own. */
export const GROUP_VALUE = {
  lr: 0,
  weightDecay: 1,
  /** 1 − lr·weightDecay. */
  keep: 2,
  /** lr / (1 − β₁ᵗ). */
  stepSize: 3,
  /** 1 / √(1 − β₂ᵗ). */
  secondCorrection: 4,
  /** 1, or 0 in a step that leaves the group as it is. */
  active: 5,
} as const;

const FIRST_GROUP = 4;
/** Elements from one group's first number to the next one's. */
export const GROUP_STRIDE = 8;
export const GROUPS = 4;
export const STEP_VALUES = FIRST_GROUP + GROUPS * GROUP_STRIDE;

/** Parameters that are updated with the same numbers: decayed or not, of the last layer or not. */
export const groupOf = (decayed: boolean, lastLayer: boolean): number =>
  (decayed ? 1 : 0) + (lastLayer ? 2 : 0);

export const groupStart = (group: number): number => FIRST_GROUP + group * GROUP_STRIDE;

/** Writes what a group has of its own into a step's numbers. */
export function fillGroup(
  numbers: Float32Array,
  group: number,
  values: Record<keyof typeof GROUP_VALUE, number>,
): void {
  const start = groupStart(group);
  for (const [name, value] of Object.entries(values))
    if (isGroupValue(name)) numbers[start + GROUP_VALUE[name]] = value;
}

const isGroupValue = (name: string): name is keyof typeof GROUP_VALUE => name in GROUP_VALUE;

/** One of the numbers → []. */
export function scalarOf(values: tf.Tensor1D, index: number): tf.Scalar {
  return tf.reshape(tf.slice(values, [index], [1]), []);
}
