/** Picks the fastest backend that tells the truth: WebGPU on a real adapter, else WASM. */
import { startWasm } from '../ops/device/wasm.ts';
import { type DeviceWatcher, findAdapter, startWebGpu } from '../ops/device/webgpu.ts';
import type { BackendInfo } from '../protocol/values.ts';

export type Preference = 'auto' | 'webgpu' | 'wasm';

let rightOfWay: SharedArrayBuffer | null = null;

/** Where the page asks a thread for its processor (core/right-of-way.ts); heeded by a backend that is opened later. */
export function heedRightOfWay(word: SharedArrayBuffer | null): void {
  rightOfWay = word;
}

/** 'auto' takes a real adapter only: on a software one WASM is faster. 'webgpu' takes any. */
export async function openBackend(prefer: Preference, watcher: DeviceWatcher): Promise<BackendInfo> {
  if (prefer === 'wasm') return openWasm('WASM was asked for');
  if (!navigator.gpu) return openWasm('this browser has no WebGPU');
  const choice = await findAdapter(navigator.gpu);
  if (!choice) return openWasm('the browser offers no graphics adapter');
  if (choice.software && prefer === 'auto')
    return openWasm(`the only graphics adapter is a software one (${choice.name}), which is slower`);
  try {
    await startWebGpu(choice, watcher);
  } catch (error) {
    return openWasm(`WebGPU did not start (${error instanceof Error ? error.message : String(error)})`);
  }
  return { backend: 'webgpu', adapter: choice.name, software: choice.software, threads: 1, reason: '' };
}

async function openWasm(reason: string): Promise<BackendInfo> {
  const processors = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  const { wasmFiles } = await import('./wasm-files.ts');
  const threads = await startWasm(wasmFiles, processors, rightOfWay);
  const adapter = threads > 1 ? `SIMD, ${threads} threads` : 'SIMD, 1 thread';
  return { backend: 'wasm', adapter, software: false, threads, reason };
}
