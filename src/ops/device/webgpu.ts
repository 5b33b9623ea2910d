/** WebGPU with a device of our own: made with the adapter's real limits, and watched. */

import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { GpuBackend, gpuBackend } from '../webgpu/backend.ts';
import { registerGpuKernels } from '../webgpu/register.ts';

export interface AdapterChoice {
  adapter: GPUAdapter;
  /** What to call it in front of people. */
  name: string;
  software: boolean;
}

/** What happens to a device after it was made; `message` is the browser's own. */
export interface DeviceWatcher {
  lost(reason: 'unknown' | 'destroyed', message: string): void;
  error(kind: 'out-of-memory' | 'validation' | 'internal', message: string): void;
}

export class BackendError extends Error {
  constructor(wanted: string, found: string) {
    super(`The backend should be ${wanted} and is ${found}`);
    this.name = 'BackendError';
  }
}

const RETRIES = 3;
const RETRY_MS = 150;
const USEFUL_FEATURES: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** The best adapter, or null. It can be null for a moment while a browser starts, so it is asked for again. */
export async function findAdapter(gpu: GPU | undefined): Promise<AdapterChoice | null> {
  for (let attempt = 0; gpu && attempt < RETRIES; attempt++) {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter) {
      const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
      const name = description || [vendor, architecture, device].filter((part) => part !== '').join(' ');
      const software = isFallbackAdapter || SOFTWARE.test(`${name} ${architecture} ${device}`);
      return { adapter, name: name || 'unnamed adapter', software };
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return null;
}

/**
 * Makes the device and makes tfjs use it. The adapter is used up by this.
 * @throws BackendError when tfjs ends up on another backend.
 */
export async function startWebGpu(choice: AdapterChoice, watcher: DeviceWatcher): Promise<GPUDevice> {
  const { adapter } = choice;
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value: unknown = Reflect.get(adapter.limits, name);
    if (typeof value === 'number') requiredLimits[name] = value;
  }
  const device = await adapter.requestDevice({
    requiredFeatures: USEFUL_FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits,
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    const kind =
      error instanceof GPUOutOfMemoryError
        ? 'out-of-memory'
        : error instanceof GPUValidationError
          ? 'validation'
          : 'internal';
    watcher.error(kind, error.message);
  });
  void device.lost.then(({ reason, message }) => watcher.lost(reason, message));
  // Small operands would otherwise be computed on the CPU, which hides a lost device and a wrong kernel.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new GpuBackend(device, adapter.info, choice.software));
  registerGpuKernels();
  await activate('webgpu');
  return device;
}

/**
 * Runs `work` once with every shader compiled in parallel instead of one after the other; its results are void.
 * @throws whatever a shader's compilation throws.
 */
export async function compileShaders(work: () => void): Promise<void> {
  const backend = gpuBackend();
  if (!backend) return;
  tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
  try {
    work();
    await backend.checkCompileCompletionAsync();
  } finally {
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', false);
  }
}

/** @throws BackendError: setBackend answers false without a word and leaves another backend active. */
export async function activate(name: 'webgpu' | 'wasm' | 'cpu'): Promise<void> {
  await tf.setBackend(name);
  await tf.ready();
  if (tf.getBackend() !== name) throw new BackendError(name, tf.getBackend());
}
