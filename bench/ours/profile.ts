/** Where the time of our step goes: each kernel by itself, in a run that is not replayed. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../src/config/schema.ts';
import { type GpuBackend, gpuBackend } from '../../src/ops/webgpu/backend.ts';
import { Profile } from '../../src/ops/webgpu/profile.ts';
import { TrainingRun } from '../../src/trainer/training-run.ts';
import { sampleCatalogue } from '../../tools/sample-catalogue.ts';
import type { KernelTime } from '../contestant.ts';

/** Constants are uploaded and memory is filled before. */
const WARM_UPS = 2;

/** Kernels of one step, the slowest first; empty where the GPU has no clock. */
export async function profileOf(config: RunConfig, images: number): Promise<KernelTime[]> {
  const run = new TrainingRun(config, sampleCatalogue(images, 0), { recorded: false });
  await run.prepare();
  const step = async () => {
    const { figures } = await run.advance();
    await figures;
  };
  for (let i = 0; i < WARM_UPS; i++) await step();
  const gpu = gpuBackend();
  const calls = gpu ? await dispatchesOf(gpu, step) : await kernelsOf(step);
  run.dispose();
  return summed(calls);
}

interface Call {
  name: string;
  milliseconds: number;
}

/** By the GPU's clock; tfjs's own programs are not among them. */
async function dispatchesOf(gpu: GpuBackend, step: () => Promise<void>): Promise<Call[]> {
  if (!gpu.device.features.has('timestamp-query')) return [];
  const profile = new Profile(gpu.device);
  gpu.profile = profile;
  try {
    await step();
  } finally {
    gpu.profile = null;
  }
  return profile.finish();
}

/** By the wall clock, which tells the truth where kernels run in the call; those that call others count as one. */
async function kernelsOf(step: () => Promise<void>): Promise<Call[]> {
  const calls: Call[] = [];
  let depth = 0;
  const restore = tf.getKernelsForBackend(tf.getBackend()).map((kernel) => {
    const own = kernel.kernelFunc;
    kernel.kernelFunc = (call) => {
      const at = performance.now();
      depth++;
      try {
        return own(call);
      } finally {
        depth--;
        if (depth === 0) calls.push({ name: kernel.kernelName, milliseconds: performance.now() - at });
      }
    };
    return () => {
      kernel.kernelFunc = own;
    };
  });
  try {
    await step();
  } finally {
    for (const undo of restore) undo();
  }
  return calls;
}

function summed(calls: readonly Call[]): KernelTime[] {
  const byName = new Map<string, KernelTime>();
  for (const { name, milliseconds } of calls) {
    const before = byName.get(name) ?? { name, milliseconds: 0, calls: 0 };
    byName.set(name, {
      name,
      milliseconds: before.milliseconds + milliseconds,
      calls: before.calls + 1,
    });
  }
  return [...byName.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}
