/** Step after step of a run, with looks at it in between, for as long as the session's phase says so. */
import type { Fault, Phase, StepMetrics } from '../protocol/values.ts';
import { COMPILING } from './ahead.ts';
import { breathe } from './breathe.ts';
import { faultOf, notFinite } from './faults.ts';
import type { Observer } from './observer.ts';
import type { Reporter } from './reporter.ts';
import { holdRunLock } from './run-lock.ts';
import type { PendingStep, TrainingRun } from './training-run.ts';

/** Steps on their way to the device before the oldest is waited for. */
const IN_FLIGHT = 3;

/** What the loop asks of the session and tells it. */
export interface LoopHost {
  observer: Observer;
  reporter: Reporter;
  phase(): Phase;
  setPhase(phase: Phase): void;
  fail(fault: Fault): void;
  activity(text: string | null): void;
  /** The device works on its own, and several steps may be on their way to it. */
  onGpu(): boolean;
  /** Gives the run's next step to the device. */
  advance(run: TrainingRun): Promise<PendingStep>;
  /** Between two steps, after the looks. */
  between(run: TrainingRun): Promise<void>;
  /** No step follows for now; resolves when what is to be kept of the run is read. */
  rest(run: TrainingRun): Promise<void>;
}

export class TrainingLoop {
  private readonly host: LoopHost;
  private stepsToGo = 0;
  private turning = false;

  constructor(host: LoopHost) {
    this.host = host;
  }

  get busy(): boolean {
    return this.turning;
  }

  /** Trains `steps` more, or until the phase changes. Where the loop turns already it takes these as its own. */
  async go(run: TrainingRun, steps: number): Promise<void> {
    this.stepsToGo = steps;
    this.host.setPhase('running');
    // Train may be pressed again while the last step is finishing.
    while (this.host.phase() === 'running' && !this.turning && !run.finished) await this.turn(run);
  }

  /** Resolves when no step is under way; the phase must say that none is wanted. */
  async stopped(): Promise<void> {
    while (this.turning) await breathe();
  }

  private async turn(run: TrainingRun): Promise<void> {
    const { host } = this;
    const { observer, reporter } = host;
    this.turning = true;
    const release = holdRunLock();
    try {
      await this.prepare(run);
      const pending: Promise<void>[] = [];
      while (host.phase() === 'running' && this.stepsToGo > 0 && !run.finished) {
        this.stepsToGo--;
        const startedAt = performance.now();
        const { figures } = await host.advance(run);
        pending.push(figures.then((row) => this.record(row, startedAt)));
        if (pending.length >= IN_FLIGHT || !host.onGpu()) await pending.shift();
        await observer.watch();
        await host.between(run);
        await breathe();
      }
      await Promise.all(pending);
      if (host.phase() === 'running') host.setPhase(run.finished ? 'finished' : 'paused');
      reporter.flush();
      if (host.phase() === 'fault') return;
      await host.rest(run);
      await observer.conclude();
      // A finished run is scored last.
      if (run.finished) await host.rest(run);
    } catch (error) {
      host.fail(faultOf(error));
    } finally {
      release();
      this.turning = false;
      reporter.flush();
    }
  }

  private async prepare(run: TrainingRun): Promise<void> {
    if (run.prepared) return;
    const { host } = this;
    host.setPhase('preparing');
    host.activity(host.onGpu() ? COMPILING : 'Making the network…');
    await breathe();
    // While shaders are compiled kernels do not run: whatever was computed meanwhile would be void.
    await host.observer.exclusively(() => run.prepare());
    host.activity(null);
    if (host.phase() === 'preparing') host.setPhase('running');
  }

  private record(row: Omit<StepMetrics, 'seconds'>, startedAt: number): void {
    const { host } = this;
    if (host.phase() === 'fault') return;
    if (Number.isFinite(row.loss) && Number.isFinite(row.gradNorm)) host.reporter.record(row, startedAt);
    else host.fail(notFinite(row.step));
  }
}
