/** Decodes images in a few workers at once; one that dies or hangs fails its image and is replaced. */
import type { Pixels } from '../core/pixels.ts';
import { type DecodeRequest, decodeReplySchema } from './decode-messages.ts';

/** What the pool needs of a worker, so that tests can stand in for it. */
export interface DecodeWorker {
  postMessage(request: DecodeRequest): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export interface DecodePoolOptions {
  size?: number;
  /** Milliseconds that one image may take. */
  patience?: number;
  makeWorker?: () => DecodeWorker;
}

export interface DecodePool {
  /**
   * Pixels whose shorter side is at most `side`. Rejects with a `DecodeError` that says why. When `signal` is aborted,
   * a waiting image is dropped and a worker that is busy with it is ended.
   */
  decode(blob: Blob, side: number, signal?: AbortSignal): Promise<Pixels>;
  /** Ends all workers; what is still to decode is rejected. */
  dispose(): void;
}

/** Why an image was not decoded, in words that follow "broken JPEG:". */
export class DecodeError extends Error {
  override name = 'DecodeError';
}

const MOST_WORKERS = 4;
const PATIENCE = 20_000;
/** Workers in a row that may die before any has answered; then they cannot run here, and none is made any more. */
const FALSE_STARTS = 8;

interface Job {
  request: DecodeRequest;
  resolve: (pixels: Pixels) => void;
  reject: (error: DecodeError) => void;
  settled: boolean;
}

interface Seat {
  worker: DecodeWorker;
  job: Job | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createDecodePool({
  size = Math.min(MOST_WORKERS, processors()),
  patience = PATIENCE,
  makeWorker = newWorker,
}: DecodePoolOptions = {}): DecodePool {
  const seats = new Set<Seat>();
  const queue: Job[] = [];
  let nextId = 0;
  let falseStarts = 0;
  let anyAnswered = false;
  let disposed = false;

  const fail = (job: Job, reason: string) => {
    job.settled = true;
    job.reject(new DecodeError(reason));
  };

  /** Ends a worker. Its place is taken by a new one as soon as there is work. */
  const retire = (seat: Seat) => {
    clearTimeout(seat.timer);
    seat.worker.onmessage = seat.worker.onmessageerror = seat.worker.onerror = null;
    seat.worker.terminate();
    seats.delete(seat);
  };

  const lose = (seat: Seat, reason: string) => {
    const { job } = seat;
    retire(seat);
    if (!anyAnswered) falseStarts++;
    if (job) fail(job, reason);
    advance();
  };

  const receive = (seat: Seat, data: unknown) => {
    const { job } = seat;
    const reply = decodeReplySchema.safeParse(data);
    if (!reply.success || job === null || reply.data.id !== job.request.id) {
      lose(seat, 'the decoder gave a wrong answer');
      return;
    }
    clearTimeout(seat.timer);
    seat.job = null;
    anyAnswered = true;
    if (reply.data.ok) {
      const { width, height, rgba } = reply.data;
      job.settled = true;
      job.resolve({ width, height, rgba });
    } else fail(job, reply.data.reason);
    advance();
  };

  const newSeat = (): Seat => {
    const seat: Seat = { worker: makeWorker(), job: null, timer: undefined };
    seat.worker.onmessage = (event) => receive(seat, event.data);
    seat.worker.onmessageerror = () => lose(seat, 'the decoder gave a wrong answer');
    seat.worker.onerror = () => lose(seat, 'the decoder crashed');
    seats.add(seat);
    return seat;
  };

  const freeSeat = (): Seat | null => {
    for (const seat of seats) if (seat.job === null) return seat;
    return seats.size < size ? newSeat() : null;
  };

  const advance = () => {
    if (falseStarts >= FALSE_STARTS)
      for (const job of queue.splice(0)) fail(job, 'decoders cannot be started in this browser');
    while (queue.length > 0) {
      const seat = freeSeat();
      const job = seat && queue.shift();
      if (!seat || !job) return;
      seat.job = job;
      seat.timer = setTimeout(() => lose(seat, `decoding took longer than ${patience / 1000} s`), patience);
      seat.worker.postMessage(job.request);
    }
  };

  const drop = (job: Job) => {
    if (job.settled) return;
    const waiting = queue.indexOf(job);
    if (waiting >= 0) queue.splice(waiting, 1);
    for (const seat of seats) if (seat.job === job) retire(seat);
    fail(job, 'decoding was cancelled');
    // Later, when all that this signal cancels is gone from the queue.
    queueMicrotask(advance);
  };

  return {
    decode: (blob, side, signal) =>
      new Promise((resolve, reject) => {
        if (disposed || signal?.aborted) {
          reject(new DecodeError('decoding was cancelled'));
          return;
        }
        const cancel = () => drop(job);
        const release = () => signal?.removeEventListener('abort', cancel);
        const job: Job = {
          request: { id: nextId++, blob, side },
          resolve: (pixels) => {
            release();
            resolve(pixels);
          },
          reject: (error) => {
            release();
            reject(error);
          },
          settled: false,
        };
        signal?.addEventListener('abort', cancel, { once: true });
        queue.push(job);
        advance();
      }),
    dispose: () => {
      disposed = true;
      const unfinished = queue.splice(0);
      for (const seat of [...seats]) {
        if (seat.job) unfinished.push(seat.job);
        retire(seat);
      }
      for (const job of unfinished) fail(job, 'decoding was cancelled');
    },
  };
}

function processors(): number {
  return Math.max(1, navigator.hardwareConcurrency);
}

function newWorker(): DecodeWorker {
  return new Worker(new URL('./decode-worker.ts', import.meta.url), { type: 'module', name: 'decoder' });
}
