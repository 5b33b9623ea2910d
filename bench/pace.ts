/** Runs steps as the trainer does, a few of them on their way to the device at a time, and says what each took. */
import type { StepFigures } from './contestant.ts';
import { difference, type GpuWatch } from './gpu-watch.ts';

export interface WatchedDevice {
  queue: GPUQueue;
  watch: GpuWatch;
}

export interface Pace {
  steps: number;
  /** Steps on their way before the oldest one's loss is waited for. */
  inFlight: number;
  /** Whether what each step asks of the device is counted, which costs time of its own. */
  counted: boolean;
}

/**
 * @param give hands the next step to the device; its loss comes when the device has done it, or later.
 * @param device null where steps are computed in the call itself.
 * @param ready resolves when nothing else has to be done before a step can be given; not counted as its JavaScript.
 */
export async function runSteps(
  { steps, inFlight, counted }: Pace,
  device: WatchedDevice | null,
  give: () => Promise<{ loss: Promise<number> }>,
  ready: () => Promise<void> = async () => {},
): Promise<StepFigures[]> {
  const ends: number[] = [];
  const javascript: number[] = [];
  const losses: Promise<number>[] = [];
  const ended: Promise<unknown>[] = [];
  const pending: Promise<number>[] = [];
  const watch = counted && device ? device.watch : null;
  if (device) device.watch.countDispatches = counted;
  const counts = watch ? [watch.counts()] : [];
  const begun = performance.now();
  for (let step = 0; step < steps; step++) {
    await ready();
    const at = performance.now();
    const { loss } = await give();
    javascript.push(performance.now() - at);
    losses.push(loss);
    // Losses of several steps may be read at once, so the queue says when each step ended.
    const end = device ? device.queue.onSubmittedWorkDone() : loss;
    ended.push(
      end.then(() => {
        ends[step] = performance.now();
      }),
    );
    pending.push(loss);
    if (pending.length >= inFlight) await pending.shift();
    if (watch) counts.push(watch.counts());
  }
  const read = await Promise.all(losses);
  await Promise.all(ended);
  if (watch) counts[steps] = watch.counts();
  return read.map((loss, i) => {
    const [before, after] = [counts[i], counts[i + 1]];
    return {
      loss,
      seconds: ((ends[i] ?? 0) - (i === 0 ? begun : (ends[i - 1] ?? 0))) / 1000,
      javascriptMs: javascript[i] ?? 0,
      gpu: before && after ? difference(after, before) : null,
    };
  });
}
