/** What a kernel was called with, checked. */
import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';

/** A kernel was called without something that it needs, or with something else: a mistake in its op. */
export class KernelCallError extends TypeError {
  readonly what: string;
  constructor(what: string) {
    super(`A kernel was called with a wrong ${what}; its op does not fit it`);
    this.name = 'KernelCallError';
    this.what = what;
  }
}

/** @throws KernelCallError where the input is missing. */
export function inputOf(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  const found = inputs[name];
  if (!found) throw new KernelCallError(`input "${name}"`);
  return found;
}

/** Rows and columns. @throws KernelCallError for a tensor of another rank. */
export function matrixShape({ shape }: TensorInfo): [number, number] {
  const [rows, columns, more] = shape;
  if (rows === undefined || columns === undefined || more !== undefined)
    throw new KernelCallError(`shape [${shape}]`);
  return [rows, columns];
}

/** @throws KernelCallError where the setting is no number. */
export function numberOf(settings: NamedAttrMap, name: string): number {
  const value = settings[name];
  if (typeof value !== 'number') throw new KernelCallError(`setting "${name}"`);
  return value;
}

/** @throws KernelCallError where the setting is no list of numbers. */
export function numbersOf(settings: NamedAttrMap, name: string): number[] {
  const value = settings[name];
  if (!Array.isArray(value)) throw new KernelCallError(`setting "${name}"`);
  return value.map((one) => {
    if (typeof one !== 'number') throw new KernelCallError(`setting "${name}"`);
    return one;
  });
}
