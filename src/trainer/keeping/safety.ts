/** All that keeps a run from being lost: its saves, the runs of other visits, and the way back from a fault. */
import type { RunConfig } from '../../config/schema.ts';
import type { Loading } from '../loading.ts';
import type { Emit } from '../reporter.ts';
import type { Chronicle } from './chronicle.ts';
import type { Keeper } from './keeper.ts';
import { Keeping } from './keeping.ts';
import { KeptRuns, type KeptRunsHost } from './kept-runs.ts';
import { Recovery, type RecoveryHost } from './recovery.ts';

/** What all of it asks of the session. */
export interface SafetyHost extends Omit<RecoveryHost, 'keeping' | 'kept'>, Pick<KeptRunsHost, 'catalogue'> {
  readonly loading: Loading;
  /** Makes the samples of these settings. */
  remake(config: RunConfig): Promise<void>;
}

export class Safety {
  readonly keeping: Keeping;
  readonly kept: KeptRuns;
  readonly recovery: Recovery;

  /** @param keeper null where nobody keeps runs. */
  constructor(emit: Emit, chronicle: Chronicle, keeper: Keeper | null, host: SafetyHost) {
    this.keeping = new Keeping(emit, chronicle, keeper, () => this.kept.subject());
    this.kept = new KeptRuns(emit, keeper, this.keeping, {
      ...host,
      backend: () => host.device.backend,
      imagesSettled: () => host.loading.settled(),
    });
    this.recovery = new Recovery(emit, { ...host, keeping: this.keeping, kept: this.kept });
  }
}
