/** The loops over a parameter's values that make its update, for values in this thread's memory. */
import type { OptimizerSettings } from './optimizers.ts';
import type { GROUP_VALUE } from './step-values.ts';

/** The numbers of one parameter's update; `coefficient` is what clipping multiplies its gradient with. */
export interface UpdateNumbers extends Record<keyof typeof GROUP_VALUE, number> {
  coefficient: number;
}

/** All change their first arrays in place. */
export interface UpdateLoops {
  sumOfSquares(values: Float32Array): number;
  /** teacher ← momentum·teacher + complement·student. */
  blend(teacher: Float32Array, student: Float32Array, momentum: number, complement: number): void;
  /** The formulas of optimizers.ts. */
  adam(
    parameter: Float32Array,
    gradient: Float32Array,
    first: Float32Array,
    second: Float32Array,
    numbers: UpdateNumbers,
    settings: OptimizerSettings,
  ): void;
  sgd(
    parameter: Float32Array,
    gradient: Float32Array,
    buffer: Float32Array,
    numbers: UpdateNumbers,
    settings: OptimizerSettings,
  ): void;
}

/** In plain JavaScript. */
export const hostLoops: UpdateLoops = {
  sumOfSquares: (values) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      sum += value * value;
    }
    return sum;
  },
  blend: (teacher, student, momentum, complement) => {
    for (let i = 0; i < teacher.length; i++)
      teacher[i] = (teacher[i] ?? 0) * momentum + (student[i] ?? 0) * complement;
  },
  adam: (parameter, gradient, first, second, numbers, { kind, beta1, beta2, epsilon }) => {
    const { coefficient, weightDecay, keep, stepSize, secondCorrection } = numbers;
    const decay = kind === 'adam' ? weightDecay : 0;
    const kept = kind === 'adam' ? 1 : keep;
    for (let i = 0; i < parameter.length; i++) {
      const p = parameter[i] ?? 0;
      const g = (gradient[i] ?? 0) * coefficient + p * decay;
      const m = (first[i] ?? 0) * beta1 + g * (1 - beta1);
      const v = (second[i] ?? 0) * beta2 + g * g * (1 - beta2);
      first[i] = m;
      second[i] = v;
      parameter[i] = p * kept - (m / (Math.sqrt(v) * secondCorrection + epsilon)) * stepSize;
    }
  },
  sgd: (parameter, gradient, buffer, { coefficient, weightDecay, lr }, { sgdMomentum }) => {
    for (let i = 0; i < parameter.length; i++) {
      const p = parameter[i] ?? 0;
      const b = (buffer[i] ?? 0) * sgdMomentum + (gradient[i] ?? 0) * coefficient + p * weightDecay;
      buffer[i] = b;
      parameter[i] = p - b * lr;
    }
  },
};
