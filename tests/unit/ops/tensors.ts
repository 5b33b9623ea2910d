/** Tensors of a known rank, for tests that get them from a list. */
import type * as tf from '@tensorflow/tfjs-core';

const isVector = (t: tf.Tensor | undefined): t is tf.Tensor1D => t?.rank === 1;
const isMatrix = (t: tf.Tensor | undefined): t is tf.Tensor2D => t?.rank === 2;
const isCube = (t: tf.Tensor | undefined): t is tf.Tensor3D => t?.rank === 3;

export function asVector(t: tf.Tensor | undefined): tf.Tensor1D {
  if (!isVector(t)) throw new RangeError(`Not a vector: [${t?.shape}]`);
  return t;
}

export function asMatrix(t: tf.Tensor | undefined): tf.Tensor2D {
  if (!isMatrix(t)) throw new RangeError(`Not a matrix: [${t?.shape}]`);
  return t;
}

export function asCube(t: tf.Tensor | undefined): tf.Tensor3D {
  if (!isCube(t)) throw new RangeError(`Not of rank 3: [${t?.shape}]`);
  return t;
}
