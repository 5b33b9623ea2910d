/** The threads that help the one that trains: each has the module, the heap and a number. */
import type { WasmModule } from './module.ts';

/** What a thread is told at its start. */
export interface ThreadStart {
  compiled: WebAssembly.Module;
  memory: WebAssembly.Memory;
  pool: number;
  threads: number;
  /** From 1 on; 0 trains. */
  thread: number;
  /** Where the page asks for the processor of this thread (core/right-of-way.ts); null: never. */
  rightOfWay: SharedArrayBuffer | null;
}

/** Starts a thread that runs `serve` of the module; resolves when it is about to. */
export type StartThread = (start: ThreadStart) => Promise<void>;

/**
 * Starts all threads of the module but the one that calls; returns how many work then, the caller included. One of them
 * gives way to the page, which needs no more than one processor.
 */
export async function startThreads(
  { compiled, memory, pool, threads }: WasmModule,
  startThread: StartThread,
  rightOfWay: SharedArrayBuffer | null,
): Promise<number> {
  const others = Array.from({ length: threads - 1 }, (_, i) => i + 1);
  const starts = others.map((thread) =>
    startThread({ compiled, memory, pool, threads, thread, rightOfWay: thread === 1 ? rightOfWay : null }),
  );
  // A thread that does not start takes no tasks, and the others do them.
  const started = (await Promise.allSettled(starts)).filter(({ status }) => status === 'fulfilled');
  return 1 + started.length;
}

/** Starts a thread in a browser. */
export function startWorker(start: ThreadStart): Promise<void> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { type: 'module', name: 'kernels' });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) =>
      reject(new Error(`A thread of the WASM kernels did not start: ${message}`));
    worker.postMessage(start);
  });
}
