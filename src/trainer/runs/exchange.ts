/** Puts one run in another's place, one exchange at a time: what was is kept first, and nothing is lost in between. */
import type { RunTree } from '../../checkpoint/state.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Start } from '../../protocol/moving.ts';
import type { Emit } from '../reporter.ts';
import type { TrainingRun } from '../training-run.ts';
import { RunRefused, type Runs } from './runs.ts';

/** What an exchange asks of the session. */
export interface ExchangeHost {
  /** The run in progress, where its numbers can be trusted. */
  trusted(): TrainingRun | null;
  pause(): void;
  /** Resolves when no step is under way, after `pause`; from now on nobody looks at the run. */
  halted(): Promise<void>;
  /** Resolves when nothing at all is under way, and there is a device. */
  retired(): Promise<void>;
  /** The run that `runs` calls the present one goes on from the tree. */
  goOn(config: RunConfig, from: RunTree): void;
  train(): Promise<void>;
}

export class RunExchange {
  private readonly emit: Emit;
  private readonly runs: Runs;
  private readonly host: ExchangeHost;
  /** Exchanges take turns. */
  private turn: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(emit: Emit, runs: Runs, host: ExchangeHost) {
    this.emit = emit;
    this.runs = runs;
    this.host = host;
  }

  /** Resolves when no run is being put in another's place. */
  async settled(): Promise<void> {
    while (this.waiting > 0) await this.turn;
  }

  /** Work during which runs are exchanged. */
  alone(work: () => Promise<void>): Promise<void> {
    this.waiting++;
    const mine = this.turn.then(work);
    const done = () => {
      this.waiting--;
    };
    // The next in turn does not care how this one ends; whoever asked for it does.
    this.turn = mine.then(done, done);
    return mine;
  }

  /** The run in progress stops, and its state is kept if it fits. */
  async putAway(spared: readonly RunTree[] = []): Promise<void> {
    this.host.pause();
    await this.host.halted();
    const run = this.host.trusted();
    if (run) await this.runs.keep(run, spared);
  }

  /** Goes on with a run of the list; the one in progress comes into it. */
  open(id: number): Promise<void> {
    return this.refusable(async () => {
      const { entry, state } = this.runs.stateFor(id, null);
      if (entry === this.runs.present && entry.phase !== 'fault') return;
      this.assureRoom();
      await this.putAway();
      await this.host.retired();
      this.runs.reopen(entry);
      this.host.goOn(entry.config, state);
    });
  }

  /** A new run from a state of another; with step null from the newest, and of the run in progress from now. */
  async fork(id: number, step: number | null, config: RunConfig, train: boolean): Promise<void> {
    let begun = false;
    await this.refusable(async () => {
      const now = step === null && id === this.runs.present?.id ? this.host.trusted() : null;
      if (now) this.runs.assureFork(id, now.step, config);
      const chosen = now ? null : this.runs.stateFor(id, step, config);
      this.assureRoom();
      await this.putAway(chosen ? [chosen.state] : []);
      const { entry, state } = chosen ?? this.runs.stateFor(id, null, config);
      await this.host.retired();
      const child = this.runs.fork(entry, state, config);
      this.host.goOn(child.config, child.state);
      begun = true;
    });
    if (begun && train) await this.host.train();
  }

  /**
   * Goes on with a run that was not in the list; the one in progress comes into it. `then` is done before any step of it.
   * @param start the weights that it once began with, where that is known.
   * @throws RunRefused, with the run in progress as it was.
   */
  adopt(
    name: string,
    config: RunConfig,
    state: RunTree,
    then: () => Promise<void>,
    start: Start | null = null,
  ): Promise<void> {
    return this.alone(async () => {
      this.runs.assureAdoption(name, config, state);
      this.assureRoom();
      await this.putAway();
      await this.host.retired();
      this.runs.adopt(name, config, state, start);
      this.host.goOn(config, state);
      await then();
    });
  }

  rename(id: number, name: string): Promise<void> {
    return this.refusable(async () => this.runs.rename(id, name));
  }

  remove(id: number): Promise<void> {
    return this.refusable(async () => this.runs.remove(id));
  }

  private assureRoom(): void {
    const run = this.host.trusted();
    if (run && run.step > 0) this.runs.assureRoom(run);
  }

  private async refusable(work: () => Promise<void>): Promise<void> {
    try {
      await this.alone(work);
    } catch (error) {
      if (!(error instanceof RunRefused)) throw error;
      this.emit({ type: 'run-refused', sentence: error.message });
    }
  }
}
