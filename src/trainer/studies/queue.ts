/** Studies one after the other: each can be cancelled at any time, and a word ends them all. */
import { Diverged } from '../../eval/finetune.ts';
import { TooFewClasses } from '../../eval/logistic.ts';
import type { Study, StudyResult, TuningCurves } from '../../protocol/studies.ts';
import type { Emit } from '../reporter.ts';

/** What a study is given to say how far it is and to hear that it is no longer wanted. */
export interface Desk {
  signal: AbortSignal;
  /** @param share done of the present stage, 0 to 1; null where nobody knows. */
  say(text: string, share: number | null): void;
  /** Shows the curves of a fine-tuning so far. */
  show(curves: TuningCurves): void;
}

export type Conduct = (study: Study, desk: Desk) => Promise<StudyResult>;

/** A study cannot be made of this run; the message says why, in a sentence for the person. */
export class StudyRefused extends Error {
  override name = 'StudyRefused';
}

interface Job {
  id: number;
  study: Study;
  stop: AbortController;
}

export class StudyQueue {
  private readonly emit: Emit;
  private readonly conduct: Conduct;
  private waiting: Job[] = [];
  private current: Job | null = null;

  constructor(emit: Emit, conduct: Conduct) {
    this.emit = emit;
    this.conduct = conduct;
  }

  add(id: number, study: Study): void {
    this.waiting.push({ id, study, stop: new AbortController() });
    if (this.current)
      this.emit({ type: 'study-progress', id, text: 'Waits for the study before it', share: null });
    this.next();
  }

  /** The study ends now for the person; what it is at in this moment is thrown away when it is done. */
  cancel(id: number): void {
    const job = [this.current, ...this.waiting].find((each) => each?.id === id);
    if (job) this.end(job, 'cancelled', 'Cancelled.');
  }

  /** Ends what runs and what waits, and says why. */
  endAll(sentence: string): void {
    const jobs = [...(this.current ? [this.current] : []), ...this.waiting];
    this.waiting = [];
    for (const job of jobs) this.end(job, 'failed', sentence);
  }

  private next(): void {
    if (this.current) return;
    const job = this.waiting.shift();
    if (!job) return;
    this.current = job;
    void this.work(job);
  }

  private async work(job: Job): Promise<void> {
    const { id, study, stop } = job;
    const { signal } = stop;
    try {
      const result = await this.conduct(study, {
        signal,
        say: (text, share) => {
          if (!signal.aborted) this.emit({ type: 'study-progress', id, text, share });
        },
        show: (curves) => {
          if (!signal.aborted) this.emit({ type: 'study-curves', id, curves });
        },
      });
      if (signal.aborted) return;
      this.emit({ type: 'study-result', id, result });
      this.end(job, 'done', '');
    } catch (error) {
      this.end(job, 'failed', sentenceOf(error));
    }
  }

  /** A job is done with once its signal is aborted: whatever it still says or throws is not heard. */
  private end(job: Job, reason: 'done' | 'cancelled' | 'failed', sentence: string): void {
    if (job.stop.signal.aborted) return;
    job.stop.abort();
    this.waiting = this.waiting.filter((each) => each !== job);
    if (this.current === job) this.current = null;
    this.emit({ type: 'study-ended', id: job.id, reason, sentence });
    this.next();
  }
}

/** Errors whose messages are meant for the person. */
const EXPECTED = [StudyRefused, TooFewClasses, Diverged];

function sentenceOf(error: unknown): string {
  if (EXPECTED.some((kind) => error instanceof kind) && error instanceof Error) return error.message;
  return `Something went wrong that should not: ${error instanceof Error ? error.message : String(error)}`;
}
