/** Whoever looks at the present run beside its training: told when it is replaced, stops, or its device dies. */
import type { Catalogue } from '../data/catalogue.ts';
import type { TrainingRun } from './training-run.ts';

export interface Follower {
  /** From now on this is the run, and these are its images. */
  follow(run: TrainingRun, catalogue: Catalogue): void;
  /** There is no run until the next `follow`; what is under way gives up, and says why with this sentence. */
  leave(reason: string): void;
  /** A fault has stopped the run, which stays as it is until the person begins another. */
  stop?(reason: string): void;
  /** The tensors that it keeps are gone with their device: nothing is left to free. */
  forget?(): void;
}

export class Followers {
  private readonly all: readonly Follower[];

  constructor(all: readonly Follower[]) {
    this.all = all;
  }

  follow(run: TrainingRun, catalogue: Catalogue): void {
    for (const each of this.all) each.follow(run, catalogue);
  }

  leave(reason: string): void {
    for (const each of this.all) each.leave(reason);
  }

  stop(reason: string): void {
    for (const each of this.all) each.stop?.(reason);
  }

  forget(): void {
    for (const each of this.all) each.forget?.();
  }
}
