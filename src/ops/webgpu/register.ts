/** Every WGSL kernel, under the name that its op asks for. */
import * as tf from '@tensorflow/tfjs-core';
import { GpuBackend } from './backend.ts';
import {
  ASSEMBLE_TOKENS,
  ASSEMBLE_TOKENS_GRADIENT,
  LEADING_ROWS,
  SELECT_CLS,
  SELECT_CLS_GRADIENT,
} from './embed.ts';
import { POSITIONS, POSITIONS_GRADIENT } from './embed-positions.ts';
import { L2_NORMALIZE, L2_NORMALIZE_GRADIENT, WEIGHT_NORM, WEIGHT_NORM_GRADIENT } from './normalize.ts';

/** A kernel on tensors of the GPU; its outputs are new tensors, or parts that the backend hands out. */
export interface GpuKernel {
  name: string;
  run(backend: GpuBackend, inputs: tf.NamedTensorInfoMap, settings: tf.NamedAttrMap): tf.TensorInfo[];
}

const KERNELS: readonly GpuKernel[] = [
  ASSEMBLE_TOKENS,
  ASSEMBLE_TOKENS_GRADIENT,
  LEADING_ROWS,
  POSITIONS,
  POSITIONS_GRADIENT,
  SELECT_CLS,
  SELECT_CLS_GRADIENT,
  L2_NORMALIZE,
  L2_NORMALIZE_GRADIENT,
  WEIGHT_NORM,
  WEIGHT_NORM_GRADIENT,
];

let registered = false;

/** Tells tfjs of the kernels, once. */
export function registerGpuKernels(): void {
  if (registered) return;
  registered = true;
  for (const { name, run } of KERNELS)
    tf.registerKernel({
      kernelName: name,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, attrs, backend }) => {
        if (!(backend instanceof GpuBackend)) throw new TypeError(`${name} runs on our WebGPU backend alone`);
        return run(backend, inputs, attrs ?? {});
      },
    });
}
