/** Every WASM kernel, under the name that its op asks for. */
import * as tf from '@tensorflow/tfjs-core';
import { ATTENTION, ATTENTION_GRADIENT } from './attention.ts';
import { BATCH_NORM, BATCH_NORM_GRADIENT } from './batch-norm.ts';
import { ASSEMBLE_TOKENS, ASSEMBLE_TOKENS_GRADIENT, SELECT_CLS, SELECT_CLS_GRADIENT } from './embed.ts';
import { GELU, GELU_GRADIENT } from './gelu.ts';
import type { WasmKernel } from './kernel.ts';
import { LAYER_NORM, LAYER_NORM_GRADIENT, LAYER_NORM_GRADIENT_BESIDE } from './layer-norm.ts';
import { LINEAR, LINEAR_INPUT_GRADIENT, LINEAR_WEIGHT_GRADIENT, PRODUCT } from './linear.ts';
import { CROSS_VIEW_LOSS, CROSS_VIEW_LOSS_GRADIENT, TEACHER_TARGETS } from './loss.ts';
import { moduleOf } from './module.ts';
import { L2_NORMALIZE, L2_NORMALIZE_GRADIENT, WEIGHT_NORM, WEIGHT_NORM_GRADIENT } from './normalize.ts';
import {
  BATCH_NORM_2D,
  BATCH_NORM_2D_GRADIENT,
  FIXED_NORM_2D,
  WINDOW_ROWS,
  WINDOW_SUMS,
} from './pictures.ts';

const KERNELS: readonly WasmKernel[] = [
  LINEAR,
  LINEAR_INPUT_GRADIENT,
  LINEAR_WEIGHT_GRADIENT,
  PRODUCT,
  GELU,
  GELU_GRADIENT,
  LAYER_NORM,
  LAYER_NORM_GRADIENT,
  LAYER_NORM_GRADIENT_BESIDE,
  BATCH_NORM,
  BATCH_NORM_GRADIENT,
  ATTENTION,
  ATTENTION_GRADIENT,
  ASSEMBLE_TOKENS,
  ASSEMBLE_TOKENS_GRADIENT,
  SELECT_CLS,
  SELECT_CLS_GRADIENT,
  L2_NORMALIZE,
  L2_NORMALIZE_GRADIENT,
  WEIGHT_NORM,
  WEIGHT_NORM_GRADIENT,
  TEACHER_TARGETS,
  CROSS_VIEW_LOSS,
  CROSS_VIEW_LOSS_GRADIENT,
  WINDOW_ROWS,
  WINDOW_SUMS,
  BATCH_NORM_2D,
  BATCH_NORM_2D_GRADIENT,
  FIXED_NORM_2D,
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
