/** A worker that does nothing but take tasks of the WASM kernels. */
import { giveWay } from '../../core/right-of-way.ts';
import type { ThreadStart } from './threads.ts';

addEventListener('message', ({ data }: MessageEvent<ThreadStart>) => {
  const { compiled, memory, pool, threads, thread, rightOfWay } = data;
  const word = rightOfWay && new Int32Array(rightOfWay);
  const { serve } = new WebAssembly.Instance(compiled, {
    env: { memory },
    pool: { giveWay: word ? () => giveWay(word) : () => undefined },
  }).exports;
  if (typeof serve !== 'function') throw new TypeError('The module has no function for threads');
  postMessage('ready');
  serve(pool, threads, thread);
});
