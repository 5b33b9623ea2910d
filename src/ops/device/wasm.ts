/** The WASM backend: SIMD, and threads where the page is cross-origin isolated. */
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { runBatchesSingly } from './wasm-batches.ts';
import { activate } from './webgpu.ts';

/** Addresses of tfjs's three binaries. */
export interface WasmFiles {
  plain: string;
  simd: string;
  threadedSimd: string;
}

/**
 * Makes tfjs use WASM with `threads` threads; more than one needs cross-origin isolation.
 * @throws BackendError when tfjs ends up on another backend.
 */
export async function startWasm(files: WasmFiles | null, threads: number): Promise<void> {
  if (files)
    setWasmPaths({
      'tfjs-backend-wasm.wasm': files.plain,
      'tfjs-backend-wasm-simd.wasm': files.simd,
      'tfjs-backend-wasm-threaded-simd.wasm': files.threadedSimd,
    });
  // tfjs would take half of the processors only.
  if (threads > 1) setThreadsCount(threads);
  await activate('wasm');
  runBatchesSingly();
}
