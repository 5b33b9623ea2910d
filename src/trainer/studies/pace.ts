/** How long a study may work on end before it lets the training in, and how often it tells of itself. */
import { breathe } from '../breathe.ts';

/** Milliseconds. */
const SHORTEST = 30;
const LONGEST = 300;
/** A study works this long for each second that the others took when it let them. */
const SHARE = 0.5;

/**
 * Asked often, lets others in once the study has worked for long enough: half as long as the others took the last time.
 * So a study takes a third of a busy worker, whatever a step takes, and all of an idle one.
 */
export class Pace {
  private since: number;
  private budget = SHORTEST;
  private readonly rest: () => Promise<void>;
  private readonly now: () => number;

  constructor(rest: () => Promise<void> = breathe, now: () => number = () => performance.now()) {
    this.rest = rest;
    this.now = now;
    this.since = now();
  }

  async between(): Promise<void> {
    const begun = this.now();
    if (begun - this.since < this.budget) return;
    await this.rest();
    this.since = this.now();
    this.budget = Math.min(LONGEST, Math.max(SHORTEST, SHARE * (this.since - begun)));
  }
}

/** Lets one message of many through each so often, and the first of every new kind. */
export class Rhythm {
  private readonly every: number;
  private readonly now: () => number;
  private last: { kind: string; at: number } | null = null;

  /** @param every milliseconds. */
  constructor(every: number, now: () => number = () => performance.now()) {
    this.every = every;
    this.now = now;
  }

  isDue(kind: string): boolean {
    const at = this.now();
    if (this.last?.kind === kind && at - this.last.at < this.every) return false;
    this.last = { kind, at };
    return true;
  }
}
