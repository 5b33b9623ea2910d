/** A worker that does nothing but take tasks of the WASM kernels. */
import type { ThreadStart } from './threads.ts';

addEventListener('message', ({ data }: MessageEvent<ThreadStart>) => {
  const { compiled, memory, pool, threads, thread } = data;
  const { serve } = new WebAssembly.Instance(compiled, { env: { memory } }).exports;
  if (typeof serve !== 'function') throw new TypeError('The module has no function for threads');
  postMessage('ready');
  serve(pool, threads, thread);
});
