/** Compiles a step's kernels, in the variants that are the fastest on this adapter: timed once, and remembered. */
import { get, set } from 'idb-keyval';
import { z } from 'zod';
import { compileShaders } from '../ops/device/webgpu.ts';
import { type GpuBackend, gpuBackend } from '../ops/webgpu/backend.ts';
import { type Choices, tuningOf } from '../ops/webgpu/tuning.ts';

/** Where choices outlive the page. */
export interface ChoiceMemory {
  get(key: string): Promise<unknown>;
  set(key: string, choices: Choices): Promise<void>;
}

const TUNING_MS = 1500;

const choicesSchema = z.record(z.string(), z.string());

const browserMemory: ChoiceMemory = { get, set };

/** Compiles what `step` dispatches, without running it; on WebGPU alone. */
export async function prepareKernels(step: () => void, memory = browserMemory): Promise<void> {
  const backend = gpuBackend();
  if (!backend) return;
  const tuning = tuningOf(backend);
  const key = keyOf(backend);
  tuning.restore(await recalled(key, memory));
  await compileShaders(step);
  if ((await tuning.tune(TUNING_MS)) === 0) return;
  await remember(key, tuning.choices(), memory);
  await compileShaders(step);
}

/** Choices hold for one adapter and driver. */
function keyOf({ device }: GpuBackend): string {
  const { vendor, architecture, device: model, description } = device.adapterInfo;
  return `kernels ${[vendor, architecture, model, description].join('/')}`;
}

/** Nothing where the browser keeps nothing: then kernels are timed again, which takes a second. */
async function recalled(key: string, memory: ChoiceMemory): Promise<Choices> {
  try {
    return choicesSchema.catch({}).parse(await memory.get(key));
  } catch {
    return {};
  }
}

async function remember(key: string, choices: Choices, memory: ChoiceMemory): Promise<void> {
  try {
    await memory.set(key, choices);
  } catch {
    // A full disk or a private window: the choices hold until the page is left.
  }
}
