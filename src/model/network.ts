/** A network's tensors, by official name, in our layout. */
import * as tf from '@tensorflow/tfjs-core';

export type Tensors = ReadonlyMap<string, tf.Tensor>;

export interface Network {
  parameters: Tensors;
  buffers: Tensors;
}

/** Parameters and buffers together: what evaluation needs where a layer has running statistics. */
export const tensorsOf = ({ parameters, buffers }: Network): Tensors => new Map([...parameters, ...buffers]);

export class MissingTensorError extends Error {
  constructor(name: string, rank: number, found: tf.Tensor | undefined) {
    super(`The network needs "${name}" of rank ${rank} and has ${found ? `shape [${found.shape}]` : 'none'}`);
    this.name = 'MissingTensorError';
  }
}

const isVector = (t: tf.Tensor | undefined): t is tf.Tensor1D => t?.rank === 1;
const isMatrix = (t: tf.Tensor | undefined): t is tf.Tensor2D => t?.rank === 2;
const isCube = (t: tf.Tensor | undefined): t is tf.Tensor3D => t?.rank === 3;

/** @throws MissingTensorError when the name is absent or of another rank. */
export function vector(tensors: Tensors, name: string): tf.Tensor1D {
  const found = tensors.get(name);
  if (!isVector(found)) throw new MissingTensorError(name, 1, found);
  return found;
}

/** @throws MissingTensorError when the name is absent or of another rank. */
export function matrix(tensors: Tensors, name: string): tf.Tensor2D {
  const found = tensors.get(name);
  if (!isMatrix(found)) throw new MissingTensorError(name, 2, found);
  return found;
}

/** @throws MissingTensorError when the name is absent or of another rank. */
export function cube(tensors: Tensors, name: string): tf.Tensor3D {
  const found = tensors.get(name);
  if (!isCube(found)) throw new MissingTensorError(name, 3, found);
  return found;
}

export function disposeNetwork(network: Network): void {
  tf.dispose([...network.parameters.values(), ...network.buffers.values()]);
}
