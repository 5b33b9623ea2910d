/** Every WASM kernel, under the name that its op asks for. */
import * as tf from '@tensorflow/tfjs-core';
import type { WasmKernel } from './kernel.ts';
import { LINEAR, LINEAR_INPUT_GRADIENT, LINEAR_WEIGHT_GRADIENT, PRODUCT } from './linear.ts';
import { moduleOf } from './module.ts';

const KERNELS: readonly WasmKernel[] = [LINEAR, LINEAR_INPUT_GRADIENT, LINEAR_WEIGHT_GRADIENT, PRODUCT];

let registered = false;

/** Tells tfjs of the kernels, once. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const { name, run } of KERNELS)
    tf.registerKernel({
      kernelName: name,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs, backend }) => run(moduleOf(backend), inputs, attrs ?? {}),
    });
}
