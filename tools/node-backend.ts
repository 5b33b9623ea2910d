/** The backends in Node: the same kernels that the page runs, without a browser. */
import { availableParallelism } from 'node:os';
import '@tensorflow/tfjs-backend-cpu';
import { startWasm } from '../src/ops/device/wasm.ts';
import { activate, findAdapter, startWebGpu } from '../src/ops/device/webgpu.ts';
import { nodeWasmFiles } from './node-wasm.ts';

export const NODE_BACKENDS = ['cpu', 'wasm', 'webgpu'] as const;
export type NodeBackend = (typeof NODE_BACKENDS)[number];

export const isNodeBackend = (name: string): name is NodeBackend =>
  NODE_BACKENDS.some((backend) => backend === name);

/** WebGPU in Node has neither a GPU's Vulkan driver nor Chromium's software one. */
export class NoAdapterError extends Error {
  constructor() {
    const driver = process.env.VK_DRIVER_FILES ?? 'the machine’s own';
    super(`Node found no WebGPU adapter (Vulkan driver: ${driver}). Install Chromium or a GPU driver.`);
    this.name = 'NoAdapterError';
  }
}

/** Switches tfjs to a backend; returns the name of what runs it. */
export async function startBackend(backend: NodeBackend): Promise<string> {
  switch (backend) {
    case 'cpu':
      await activate('cpu');
      return 'plain JavaScript';
    case 'wasm': {
      const threads = await startWasm(await nodeWasmFiles(), availableParallelism());
      return `SIMD, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    }
    case 'webgpu':
      return startNodeWebGpu();
    default:
      return backend satisfies never;
  }
}

/** Needs the process to have started in `vulkanEnvironment()`. Dawn's options, by spaces, come from `DAWN_OPTIONS`. */
async function startNodeWebGpu(): Promise<string> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(process.env.DAWN_OPTIONS?.split(' ') ?? []);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const choice = await findAdapter(gpu);
  if (!choice) throw new NoAdapterError();
  await startWebGpu(choice, {
    lost: (reason, message) => {
      if (reason !== 'destroyed') console.error(`The GPU was lost: ${message}`);
    },
    error: (kind, message) => {
      console.error(`WebGPU ${kind} error: ${message}`);
      process.exitCode = 1;
    },
  });
  return choice.name;
}
