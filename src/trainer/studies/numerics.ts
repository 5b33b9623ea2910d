/** Has a study's plain computations done in a worker of their own, so that training keeps its speed beside them. */
import type { Between } from '../../eval/pace.ts';
import { compute } from './compute.ts';
import {
  type JobOf,
  type NumericsJob,
  type NumericsResult,
  numericsReplySchema,
  type ResultOf,
  type Task,
} from './numerics-messages.ts';
import { StudyRefused } from './queue.ts';

/** What is needed of a worker, so that tests can stand in for it. */
export interface NumericsWorker {
  postMessage(job: NumericsJob): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** No worker can be had here, or it is gone: then the work is done in the trainer. */
class WorkerLost extends Error {
  override name = 'WorkerLost';
}

/** How the study waits for it. */
export interface Waiting {
  signal: AbortSignal;
  /** Awaited now and then where the work is done in the trainer itself. */
  between: Between;
  /** Hears of epochs, rates or iterations that are done. */
  onProgress: (done: number) => void;
}

/** Throws the signal's reason as soon as it is aborted, and StudyRefused where the data allow no such computation. */
export async function numerics<T extends Task>(
  job: JobOf<T>,
  { signal, between, onProgress }: Waiting,
  makeWorker: () => NumericsWorker | null = newWorker,
): Promise<ResultOf<T>> {
  const found = await beside(job, signal, onProgress, makeWorker).catch((error: unknown) => {
    if (error instanceof WorkerLost) return compute(job, between, onProgress);
    throw error;
  });
  if (isOf(found, job)) return found;
  throw new TypeError(`What was asked for is ${job.task}, and what came is something else`);
}

function isOf<T extends Task>(result: NumericsResult, job: JobOf<T>): result is ResultOf<T> {
  return result.task === job.task;
}

async function beside(
  job: NumericsJob,
  signal: AbortSignal,
  onProgress: (done: number) => void,
  makeWorker: () => NumericsWorker | null,
): Promise<NumericsResult> {
  signal.throwIfAborted();
  const worker = makeWorker();
  if (!worker) throw new WorkerLost();
  try {
    return await new Promise<NumericsResult>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.onmessageerror = worker.onerror = () => reject(new WorkerLost());
      worker.onmessage = ({ data }) => {
        const parsed = numericsReplySchema.safeParse(data);
        if (!parsed.success) return reject(new WorkerLost());
        const reply = parsed.data;
        if (reply.type === 'progress') onProgress(reply.done);
        else if (reply.type === 'done') resolve(reply.result);
        else reject(reply.forPerson ? new StudyRefused(reply.message) : new Error(reply.message));
      };
      worker.postMessage(job);
    });
  } finally {
    worker.onmessage = worker.onmessageerror = worker.onerror = null;
    worker.terminate();
  }
}

/** Null where there are no workers: in Node. */
function newWorker(): NumericsWorker | null {
  if (typeof Worker === 'undefined') return null;
  return new Worker(new URL('./numerics-worker.ts', import.meta.url), { type: 'module', name: 'numerics' });
}
