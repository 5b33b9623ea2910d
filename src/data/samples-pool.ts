/** Makes the built-in samples in a few workers at once. */
import type { Catalogue, CatalogueImage, IntakeProgress } from './catalogue.ts';
import { fingerprintOf } from './fingerprint.ts';
import { IntakeCancelled } from './intake-errors.ts';
import { startMeter } from './intake-progress.ts';
import { SAMPLE_CLASSES, SAMPLE_SIDE } from './samples.ts';
import { type RangeReply, type RangeRequest, rangeReplySchema } from './samples-range.ts';

/** What the pool needs of a worker, so that tests can stand in for it. */
export interface SamplesWorker {
  postMessage(request: RangeRequest): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export interface SamplesOptions {
  /** How many images to train and to validate with. */
  train: number;
  val: number;
  seed: number;
  /** Give every picture its own random tint: the lesson in shortcuts. */
  tinted: boolean;
  signal: AbortSignal;
  onProgress: (progress: IntakeProgress) => void;
  /** Memory that images may take; only shown, as the samples stay far below it. */
  budgetBytes?: number;
  makeWorker?: () => SamplesWorker;
}

export class SamplesWorkerError extends Error {
  override name = 'SamplesWorkerError';
  constructor(readonly reason: string) {
    super(`A worker that makes samples failed (${reason}): reload the page to try again.`);
  }
}

const MOST_WORKERS = 4;
/** Images a message: enough to make messages cheap, few enough for a lively progress bar. */
const RANGE = 50;
const DEFAULT_BUDGET = 1024 * 2 ** 20;
/** Part of the fingerprint: raised whenever the same seed begins to give other pictures. */
const GENERATION = 1;

/**
 * The samples as a catalogue, training images first; the same options always give the same one.
 * Rejects with IntakeCancelled when `signal` is aborted, with SamplesWorkerError when a worker fails.
 */
export async function makeSamples(options: SamplesOptions): Promise<Catalogue> {
  const { train, val, seed, tinted, signal, onProgress, makeWorker = newWorker } = options;
  if (signal.aborted) throw new IntakeCancelled();
  const requests = [...rangesOf('train', train, seed, tinted), ...rangesOf('val', val, seed, tinted)];
  const made: RangeReply[] = [];
  const meter = startMeter('making', train + val, onProgress, signal);
  const size = Math.min(MOST_WORKERS, Math.max(1, navigator.hardwareConcurrency), requests.length);
  const workers: SamplesWorker[] = [];
  const queue = requests.entries();
  const work = async (worker: SamplesWorker) => {
    for (const [position, request] of queue) {
      const reply = await ask(worker, request);
      made[position] = reply;
      for (const _ of reply.samples) meter.tick();
    }
  };
  const settled = new AbortController();
  const cancelled = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new IntakeCancelled()), { signal: settled.signal });
  });
  try {
    while (workers.length < size) workers.push(makeWorker());
    await Promise.race([cancelled, Promise.all(workers.map(work))]);
  } finally {
    settled.abort();
    for (const worker of workers) worker.terminate();
  }
  return assemble(made, options);
}

function rangesOf(split: 'train' | 'val', count: number, seed: number, tinted: boolean): RangeRequest[] {
  return Array.from({ length: Math.ceil(count / RANGE) }, (_, i) => ({
    seed,
    split,
    from: i * RANGE,
    to: Math.min((i + 1) * RANGE, count),
    tinted,
  }));
}

function ask(worker: SamplesWorker, request: RangeRequest): Promise<RangeReply> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new SamplesWorkerError(reason));
    worker.onmessage = ({ data }) => {
      const reply = rangeReplySchema.safeParse(data);
      const fits =
        reply.success &&
        reply.data.split === request.split &&
        reply.data.from === request.from &&
        reply.data.samples.length === request.to - request.from;
      if (fits) resolve(reply.data);
      else fail('it gave a wrong answer');
    };
    worker.onmessageerror = () => fail('its answer could not be read');
    worker.onerror = (event) => fail(event.message || 'it could not start');
    worker.postMessage(request);
  });
}

function assemble(
  made: readonly RangeReply[],
  { train, val, seed, tinted, budgetBytes = DEFAULT_BUDGET }: SamplesOptions,
): Catalogue {
  const images = made.flatMap(({ split, from, samples }) =>
    samples.map(({ label, rgba, mask }, i): CatalogueImage => {
      const path = `${split}/${SAMPLE_CLASSES[label] ?? label}/${String(from + i).padStart(5, '0')}`;
      return { path, split, label, width: SAMPLE_SIDE, height: SAMPLE_SIDE, rgba, mask };
    }),
  );
  const source = tinted ? 'tinted' : 'samples';
  const classes = [...SAMPLE_CLASSES];
  // The pictures follow from the set, its seed and its counts, so these stand for the pixels.
  const identity = `${source}/${GENERATION}/${seed}/${train}/${val}`;
  return {
    name: tinted ? 'Tinted samples' : 'Samples',
    source,
    classes,
    images,
    trainCount: train,
    split: `drawn separately: ${train} to train, ${val} to validate`,
    skipped: [],
    bytes: images.reduce((sum, { rgba, mask }) => sum + rgba.length + (mask?.length ?? 0), 0),
    budgetBytes,
    workingSide: SAMPLE_SIDE,
    fingerprint: fingerprintOf(
      [{ path: identity, split: 'train', label: null, width: SAMPLE_SIDE, height: SAMPLE_SIDE }],
      classes,
    ),
  };
}

function newWorker(): SamplesWorker {
  return new Worker(new URL('./samples-worker.ts', import.meta.url), { type: 'module', name: 'samples' });
}
