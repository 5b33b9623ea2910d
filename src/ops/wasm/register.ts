/** Every WASM kernel, under the name that its op asks for. */
import * as tf from '@tensorflow/tfjs-core';
import { ATTENTION, ATTENTION_GRADIENT } from './attention.ts';
import type { WasmKernel } from './kernel.ts';
import { LAYER_NORM, LAYER_NORM_GRADIENT } from './layer-norm.ts';
import { LINEAR, LINEAR_INPUT_GRADIENT, LINEAR_WEIGHT_GRADIENT, PRODUCT } from './linear.ts';
import { moduleOf } from './module.ts';

const KERNELS: readonly WasmKernel[] = [
  LINEAR,
  LINEAR_INPUT_GRADIENT,
  LINEAR_WEIGHT_GRADIENT,
  PRODUCT,
  LAYER_NORM,
  LAYER_NORM_GRADIENT,
  ATTENTION,
  ATTENTION_GRADIENT,
];

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
