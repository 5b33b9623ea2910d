/** The state machine of a run: empty → idle → running ⇄ paused → finished, or fault, which Reset leaves. */
import type { RunTree } from '../checkpoint/state.ts';
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import type { Look } from '../protocol/looks.ts';
import type { BackendInfo, Fault, Phase, SourceFile } from '../protocol/values.ts';
import { Ahead } from './ahead.ts';
import { Anatomist } from './anatomy/anatomist.ts';
import { openBackend, type Preference } from './backend.ts';
import { ClusterExporter } from './cluster/exporter.ts';
import { Diagnostician } from './diagnosis/diagnostician.ts';
import { Maps } from './embedding/maps.ts';
import { deviceLost, faultOf, gpuError, nothingToSave, outOfMemory } from './faults.ts';
import { Followers } from './followers.ts';
import { type LoadTools, loadFiles, loadSamples, summaryOf } from './images.ts';
import { Loading } from './loading.ts';
import { Looks } from './looks.ts';
import { summaryOfModel } from './model-summary.ts';
import { Exporter } from './moving/exporter.ts';
import { Observer } from './observer.ts';
import { cardsOf, cropsOf } from './pictures.ts';
import { type Emit, Reporter } from './reporter.ts';
import { RunExchange } from './runs/exchange.ts';
import { Runs } from './runs/runs.ts';
import { statusOf } from './status.ts';
import { Studies } from './studies/studies.ts';
import { TrainingLoop } from './training-loop.ts';
import { TrainingRun } from './training-run.ts';
import { Videos } from './videos.ts';

const REPLACED = 'The run was replaced meanwhile. Start the study again on the new one.';

export class Session {
  private readonly emit: Emit;
  private readonly reporter: Reporter;
  private readonly observer: Observer;
  readonly looks: Looks;
  readonly studies: Studies;
  readonly maps: Maps;
  readonly videos: Videos;
  readonly anatomist: Anatomist;
  readonly diagnostician: Diagnostician;
  readonly exchange: RunExchange;
  readonly exporter: Exporter;
  readonly cluster: ClusterExporter;
  private readonly runs: Runs;
  private readonly followers: Followers;
  private readonly ahead: Ahead;
  private readonly loop: TrainingLoop;
  private readonly loading: Loading;
  private config: RunConfig;
  private prefer: Preference = 'auto';
  private backend: BackendInfo | null = null;
  private deviceUsable = true;
  private phase: Phase = 'empty';
  private catalogue: Catalogue | null = null;
  private run: TrainingRun | null = null;
  /** Nothing has gone wrong that may have touched the run's numbers. */
  private numbersHold = true;

  constructor(emit: Emit, config: RunConfig) {
    this.emit = emit;
    this.config = config;
    this.observer = new Observer(emit);
    this.looks = new Looks(emit, (work) => this.observer.soon(work));
    this.studies = new Studies(emit, (work) => this.observer.exclusively(work));
    this.maps = new Maps(emit, (work) => this.observer.exclusively(work), this.studies.cache);
    this.anatomist = new Anatomist(emit);
    this.diagnostician = new Diagnostician(emit, (work) => this.observer.exclusively(work));
    this.videos = new Videos(emit, (work) => this.observer.exclusively(work));
    this.followers = new Followers([
      this.observer,
      this.anatomist,
      this.diagnostician,
      this.looks,
      this.studies,
      this.maps,
      this.videos,
    ]);
    this.ahead = new Ahead(emit, this.observer);
    this.reporter = new Reporter(emit, () => this.sendStatus());
    this.loading = new Loading(emit);
    this.loop = new TrainingLoop({
      observer: this.observer,
      reporter: this.reporter,
      phase: () => this.phase,
      setPhase: (phase) => this.setPhase(phase),
      fail: (fault) => this.fail(fault),
      activity: (text) => this.activity(text),
      onGpu: () => this.onGpu,
      advance: (run) => this.anatomist.advance(run),
      between: (run) => this.runs.watch(run),
    });
    this.runs = new Runs(emit);
    const trusted = () => (this.deviceUsable && this.numbersHold ? this.run : null);
    this.exporter = new Exporter(emit, this.observer, this.runs, trusted);
    this.cluster = new ClusterExporter(emit, this.runs, trusted, () => this.catalogue);
    this.exchange = new RunExchange(emit, this.runs, {
      trusted,
      pause: () => this.pause(),
      halted: () => this.halted(),
      retired: () => this.retired(),
      goOn: (config, from) => {
        this.config = config;
        this.beginRun(from);
      },
      train: () => this.train(),
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
    this.loading.cancel();
  }

  private load(read: (tools: LoadTools) => Promise<Catalogue>): Promise<void> {
    this.pause();
    return this.loading.load(read, (catalogue) =>
      this.exchange.alone(async () => {
        await this.exchange.putAway();
        await this.retired();
        this.catalogue = catalogue;
        this.emit({ type: 'dataset', summary: summaryOf(catalogue) });
        this.beginRun();
      }),
    );
  }

  /** A run under the present settings, fresh or from a tree. Its network is made when it is first needed. */
  private beginRun(from: RunTree | null = null): void {
    const { catalogue, config } = this;
    if (!catalogue) return;
    this.run?.dispose();
    this.run = null;
    this.followers.leave(REPLACED);
    this.reporter.clear();
    if (!from) this.runs.begin(config, catalogue);
    this.numbersHold = true;
    this.setPhase('idle');
    // Said first: should the settings not fit the images, the curves of the run before are gone all the same.
    const { id = 1, parent = null } = this.runs.present ?? {};
    this.emit({ type: 'run-started', config, id, parent, step: from?.step ?? 0 });
    this.run = new TrainingRun(config, catalogue, { from });
    this.followers.follow(this.run, catalogue);
    this.emit({ type: 'schedules', curves: this.run.curves() });
    this.emit({ type: 'model', summary: summaryOfModel(this.run) });
    if (from) this.setPhase(this.run.finished ? 'finished' : 'paused');
    else this.sendStatus();
    void this.prepareAhead(this.run);
  }

  private async prepareAhead(run: TrainingRun): Promise<void> {
    const { step } = run;
    const waits = () => run.step === step && this.run === run;
    const idle = () => this.phase === 'idle';
    const quiet = () => idle() && !this.loading.underWay;
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
    await this.exchange.alone(async () => {
      await this.exchange.putAway();
      await this.retired();
      this.beginRun();
    });
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
    await this.exchange.settled();
    if (!this.catalogue || this.phase === 'fault' || this.phase === 'finished') return;
    if (!this.run) this.beginRun();
    if (this.run) await this.loop.go(this.run, steps);
  }

  /** Resolves when no step is under way. Evaluations would hold the last one up, so they give up first. */
  private async halted(): Promise<void> {
    this.followers.leave(REPLACED);
    await this.loop.stopped();
  }

  /** Resolves when no step and no evaluation is under way; the run is about to be replaced, so those give up. */
  private async retired(): Promise<void> {
    await this.halted();
    await this.observer.idle();
    await this.renewDevice();
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
    // A step whose loss is not finite moves nothing; of any other fault nobody knows what it has touched.
    this.numbersHold = fault.kind === 'not-finite';
    this.runs.note(this.run, this.phase);
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
    this.runs.note(this.run, phase);
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
