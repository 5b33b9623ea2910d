/** Batched products on WASM: tfjs runs them without SIMD at about 1 GFLOP/s, single ones by XNNPACK at over 10. */

import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

const KERNEL = 'BatchMatMul';
/** Far above the ids that tfjs counts up for its own tensors. */
const FIRST_VIEW = 0x4000_0000;
const BYTES = 4;

let registered = false;

/** Runs each product of a batch as a product of its own, on views into the operands: nothing is copied. */
export function runBatchesSingly(): void {
  if (registered) return;
  registered = true;
  const kernel = tf.getKernel(KERNEL, 'wasm');
  if (!kernel) throw new RangeError('The WASM backend has no matrix product');
  tf.unregisterKernel(KERNEL, 'wasm');
  tf.registerKernel({
    ...kernel,
    kernelFunc: (call) => {
      const { a, b } = call.inputs;
      const { transposeA = false, transposeB = false } = call.attrs ?? {};
      return a && b && isBatch(a, b) && !transposeA && !transposeB
        ? products(call.backend, a, b)
        : kernel.kernelFunc(call);
    },
  });
}

const isBatch = (a: tf.TensorInfo, b: tf.TensorInfo): boolean =>
  a.shape.length === 3 && b.shape.length === 3 && a.shape[0] === b.shape[0] && a.shape[0] !== 1;

type SingleProduct = (...call: (number | Uint8Array)[]) => void;
const bound = new WeakMap<object, SingleProduct>();

/** The C function behind tfjs's kernel: (a, shape, rank, b, shape, rank, transposeA, transposeB, out), tensors by id. */
function singleProduct(wasm: BackendWasm['wasm']): SingleProduct {
  const held = bound.get(wasm);
  if (held) return held;
  const cwrap: unknown = Reflect.get(wasm, 'cwrap');
  if (typeof cwrap !== 'function') throw new TypeError('The WASM module binds no functions');
  const tensor = ['number', 'array', 'number'];
  const made: SingleProduct = cwrap(KERNEL, null, [...tensor, ...tensor, 'number', 'number', 'number']);
  bound.set(wasm, made);
  return made;
}

/** a [batch, m, k] · b [batch, k, n] → [batch, m, n]. */
function products(backend: unknown, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  if (!(backend instanceof BackendWasm)) throw new TypeError('Not the WASM backend');
  const { wasm } = backend;
  const run = singleProduct(wasm);
  const [batch = 0, m = 0, k = 0] = a.shape;
  const [, , n = 0] = b.shape;
  const out = backend.makeOutput([batch, m, n], 'float32'); // [batch, m, n]
  const operands = [a, b, out].map((tensor, i) => ({
    id: FIRST_VIEW + i,
    at: backend.getMemoryOffset(tensor.dataId),
    size: ([m * k, k * n, m * n] as const)[i] ?? 0,
  }));
  const aShape = new Uint8Array(Int32Array.of(1, m, k).buffer);
  const bShape = new Uint8Array(Int32Array.of(1, k, n).buffer);
  for (let i = 0; i < batch; i++) {
    for (const { id, at, size } of operands) wasm.tfjs.registerTensor(id, size, at + i * size * BYTES);
    run(FIRST_VIEW, aShape, 3, FIRST_VIEW + 1, bShape, 3, 0, 0, FIRST_VIEW + 2);
    // XNNPACK keeps packed weights by id until the tensor is disposed of.
    for (const { id } of operands) wasm.tfjs.disposeData(id);
  }
  return out;
}
