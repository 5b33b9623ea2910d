/** What a kernel on our WASM module is. */
import type * as tf from '@tensorflow/tfjs-core';
import type { WasmModule } from './module.ts';

/** Its outputs are new tensors, in the order that its op expects. */
export interface WasmKernel {
  name: string;
  run(module: WasmModule, inputs: tf.NamedTensorInfoMap, settings: tf.NamedAttrMap): tf.TensorInfo[];
}

/** How many values a tensor has. */
export const elements = ({ shape }: tf.TensorInfo): number => shape.reduce((product, n) => product * n, 1);
