/** The WASM backend in Node: binaries from the disk, threads by worker_threads. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { WasmFiles } from '../src/ops/device/wasm.ts';
import type { ThreadStart } from '../src/ops/wasm/threads.ts';
import { buildKernels, kernelPath } from './wasm-kernels.ts';

const fromTfjs = (name: string) =>
  createRequire(import.meta.url).resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`);

/** The thread's whole program: src/ops/wasm/thread.ts for Node. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { compiled, memory, pool, threads, thread } = workerData;
  const imports = { env: { memory }, pool: { giveWay: () => undefined } };
  const { serve } = new WebAssembly.Instance(compiled, imports).exports;
  parentPort.postMessage('ready');
  serve(pool, threads, thread);
`;

/** What startWasm needs; compiles the kernels first if their sources have changed. */
export async function nodeWasmFiles(): Promise<WasmFiles> {
  // Node 20 has fused multiply-add behind a flag, later ones and browsers without.
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  await buildKernels(['relaxed', 'sharedRelaxed']);
  return {
    plain: fromTfjs('tfjs-backend-wasm.wasm'),
    simd: fromTfjs('tfjs-backend-wasm-simd.wasm'),
    kernels: {
      plain: kernelPath('plain'),
      relaxed: kernelPath('relaxed'),
      shared: kernelPath('shared'),
      sharedRelaxed: kernelPath('sharedRelaxed'),
    },
    read: async (path) => {
      const { buffer, byteOffset, byteLength } = await readFile(path);
      return new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength)).buffer;
    },
    startThread,
  };
}

function startThread(start: ThreadStart): Promise<void> {
  const worker = new Worker(THREAD, { eval: true, workerData: start });
  // A process that has nothing else to do may end.
  worker.unref();
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}
