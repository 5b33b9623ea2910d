/** Back from a fault: a GPU that is lost once is opened again, and the run goes on from its last good state. */
import type { RunTree } from '../../checkpoint/state.ts';
import { differences } from '../../config/overrides.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Fault, Phase } from '../../protocol/values.ts';
import type { Device } from '../device.ts';
import { deviceGone, deviceLostAgain } from '../faults.ts';
import type { Emit } from '../reporter.ts';
import type { RunExchange } from '../runs/exchange.ts';
import type { Runs } from '../runs/runs.ts';
import type { TrainingRun } from '../training-run.ts';
import type { Keeping } from './keeping.ts';
import type { KeptRuns } from './kept-runs.ts';

/** What recovery asks of the session. */
export interface RecoveryHost {
  readonly device: Device;
  readonly runs: Runs;
  readonly exchange: RunExchange;
  readonly keeping: Keeping;
  readonly kept: KeptRuns;
  phase(): Phase;
  run(): TrainingRun | null;
  /** The run in progress, where its numbers can be trusted. */
  trusted(): TrainingRun | null;
  /** No step follows, and no fault is told: what dies with the device says so in its own ways. */
  hold(reason: string): void;
  fail(fault: Fault): void;
  activity(text: string | null): void;
  /** Resolves when nothing at all is under way, and there is a device. */
  retired(): Promise<void>;
  /** The present run goes on from the tree; without one it begins anew. */
  goOn(config: RunConfig, from: RunTree | null): void;
  train(): Promise<void>;
}

const LOST = 'The browser lost the GPU. Start it again on the new one.';

export class Recovery {
  private readonly emit: Emit;
  private readonly host: RecoveryHost;

  constructor(emit: Emit, host: RecoveryHost) {
    this.emit = emit;
    this.host = host;
  }

  /** The device is gone. @param trained whether steps were being made. */
  async lost(message: string, trained: boolean): Promise<void> {
    const { host } = this;
    const reached = host.run()?.step ?? 0;
    if (host.device.losses > 1) {
      const saved = await this.saveLast();
      host.fail(deviceLostAgain(message, saved));
      return;
    }
    host.hold(LOST);
    host.activity('The browser lost the GPU; opening it again…');
    await host.exchange.alone(async () => {
      await host.retired();
      if (!host.device.usable) return;
      if (!host.device.onGpu) {
        host.fail(deviceGone(message, await this.saveLast()));
        return;
      }
      const from = reached > 0 ? await this.lastGood() : null;
      const { present } = host.runs;
      if (present) host.goOn(present.config, from);
      if (reached > 0) this.emit({ type: 'recovered', step: from?.step ?? 0, lost: reached });
    });
    if (trained && host.device.usable && host.phase() !== 'fault') await host.train();
  }

  /** After a fault: the present run goes on from its last good state, as a fork of itself where settings were changed. */
  async goOn(config: RunConfig): Promise<void> {
    const { host } = this;
    const { present } = host.runs;
    if (!present || host.phase() !== 'fault') return;
    const run = host.trusted();
    if (run) await host.runs.keep(run);
    const last = await this.lastGood();
    if (last) host.runs.restore(last);
    if (differences(config, present.config).length === 0) await host.exchange.open(present.id);
    else await host.exchange.fork(present.id, null, config, false);
  }

  /** The newest state of the present run that is in memory or saved; null where there is none. */
  private async lastGood(): Promise<RunTree | null> {
    const { runs, keeping, kept } = this.host;
    await keeping.settled();
    const held = runs.present?.states.at(-1) ?? null;
    if ((keeping.savedStep ?? 0) <= (held?.step ?? 0)) return held;
    return (await kept.lastSaved()) ?? held;
  }

  /** The step that the present run is saved at, after what is in memory alone has been saved as well. */
  private async saveLast(): Promise<number | null> {
    const { runs, keeping } = this.host;
    await keeping.settled();
    const held = runs.present?.states.at(-1);
    if (held && held.step > (keeping.savedStep ?? 0)) await keeping.saveTree(held);
    return keeping.savedStep;
  }
}
