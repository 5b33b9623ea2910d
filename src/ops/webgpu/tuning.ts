/** Which variant of a kernel is the fastest here, shape by shape: timed once, and kept as plain JSON. */
import * as tf from '@tensorflow/tfjs-core';
import type { GpuBackend } from './backend.ts';

export interface Variant {
  name: string;
}

/** The choice between variants for one shape. */
export interface Contest<V extends Variant> {
  candidates: readonly V[];
  /** Taken until the shape is tuned. */
  fallback: V;
  /** Floating-point operations: the most expensive shape is tuned first. */
  work: number;
  /** Dispatches the work once; while shaders are compiled, it does that alone. */
  run(candidate: V): void;
}

/** Names of the chosen variants by shape. */
export type Choices = Record<string, string>;

const ROUNDS = 3;
/** Long enough for a clock that browsers round to 0.1 ms. */
const LEAST_MS = 4;
const MOST_REPEATS = 64;

export class Tuning {
  private readonly backend: GpuBackend;
  private readonly chosen = new Map<string, string>();
  private readonly open = new Map<
    string,
    { work: number; settle: (until: number) => Promise<string | null> }
  >();

  constructor(backend: GpuBackend) {
    this.backend = backend;
  }

  /** The variant that the shape was tuned to; else the fallback, and the shape is remembered for `tune`. */
  choose<V extends Variant>(shape: string, contest: Contest<V>): V {
    const name = this.chosen.get(shape);
    const found = contest.candidates.find((candidate) => candidate.name === name);
    if (found) return found;
    if (contest.candidates.length > 1)
      this.open.set(shape, { work: contest.work, settle: (until) => this.fastest(contest, until) });
    return contest.fallback;
  }

  /**
   * Times the variants for the shapes that were asked for so far and are not tuned, the most expensive first, for about
   * `milliseconds`. So run, or compile, the work once before; afterwards it may take other shaders. Returns how many
   * shapes were settled.
   */
  async tune(milliseconds: number): Promise<number> {
    let settled = 0;
    const until = performance.now() + milliseconds;
    for (const [shape, { settle }] of [...this.open].sort(([, a], [, b]) => b.work - a.work)) {
      const name = performance.now() < until ? await settle(until) : null;
      if (name === null) break;
      this.chosen.set(shape, name);
      this.open.delete(shape);
      settled++;
    }
    this.backend.trim();
    return settled;
  }

  /** What was chosen, for `restore` in a later session on the same adapter. */
  choices(): Choices {
    return Object.fromEntries(this.chosen);
  }

  /** Names that no variant has any more are passed over when they are asked for. */
  restore(choices: Choices): void {
    for (const [shape, name] of Object.entries(choices)) {
      this.chosen.set(shape, name);
      this.open.delete(shape);
    }
  }

  /** Null where the time runs out before all have been timed. */
  private async fastest<V extends Variant>(contest: Contest<V>, until: number): Promise<string | null> {
    await this.compile(contest);
    let best = { name: contest.fallback.name, time: Number.POSITIVE_INFINITY };
    for (const candidate of contest.candidates) {
      const time = await this.time(() => contest.run(candidate));
      if (time < best.time) best = { name: candidate.name, time };
      if (performance.now() > until) return null;
    }
    return best.name;
  }

  /** Compiles all candidates at once, which takes little longer than one. */
  private async compile<V extends Variant>({ candidates, run }: Contest<V>): Promise<void> {
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
    try {
      for (const candidate of candidates) run(candidate);
    } finally {
      tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', false);
    }
    await this.backend.checkCompileCompletionAsync();
  }

  /** Milliseconds of one dispatch, the best of a few rounds; the first, on cold memory, does not count. */
  private async time(run: () => void): Promise<number> {
    await this.round(run, 1);
    const once = await this.round(run, 1);
    const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(LEAST_MS / Math.max(once, 0.05))));
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < ROUNDS; i++) best = Math.min(best, (await this.round(run, repeats)) / repeats);
    return best;
  }

  private async round(run: () => void, repeats: number): Promise<number> {
    const begun = performance.now();
    for (let i = 0; i < repeats; i++) run();
    this.backend.flush();
    await this.backend.device.queue.onSubmittedWorkDone();
    return performance.now() - begun;
  }
}

const tunings = new WeakMap<GpuBackend, Tuning>();

/** The backend's own; its choices hold for its adapter alone. */
export function tuningOf(backend: GpuBackend): Tuning {
  const held = tunings.get(backend) ?? new Tuning(backend);
  tunings.set(backend, held);
  return held;
}
