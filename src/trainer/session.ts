/** The state machine of a run: empty → idle → running ⇄ paused → finished, or fault, which Reset leaves. */
import type { RunTree } from '../checkpoint/state.ts';
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import type { Fault, Phase, SourceFile } from '../protocol/values.ts';
import { Ahead } from './ahead.ts';
import type { Preference } from './backend.ts';
import { ClusterExporter } from './cluster/exporter.ts';
import { Device } from './device.ts';
import { faultOf } from './faults.ts';
import { Followers } from './followers.ts';
import { type LoadTools, loadFiles, loadSamples, summaryOf } from './images.ts';
import { Chronicle } from './keeping/chronicle.ts';
import { type Keeper, openKeeper } from './keeping/keeper.ts';
import { Safety } from './keeping/safety.ts';
import { Loading } from './loading.ts';
import { summaryOfModel } from './model-summary.ts';
import { Exporter } from './moving/exporter.ts';
import { Importer } from './moving/importer.ts';
import type { Observer } from './observer.ts';
import { Onlookers } from './onlookers.ts';
import { Questions } from './questions.ts';
import { type Emit, Reporter } from './reporter.ts';
import { RunExchange } from './runs/exchange.ts';
import { Runs } from './runs/runs.ts';
import { Standing } from './standing.ts';
import { statusOf } from './status.ts';
import { TrainingLoop } from './training-loop.ts';
import { TrainingRun } from './training-run.ts';

const REPLACED = 'The run was replaced meanwhile. Start the study again on the new one.';

export class Session {
  private readonly emit: Emit;
  private readonly reporter: Reporter;
  private readonly observer: Observer;
  readonly onlookers: Onlookers;
  readonly exchange: RunExchange;
  readonly exporter: Exporter;
  readonly cluster: ClusterExporter;
  readonly importer: Importer;
  readonly questions: Questions;
  readonly safety: Safety;
  private readonly device: Device;
  private readonly runs: Runs;
  private readonly followers: Followers;
  private readonly ahead: Ahead;
  private readonly loop: TrainingLoop;
  readonly loading: Loading;
  private config: RunConfig;
  private readonly standing: Standing;
  private catalogue: Catalogue | null = null;
  private run: TrainingRun | null = null;

  constructor(tell: Emit, config: RunConfig, keeper: Keeper | null = openKeeper()) {
    const chronicle = new Chronicle();
    const emit = chronicle.hearing(tell);
    this.emit = emit;
    this.config = config;
    this.device = new Device(emit, {
      lost: (message) => void this.lost(message),
      failed: (fault) => this.fail(fault),
      activity: (text) => this.activity(text),
    });
    this.standing = new Standing(emit, {
      changed: () => {
        this.runs.note(this.run, this.phase);
        this.sendStatus();
      },
      stopped: (reason) => {
        this.runs.note(this.run, this.phase);
        this.followers.stop(reason);
        this.reporter.flush();
      },
    });
    this.onlookers = new Onlookers(emit);
    this.observer = this.onlookers.observer;
    this.ahead = new Ahead(emit, this.observer);
    this.reporter = new Reporter(emit, () => this.sendStatus());
    this.loading = new Loading(emit);
    this.loop = new TrainingLoop({
      observer: this.observer,
      reporter: this.reporter,
      phase: () => this.phase,
      setPhase: (phase) => this.standing.set(phase),
      fail: (fault) => this.fail(fault),
      activity: (text) => this.activity(text),
      onGpu: () => this.device.onGpu,
      advance: (run) => this.onlookers.anatomist.advance(run),
      between: async (run) => {
        this.safety.keeping.watch(run);
        await this.runs.watch(run);
      },
      rest: (run) => this.safety.keeping.rest(run),
    });
    this.runs = new Runs(emit);
    const trusted = () => (this.device.usable && this.standing.numbersHold ? this.run : null);
    this.exporter = new Exporter(emit, this.observer, this.runs, trusted);
    this.cluster = new ClusterExporter(emit, this.runs, trusted, () => this.catalogue);
    this.importer = new Importer(emit, {
      images: () => this.catalogue?.fingerprint ?? null,
      begin: async (config) => {
        this.config = config;
        await this.reset();
      },
      beginUnbegun: () => this.configure(this.config),
      adopt: (name, config, tree) => this.exchange.adopt(name, config, tree, async () => undefined),
    });
    const goOn = (wanted: RunConfig, from: RunTree | null) => {
      this.config = wanted;
      this.beginRun(from);
    };
    this.exchange = new RunExchange(emit, this.runs, {
      trusted,
      pause: () => this.pause(),
      halted: () => this.halted(),
      retired: () => this.retired(),
      goOn,
      train: () => this.train(),
    });
    const { device, runs, exchange, loading, onlookers } = this;
    const phase = () => this.phase;
    const catalogue = () => this.catalogue;
    this.questions = new Questions(emit, {
      onlookers,
      phase,
      go: (steps) => this.go(steps),
      run: () => (device.usable ? this.run : null),
      catalogue,
      config: () => this.config,
    });
    this.safety = new Safety(emit, chronicle, keeper, {
      device,
      runs,
      exchange,
      loading,
      phase,
      catalogue,
      run: () => this.run,
      trusted,
      hold: (reason) => this.standing.hold(reason),
      fail: (fault) => this.fail(fault),
      activity: (text) => this.activity(text),
      retired: () => this.retired(),
      goOn,
      remake: (wanted) => {
        this.config = wanted;
        return this.loadSamples();
      },
      train: () => this.train(),
    });
    this.followers = new Followers([this.safety.keeping, ...this.onlookers.all]);
  }

  async open(prefer: Preference): Promise<void> {
    await this.device.open(prefer);
    this.sendStatus();
  }

  configure(config: RunConfig): void {
    this.config = config;
    // A run that has begun keeps its settings until Reset, and without a device there is none to begin.
    if (this.catalogue && this.device.usable && !this.loop.busy && (this.run === null || this.run.step === 0))
      this.beginRun();
  }

  loadSamples(): Promise<void> {
    return this.load((tools) => loadSamples(this.config, tools));
  }

  loadFiles(name: string, files: SourceFile[]): Promise<void> {
    return this.load((tools) => loadFiles(name, files, this.config, tools));
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
    if (!from) this.runs.begin(config, catalogue, this.importer.startName);
    this.standing.begin();
    this.runs.note(null, this.phase);
    // Said first: should the settings not fit the images, the curves of the run before are gone all the same.
    const { id = 1, parent = null } = this.runs.present ?? {};
    this.emit({ type: 'run-started', config, id, parent, step: from?.step ?? 0 });
    try {
      const start = from ? null : this.importer.startFor(config);
      this.run = new TrainingRun(config, catalogue, { from, start });
    } catch (error) {
      this.sendStatus();
      throw error;
    }
    this.followers.follow(this.run, catalogue);
    this.emit({ type: 'schedules', curves: this.run.curves() });
    this.emit({ type: 'model', summary: summaryOfModel(this.run) });
    this.standing.set(from ? (this.run.finished ? 'finished' : 'paused') : 'idle');
    void this.prepareAhead(this.run);
  }

  private async prepareAhead(run: TrainingRun): Promise<void> {
    const { step } = run;
    const waits = () => run.step === step && this.run === run;
    const idle = () => this.phase === 'idle';
    const quiet = () => idle() && !this.loading.underWay;
    await this.ahead
      .begin(run, { waits, idle, quiet, compiles: this.device.onGpu })
      .catch((error: unknown) => this.fail(faultOf(error)));
  }

  async train(): Promise<void> {
    await this.go(Number.POSITIVE_INFINITY);
  }

  async step(): Promise<void> {
    if (this.phase !== 'running') await this.go(1);
  }

  pause(): void {
    if (this.phase === 'running' || this.phase === 'preparing') this.standing.set('paused');
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
    if (this.device.usable) return;
    // The tensors died with the device; they are forgotten, not freed.
    this.run?.forget();
    this.followers.forget();
    this.run = null;
    await this.device.renew();
  }

  private lost(message: string): Promise<void> {
    return this.safety.recovery
      .lost(message, this.standing.trains)
      .catch((error: unknown) => this.fail(faultOf(error)));
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

  /** Stops the run and says why. */
  fail(fault: Fault): void {
    this.standing.fail(fault);
  }

  private get phase(): Phase {
    return this.standing.phase;
  }

  private activity(text: string | null): void {
    this.emit({ type: 'activity', text });
  }

  private sendStatus(): void {
    const { phase, run, device } = this;
    this.emit({
      type: 'status',
      status: statusOf(phase, run, this.reporter.secondsAStep, device.backend !== null),
    });
  }
}
