/** The naive side in a worker and a bundle of its own: stock tfjs, started as its documentation says. */
import '@tensorflow/tfjs-backend-webgpu';
import { getThreadsCount, setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { activateStock, NaiveSide } from '../naive/side.ts';
import { serve } from '../wire.ts';
import { workerChannel } from './worker-channel.ts';

const side = new NaiveSide(async (backend, threads) => {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threadedSimd,
  });
  // tfjs by itself takes half of the processors.
  setThreadsCount(threads);
  await activateStock(backend);
  return { adapter: 'tfjs', software: false, threads: backend === 'wasm' ? getThreadsCount() : 1 };
});
serve(workerChannel(), (request) => side.answer(request));
