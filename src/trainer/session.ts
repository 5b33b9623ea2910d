/** The state machine of a run: empty → idle → running ⇄ paused → finished, or fault, which Reset leaves. */
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { IntakeCancelled } from '../data/intake.ts';
import type { Look } from '../protocol/looks.ts';
import type { BackendInfo, Fault, Phase, SourceFile } from '../protocol/values.ts';
import { Ahead } from './ahead.ts';
import { Anatomist } from './anatomy/anatomist.ts';
import { openBackend, type Preference } from './backend.ts';
import { deviceLost, faultOf, gpuError, nothingToSave, outOfMemory } from './faults.ts';
import { Followers } from './followers.ts';
import { type LoadTools, loadFiles, loadSamples, summaryOf } from './images.ts';
import { Looks } from './looks.ts';
import { summaryOfModel } from './model-summary.ts';
import { Observer } from './observer.ts';
import { cardsOf, cropsOf } from './pictures.ts';
import { type Emit, Reporter } from './reporter.ts';
import { statusOf } from './status.ts';
import { Studies } from './studies/studies.ts';
import { TrainingLoop } from './training-loop.ts';
import { TrainingRun } from './training-run.ts';

const REPLACED = 'The run was replaced meanwhile. Start the study again on the new one.';

export class Session {
  private readonly emit: Emit;
  private readonly reporter: Reporter;
  private readonly observer: Observer;
  readonly looks: Looks;
  readonly studies: Studies;
  readonly anatomist: Anatomist;
  private readonly followers: Followers;
  private readonly ahead: Ahead;
  private readonly loop: TrainingLoop;
  private config: RunConfig;
  private prefer: Preference = 'auto';
  private backend: BackendInfo | null = null;
  private deviceUsable = true;
  private phase: Phase = 'empty';
  private catalogue: Catalogue | null = null;
  private run: TrainingRun | null = null;
  private loading: AbortController | null = null;

  constructor(emit: Emit, config: RunConfig) {
    this.emit = emit;
    this.config = config;
    this.observer = new Observer(emit);
    this.looks = new Looks(emit, (work) => this.observer.soon(work));
    this.studies = new Studies(emit, (work) => this.observer.exclusively(work));
    this.anatomist = new Anatomist(emit);
    this.followers = new Followers([this.observer, this.anatomist, this.looks, this.studies]);
    this.ahead = new Ahead(emit, this.observer);
    this.reporter = new Reporter(emit, () => this.sendStatus());
    this.loop = new TrainingLoop({
      observer: this.observer,
      reporter: this.reporter,
      phase: () => this.phase,
      setPhase: (phase) => this.setPhase(phase),
      fail: (fault) => this.fail(fault),
      activity: (text) => this.activity(text),
      onGpu: () => this.onGpu,
      advance: (run) => this.anatomist.advance(run),
    });
  }

  async open(prefer: Preference): Promise<void> {
    this.prefer = prefer;
    this.activity('Looking for the fastest way to compute here…');
    this.deviceUsable = true;
    this.backend = await openBackend(prefer, {
      lost: (reason, message) => {
        if (reason === 'destroyed') return;
        this.deviceUsable = false;
        this.fail(deviceLost(message));
      },
      error: (kind, message) =>
        this.fail(kind === 'out-of-memory' ? outOfMemory(message) : gpuError(message)),
    });
    this.activity(null);
    this.emit({ type: 'opened', backend: this.backend });
    this.sendStatus();
  }

  configure(config: RunConfig): void {
    this.config = config;
    // A run that has begun keeps its settings until Reset, and without a device there is none to begin.
    if (this.catalogue && this.deviceUsable && !this.loop.busy && (this.run === null || this.run.step === 0))
      this.beginRun();
  }

  loadSamples(): Promise<void> {
    return this.load((tools) => loadSamples(this.config, tools));
  }

  loadFiles(name: string, files: SourceFile[]): Promise<void> {
    return this.load((tools) => loadFiles(name, files, this.config, tools));
  }

  cancelLoad(): void {
    this.loading?.abort();
  }

  private async load(read: (tools: LoadTools) => Promise<Catalogue>): Promise<void> {
    this.loading?.abort();
    const mine = new AbortController();
    this.loading = mine;
    this.pause();
    try {
      const catalogue = await read({
        signal: mine.signal,
        onProgress: (progress) => {
          if (this.loading === mine) this.emit({ type: 'intake', progress });
        },
      });
      if (this.loading !== mine) return;
      await this.stopped();
      await this.renewDevice();
      this.catalogue = catalogue;
      this.emit({ type: 'dataset', summary: summaryOf(catalogue) });
      this.beginRun();
    } catch (error) {
      if (!(error instanceof IntakeCancelled)) throw error;
      if (this.loading === mine) this.emit({ type: 'intake-cancelled' });
    } finally {
      if (this.loading === mine) this.loading = null;
    }
  }

  /** A fresh run under the present settings. Its network is made when it is first needed. */
  private beginRun(): void {
    const { catalogue, config } = this;
    if (!catalogue) return;
    this.run?.dispose();
    this.run = null;
    this.followers.leave(REPLACED);
    this.reporter.clear();
    this.setPhase('idle');
    // Said first: should the settings not fit the images, the curves of the run before are gone all the same.
    this.emit({ type: 'run-started', config });
    this.run = new TrainingRun(config, catalogue);
    this.followers.follow(this.run, catalogue);
    this.emit({ type: 'schedules', curves: this.run.curves() });
    this.emit({ type: 'model', summary: summaryOfModel(this.run) });
    this.sendStatus();
    void this.prepareAhead(this.run);
  }

  private async prepareAhead(run: TrainingRun): Promise<void> {
    const waits = () => run.step === 0 && this.run === run;
    const idle = () => this.phase === 'idle';
    const quiet = () => idle() && this.loading === null;
    await this.ahead
      .begin(run, { waits, idle, quiet, compiles: this.onGpu })
      .catch((error: unknown) => this.fail(faultOf(error)));
  }

  async train(): Promise<void> {
    await this.go(Number.POSITIVE_INFINITY);
  }

  async step(): Promise<void> {
    if (this.phase !== 'running') await this.go(1);
  }

  /** Takes the next step apart and makes it. A run in progress is paused after it. */
  async dissect(id: number, image: number): Promise<void> {
    this.anatomist.ask(id, image);
    if (this.phase === 'finished')
      this.anatomist.refuse(
        'The run is finished: no step follows that could be taken apart. Reset begins anew.',
      );
    else if (!this.catalogue || this.phase === 'fault')
      this.anatomist.refuse('There is no run to take a step of.');
    else await this.go(1);
  }

  pause(): void {
    if (this.phase === 'running' || this.phase === 'preparing') this.setPhase('paused');
  }

  async reset(): Promise<void> {
    this.pause();
    await this.stopped();
    await this.renewDevice();
    if (this.catalogue) this.beginRun();
  }

  /** Opens a device in place of one that was lost. */
  private async renewDevice(): Promise<void> {
    if (this.deviceUsable) return;
    // The tensors died with the device; they are forgotten, not freed.
    this.run?.forget();
    this.followers.forget();
    this.run = null;
    await this.open(this.prefer);
  }

  private async go(steps: number): Promise<void> {
    if (!this.catalogue || this.phase === 'fault' || this.phase === 'finished') return;
    if (!this.run) this.beginRun();
    if (this.run) await this.loop.go(this.run, steps);
  }

  /** Resolves when no step and no evaluation is under way; the run is about to be replaced, so those give up. */
  private async stopped(): Promise<void> {
    this.followers.leave(REPLACED);
    await this.loop.stopped();
    await this.observer.idle();
  }

  async pin(ids: readonly number[]): Promise<void> {
    if (this.phase !== 'fault') await this.observer.pin(ids);
  }

  async evaluateKnn(): Promise<void> {
    if (this.phase !== 'fault') await this.observer.measure();
  }

  async neighbors(id: number): Promise<void> {
    if (this.phase !== 'fault') await this.observer.neighbors(id);
  }

  async look(id: number, wish: Look): Promise<void> {
    if (this.phase !== 'fault') await this.looks.look(id, wish);
  }

  async checkpoint(): Promise<void> {
    if (this.run && this.deviceUsable) await this.observer.checkpoint();
    else this.emit({ type: 'fault', fault: nothingToSave() });
  }

  cards(ids: readonly number[]): void {
    if (this.catalogue) this.emit({ type: 'cards', cards: cardsOf(this.catalogue, ids) });
  }

  crops(id: number, epoch: number): void {
    if (!this.catalogue) return;
    const begun = this.run && this.run.step > 0;
    const crops = cropsOf(this.catalogue, begun && this.run ? this.run.config : this.config, id, epoch);
    if (crops) this.emit({ type: 'crops', crops });
  }

  /** Stops the run and says why. */
  fail(fault: Fault): void {
    if (this.phase === 'fault') return;
    if (this.phase !== 'empty') this.phase = 'fault';
    this.followers.stop(`The run stopped. ${fault.what} ${fault.remedy}`);
    this.reporter.flush();
    this.activity(null);
    this.emit({ type: 'fault', fault });
  }

  private get onGpu(): boolean {
    return this.backend?.backend === 'webgpu';
  }

  private setPhase(phase: Phase): void {
    this.phase = phase;
    this.sendStatus();
  }

  private activity(text: string | null): void {
    this.emit({ type: 'activity', text });
  }

  private sendStatus(): void {
    const { phase, run, backend } = this;
    this.emit({ type: 'status', status: statusOf(phase, run, this.reporter.secondsAStep, backend !== null) });
  }
}
