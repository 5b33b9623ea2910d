/** A part of the training images that is put aside to choose by, so that the validation images have no say. */
import type { Rng } from '../core/rng.ts';

export interface Divided {
  /** Rows that are learned from. */
  rest: Uint32Array;
  /** A fifth of all, at least one. */
  heldOut: Uint32Array;
}

/** Divides the rows 0 … n − 1 by chance. @throws RangeError for fewer than two. */
export function holdOutFifth(n: number, { permutation }: Rng): Divided {
  if (n < 2) throw new RangeError(`${n} images cannot be divided into two parts`);
  const order = permutation(n);
  const count = Math.max(1, Math.floor(n / 5));
  return { rest: order.subarray(count), heldOut: order.subarray(0, count) };
}
