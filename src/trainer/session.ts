/** The state machine of a run: empty → idle → running ⇄ paused → finished, or fault, which Reset leaves. */
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { IntakeCancelled } from '../data/intake.ts';
import type { Look } from '../protocol/looks.ts';
import type { BackendInfo, Fault, Phase, SourceFile } from '../protocol/values.ts';
import { openBackend, type Preference } from './backend.ts';
import { breathe } from './breathe.ts';
import { deviceLost, faultOf, gpuError, notFinite, nothingToSave, outOfMemory } from './faults.ts';
import { type LoadTools, loadFiles, loadSamples, summaryOf } from './images.ts';
import { Looks } from './looks.ts';
import { summaryOfModel } from './model-summary.ts';
import { Observer } from './observer.ts';
import { cardsOf, cropsOf } from './pictures.ts';
import { probeSpeed } from './probe.ts';
import { type Emit, Reporter } from './reporter.ts';
import { holdRunLock } from './run-lock.ts';
import { statusOf } from './status.ts';
import { Studies } from './studies/studies.ts';
import { TrainingRun } from './training-run.ts';

/** Steps on their way to the device before the oldest is waited for. */
const IN_FLIGHT = 3;
/** An untrained network is looked at before Train only if it is made in a moment. */
const SMALL_NETWORK = 4_000_000;
const FIRST_LOOK_MS = 300;
const REPLACED = 'The run was replaced meanwhile. Start the study again on the new one.';
const COMPILING = 'Preparing the GPU: compiling its programs…';

export class Session {
  private readonly emit: Emit;
  private readonly reporter: Reporter;
  private readonly observer: Observer;
  readonly looks: Looks;
  readonly studies: Studies;
  private config: RunConfig;
  private prefer: Preference = 'auto';
  private backend: BackendInfo | null = null;
  private deviceUsable = true;
  private phase: Phase = 'empty';
  private catalogue: Catalogue | null = null;
  private run: TrainingRun | null = null;
  private loading: AbortController | null = null;
  private probed = false;
  private stepsToGo = 0;
  private looping = false;

  constructor(emit: Emit, config: RunConfig) {
    this.emit = emit;
    this.config = config;
    this.observer = new Observer(emit);
    this.looks = new Looks(emit, (work) => this.observer.soon(work));
    this.studies = new Studies(emit, (work) => this.observer.exclusively(work));
    this.reporter = new Reporter(emit, () => this.sendStatus());
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
    if (this.catalogue && this.deviceUsable && !this.looping && (this.run === null || this.run.step === 0))
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
    this.observer.leave();
    this.looks.leave();
    this.studies.leave(REPLACED);
    this.reporter.clear();
    this.setPhase('idle');
    // Said first: should the settings not fit the images, the curves of the run before are gone all the same.
    this.emit({ type: 'run-started', config });
    this.run = new TrainingRun(config, catalogue);
    this.observer.follow(this.run, catalogue);
    this.looks.follow(this.run, catalogue);
    this.studies.follow(this.run, catalogue);
    this.emit({ type: 'schedules', curves: this.run.curves() });
    this.emit({ type: 'model', summary: summaryOfModel(this.run) });
    this.sendStatus();
    if (this.run.parameters <= SMALL_NETWORK) void this.lookSoon(this.run);
  }

  /** The page asks for crops and thumbnails first, and those are ready at once. */
  private async lookSoon(run: TrainingRun): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, FIRST_LOOK_MS));
    if (run.step === 0 && this.run === run)
      await this.observer
        .look()
        .then(() => this.probe())
        .then(() => this.prepareAhead(run))
        .catch((error: unknown) => this.fail(faultOf(error)));
  }

  /** Measures the machine once, while nobody asks it for anything else. */
  private async probe(): Promise<void> {
    const idle = () => this.phase === 'idle' && this.loading === null;
    if (this.probed || !idle()) return;
    this.activity('Measuring how fast this machine is…');
    await this.observer.exclusively(async () => {
      const speed = await probeSpeed(idle);
      if (speed) this.emit({ type: 'speed', speed });
      this.probed = speed !== null;
    });
    if (idle()) this.activity(null);
  }

  /** Compiles the step's shaders before Train is pressed, and beside images that are being read. */
  private async prepareAhead(run: TrainingRun): Promise<void> {
    if (this.backend?.backend !== 'webgpu' || this.run !== run || this.phase !== 'idle') return;
    this.activity(COMPILING);
    await this.observer.exclusively(() => run.prepare());
    if (this.phase === 'idle') this.activity(null);
  }

  async train(): Promise<void> {
    await this.go(Number.POSITIVE_INFINITY);
  }

  async step(): Promise<void> {
    if (this.phase !== 'running') await this.go(1);
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
    this.looks.forget();
    this.run = null;
    await this.open(this.prefer);
  }

  private async go(steps: number): Promise<void> {
    if (!this.catalogue || this.phase === 'fault' || this.phase === 'finished') return;
    if (!this.run) this.beginRun();
    this.stepsToGo = steps;
    this.setPhase('running');
    if (!this.looping) await this.loop();
  }

  /** Resolves when no step and no evaluation is under way; the run is about to be replaced, so those give up. */
  private async stopped(): Promise<void> {
    this.observer.leave();
    this.looks.leave();
    this.studies.leave(REPLACED);
    while (this.looping) await breathe();
    await this.observer.idle();
  }

  private async loop(): Promise<void> {
    const { run } = this;
    if (!run) return;
    this.looping = true;
    const release = holdRunLock();
    try {
      await this.prepare(run);
      const pending: Promise<void>[] = [];
      while (this.phase === 'running' && this.stepsToGo > 0 && !run.finished) {
        this.stepsToGo--;
        const startedAt = performance.now();
        const { figures } = await run.advance();
        pending.push(figures.then((row) => this.record(row, startedAt)));
        if (pending.length >= IN_FLIGHT || this.backend?.backend !== 'webgpu') await pending.shift();
        await this.observer.watch();
        await breathe();
      }
      await Promise.all(pending);
      if (this.phase === 'running') this.setPhase(run.finished ? 'finished' : 'paused');
      this.reporter.flush();
      if (this.phase !== 'fault') await this.observer.conclude();
    } catch (error) {
      this.fail(faultOf(error));
    } finally {
      release();
      this.looping = false;
      this.reporter.flush();
    }
    // Train was pressed again while the last step was finishing.
    if (this.phase === 'running' && this.run === run && !run.finished) await this.loop();
  }

  private async prepare(run: TrainingRun): Promise<void> {
    if (run.step > 0) return;
    this.setPhase('preparing');
    this.activity(this.backend?.backend === 'webgpu' ? COMPILING : 'Making the network…');
    await breathe();
    // While shaders are compiled kernels do not run: whatever was computed meanwhile would be void.
    await this.observer.exclusively(() => run.prepare());
    this.activity(null);
    if (this.phase === 'preparing') this.setPhase('running');
  }

  private record(row: Parameters<Reporter['record']>[0], startedAt: number): void {
    if (this.phase === 'fault') return;
    if (Number.isFinite(row.loss) && Number.isFinite(row.gradNorm)) this.reporter.record(row, startedAt);
    else this.fail(notFinite(row.step));
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
    this.studies.leave(`The run stopped. ${fault.what} ${fault.remedy}`);
    this.reporter.flush();
    this.activity(null);
    this.emit({ type: 'fault', fault });
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
