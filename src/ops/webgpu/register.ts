/** Every WGSL kernel, under the name that its op asks for. */
import * as tf from '@tensorflow/tfjs-core';
import { ATTENTION_KERNELS } from './attention.ts';
import { GpuBackend } from './backend.ts';
import { BATCH_NORM_KERNELS } from './batch-norm.ts';
import { BATCH_NORM_2D_KERNELS } from './batch-norm-2d.ts';
import { EMBED_KERNELS } from './embed.ts';
import { POSITION_KERNELS } from './embed-positions.ts';
import { FIXED_NORM_2D_KERNELS } from './fixed-norm-2d.ts';
import { GELU_KERNELS } from './gelu.ts';
import { HEALTH_KERNELS } from './health.ts';
import { LAYER_NORM_KERNELS } from './layer-norm.ts';
import { LINEAR_KERNELS } from './linear.ts';
import { LOSS_KERNELS } from './loss.ts';
import { NORMALIZE_KERNELS } from './normalize.ts';
import { RUNNING_STATISTICS_KERNELS } from './running-statistics.ts';
import { TARGET_KERNELS } from './targets.ts';
import { WINDOW_KERNELS } from './windows.ts';

/** A kernel on tensors of the GPU; its outputs are new tensors, or parts that the backend hands out. */
export interface GpuKernel {
  name: string;
  run(backend: GpuBackend, inputs: tf.NamedTensorInfoMap, settings: tf.NamedAttrMap): tf.TensorInfo[];
}

const KERNELS: readonly GpuKernel[] = [
  ...ATTENTION_KERNELS,
  ...BATCH_NORM_KERNELS,
  ...BATCH_NORM_2D_KERNELS,
  ...FIXED_NORM_2D_KERNELS,
  ...EMBED_KERNELS,
  ...POSITION_KERNELS,
  ...GELU_KERNELS,
  ...HEALTH_KERNELS,
  ...LAYER_NORM_KERNELS,
  ...LINEAR_KERNELS,
  ...LOSS_KERNELS,
  ...NORMALIZE_KERNELS,
  ...RUNNING_STATISTICS_KERNELS,
  ...TARGET_KERNELS,
  ...WINDOW_KERNELS,
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
