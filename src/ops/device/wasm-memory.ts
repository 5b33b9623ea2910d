/** Tensors as they lie on the WASM heap, to be read and changed in place. */
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** The present backend, where it is WASM. */
export function wasmBackend(): BackendWasm | null {
  const backend = tf.backend();
  return backend instanceof BackendWasm ? backend : null;
}

/** The tensor's values on the heap, valid until memory is next asked for: the heap moves when it grows. */
export function onHeap(backend: BackendWasm, tensor: tf.TensorInfo): Float32Array {
  const values = backend.typedArrayFromHeap(tensor);
  if (values instanceof Float32Array) return values;
  throw new TypeError(`A ${tensor.dtype} tensor cannot be changed in place`);
}

/** To be called for a tensor whose values were changed: XNNPACK keeps what it packed of a weight, by the tensor's id. */
export function changedOnHeap(backend: BackendWasm, tensor: tf.TensorInfo): void {
  const { dataIdMap } = backend;
  const id: unknown = Reflect.get(dataIdMap.get(tensor.dataId), 'id');
  if (typeof id !== 'number') throw new TypeError('tfjs gave the tensor no number');
  backend.wasm.tfjs.disposeData(id);
  const size = tensor.shape.reduce((product, n) => product * n, 1);
  backend.wasm.tfjs.registerTensor(id, size, backend.getMemoryOffset(tensor.dataId));
}
