/** What the page asks of the present run beside its training: pictures of images, attention, scores, neighbors. */
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import type { Look } from '../protocol/looks.ts';
import type { Phase } from '../protocol/values.ts';
import { nothingToSave } from './faults.ts';
import type { Onlookers } from './onlookers.ts';
import { cardsOf, cropsOf } from './pictures.ts';
import type { Emit } from './reporter.ts';
import type { TrainingRun } from './training-run.ts';

/** What questions ask of the session. */
export interface QuestionsHost {
  readonly onlookers: Onlookers;
  phase(): Phase;
  /** Makes so many steps. */
  go(steps: number): Promise<void>;
  /** Null while there is none, or its tensors are gone. */
  run(): TrainingRun | null;
  catalogue(): Catalogue | null;
  /** Of the next run. */
  config(): RunConfig;
}

export class Questions {
  private readonly emit: Emit;
  private readonly host: QuestionsHost;

  constructor(emit: Emit, host: QuestionsHost) {
    this.emit = emit;
    this.host = host;
  }

  async pin(ids: readonly number[]): Promise<void> {
    if (this.answerable) await this.host.onlookers.observer.pin(ids);
  }

  async evaluateKnn(): Promise<void> {
    if (this.answerable) await this.host.onlookers.observer.measure();
  }

  async neighbors(id: number): Promise<void> {
    if (this.answerable) await this.host.onlookers.observer.neighbors(id);
  }

  async look(id: number, wish: Look): Promise<void> {
    if (this.answerable) await this.host.onlookers.looks.look(id, wish);
  }

  async checkpoint(): Promise<void> {
    if (this.host.run()) await this.host.onlookers.observer.checkpoint();
    else this.emit({ type: 'fault', fault: nothingToSave() });
  }

  /** Takes the next step apart and makes it. A run in progress is paused after it. */
  async dissect(id: number, image: number): Promise<void> {
    const { host } = this;
    const { anatomist } = host.onlookers;
    anatomist.ask(id, image);
    if (host.phase() === 'finished')
      anatomist.refuse('The run is finished: no step follows that could be taken apart. Reset begins anew.');
    else if (!host.catalogue() || host.phase() === 'fault')
      anatomist.refuse('There is no run to take a step of.');
    else await host.go(1);
  }

  cards(ids: readonly number[]): void {
    const catalogue = this.host.catalogue();
    if (catalogue) this.emit({ type: 'cards', cards: cardsOf(catalogue, ids) });
  }

  crops(id: number, epoch: number): void {
    const catalogue = this.host.catalogue();
    if (!catalogue) return;
    const run = this.host.run();
    const crops = cropsOf(catalogue, run && run.step > 0 ? run.config : this.host.config(), id, epoch);
    if (crops) this.emit({ type: 'crops', crops });
  }

  private get answerable(): boolean {
    return this.host.phase() !== 'fault';
  }
}
