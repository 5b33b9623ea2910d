/**
 * The WASM binaries, in this very text: they come with the program, so that the page needs no connection. A module of its
 * own, loaded where WASM is, as they are large.
 */
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url&inline';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url&inline';
import type { WasmFiles } from '../ops/device/wasm.ts';
import plainKernels from '../ops/wasm/built/plain.wasm?url&inline';
import relaxedKernels from '../ops/wasm/built/relaxed.wasm?url&inline';
import sharedKernels from '../ops/wasm/built/shared.wasm?url&inline';
import sharedRelaxedKernels from '../ops/wasm/built/sharedRelaxed.wasm?url&inline';
import { startWorker } from '../ops/wasm/threads.ts';

export const wasmFiles: WasmFiles = {
  plain,
  simd,
  kernels: {
    plain: plainKernels,
    relaxed: relaxedKernels,
    shared: sharedKernels,
    sharedRelaxed: sharedRelaxedKernels,
  },
  // The addresses are data: URLs, so nothing is fetched from anywhere.
  read: async (address) => (await fetch(address)).arrayBuffer(),
  startThread: startWorker,
};
