/** Gathers what a run reports and sends it at most five times a second. */
import type { TrainerEvent } from '../protocol/messages.ts';
import type { StepMetrics } from '../protocol/values.ts';

export type Emit = (event: TrainerEvent) => void;

const INTERVAL_MS = 200;
/** Steps that the pace is measured over. */
const WINDOW = 20;

export class Reporter {
  private readonly emit: Emit;
  private readonly sendStatus: () => void;
  private rows: StepMetrics[] = [];
  private recent: number[] = [];
  private sentAt = 0;
  private lastDoneAt = 0;

  /** @param sendStatus called whenever rows were sent. */
  constructor(emit: Emit, sendStatus: () => void) {
    this.emit = emit;
    this.sendStatus = sendStatus;
  }

  /** Forgets the run before. */
  clear(): void {
    this.rows = [];
    this.recent = [];
    this.lastDoneAt = 0;
  }

  /** A step that was begun at `startedAt` (performance.now) is done. With several on the way each counts its own share. */
  record(figures: Omit<StepMetrics, 'seconds'>, startedAt: number): void {
    const now = performance.now();
    const seconds = (now - Math.max(startedAt, this.lastDoneAt)) / 1000;
    this.lastDoneAt = now;
    this.recent = [...this.recent.slice(1 - WINDOW), seconds];
    this.rows.push({ ...figures, seconds });
    if (now - this.sentAt >= INTERVAL_MS) this.flush();
  }

  flush(): void {
    if (this.rows.length > 0) this.emit({ type: 'metrics', rows: this.rows });
    this.rows = [];
    this.sentAt = performance.now();
    this.sendStatus();
  }

  /** Median seconds of the last steps; null before the first. */
  get secondsAStep(): number | null {
    const sorted = [...this.recent].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? null;
  }
}
