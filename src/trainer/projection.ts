/** Has a layout made in a worker of its own, so that neither training nor the page waits for it. */
import type { Projected, Word } from '../eval/projections/project.ts';
import { buffersOf } from '../protocol/transfer.ts';
import { type ProjectionJob, projectionReplySchema } from './projection-messages.ts';

/** What is needed of a worker, so that tests can stand in for it. */
export interface ProjectionWorker {
  postMessage(job: ProjectionJob, transfer: ArrayBuffer[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** The layout could not be made. */
export class ProjectionFailed extends Error {
  override name = 'ProjectionFailed';
}

/**
 * The job's arrays are handed over. Throws the signal's reason as soon as it is aborted, whatever the worker is at, and
 * ProjectionFailed where the worker gives up.
 */
export function projectBeside(
  job: ProjectionJob,
  word: Word,
  signal: AbortSignal,
  makeWorker: () => ProjectionWorker = newWorker,
): Promise<Projected> {
  signal.throwIfAborted();
  const worker = makeWorker();
  const found = new Promise<Projected>((resolve, reject) => {
    const fail = (message: string) => reject(new ProjectionFailed(message));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onerror = (event) => fail(event.message || 'its worker could not be loaded');
    worker.onmessageerror = () => fail('a message of its worker could not be read');
    worker.onmessage = ({ data }) => {
      const parsed = projectionReplySchema.safeParse(data);
      if (!parsed.success) return fail('its worker said something that is not known here');
      const reply = parsed.data;
      switch (reply.type) {
        case 'stage':
          return word.stage(reply.text, reply.share);
        case 'positions':
          return word.positions(reply.positions);
        case 'done':
          return resolve(reply);
        case 'failed':
          return fail(reply.message);
        default:
          return reply satisfies never;
      }
    };
    worker.postMessage(job, buffersOf(job));
  });
  return found.finally(() => {
    worker.onmessage = worker.onmessageerror = worker.onerror = null;
    worker.terminate();
  });
}

function newWorker(): ProjectionWorker {
  return new Worker(new URL('./projection-worker.ts', import.meta.url), {
    type: 'module',
    name: 'projection',
  });
}
