/** Counts the work of a stage and tells how fast it goes, a few times a second. */
import type { IntakeProgress } from './catalogue.ts';
import { IntakeCancelled } from './intake-errors.ts';

const MILLISECONDS_BETWEEN = 100;

export interface Meter {
  /** One more is done. */
  tick(): void;
}

/** Starts a stage; its first and its last count are always told. Silent once `signal` is aborted. */
export function startMeter(
  stage: IntakeProgress['stage'],
  total: number,
  onProgress: (progress: IntakeProgress) => void,
  signal: AbortSignal,
): Meter {
  const began = performance.now();
  let told = began;
  let done = 0;
  const tell = () => {
    const seconds = (performance.now() - began) / 1000;
    const perSecond = seconds > 0 ? done / seconds : 0;
    onProgress({
      stage,
      done,
      total,
      perSecond,
      secondsLeft: perSecond > 0 ? (total - done) / perSecond : null,
    });
  };
  tell();
  return {
    tick: () => {
      done++;
      const now = performance.now();
      if (signal.aborted || (done < total && now - told < MILLISECONDS_BETWEEN)) return;
      told = now;
      tell();
    },
  };
}

/** Works on at most `width` items at once, in order. Rejects with `IntakeCancelled` as soon as `signal` is aborted. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  signal: AbortSignal,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) {
      if (signal.aborted) return;
      await work(item, index);
    }
  };
  let cancel = () => {};
  const aborted = new Promise<never>((_, reject) => {
    cancel = () => reject(new IntakeCancelled());
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
  try {
    await Promise.race([aborted, Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
