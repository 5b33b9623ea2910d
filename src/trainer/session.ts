/** The state machine of a run: empty → idle → running ⇄ paused → finished, or fault, which Reset leaves. */
import * as tf from '@tensorflow/tfjs-core';
import packageFile from '../../package.json';
import { checkpointBytes } from '../checkpoint/save.ts';
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { IntakeCancelled } from '../data/intake.ts';
import type { RunState } from '../dino/run-state.ts';
import type { BackendInfo, Fault, Phase, SourceFile } from '../protocol/values.ts';
import { openBackend, type Preference } from './backend.ts';
import { breathe } from './breathe.ts';
import { deviceLost, faultOf, gpuError, notFinite, outOfMemory } from './faults.ts';
import { type LoadTools, loadFiles, loadSamples, summaryOf } from './images.ts';
import { cardsOf, cropsOf } from './pictures.ts';
import { type Emit, Reporter } from './reporter.ts';
import { TrainingRun } from './training-run.ts';
import { attentionSnapshot, KnnWatch, neighborsOf } from './watching.ts';

/** Steps on their way to the device before the oldest is waited for. */
const IN_FLIGHT = 3;
const FIRST_PINS = 8;
const NEIGHBORS = 12;
/** An untrained network is looked at before Train only if it is made in a moment. */
const SMALL_NETWORK = 4_000_000;
const FIRST_LOOK_MS = 300;
/** Snapshots, and scores, may each take this share of the time. */
const WATCH_SHARE = 0.1;

/** When something was last looked at, and what it cost. */
interface Look {
  step: number;
  at: number;
  milliseconds: number;
}

const NEVER: Look = { step: -1, at: 0, milliseconds: 0 };

/** The run that an evaluation looked at is no more. */
class RunReplaced extends Error {
  override name = 'RunReplaced';
}

export class Session {
  private readonly emit: Emit;
  private readonly reporter: Reporter;
  private config: RunConfig;
  private prefer: Preference = 'auto';
  private backend: BackendInfo | null = null;
  private deviceUsable = true;
  private phase: Phase = 'empty';
  private catalogue: Catalogue | null = null;
  private run: TrainingRun | null = null;
  private knn: KnnWatch | null = null;
  private loading: AbortController | null = null;
  private pinned: readonly number[] = [];
  private stepsToGo = 0;
  private looping = false;
  /** The run is about to be replaced: evaluations of it are given up. */
  private leaving = false;
  /** Evaluations take turns. */
  private turn: Promise<void> = Promise.resolve();
  private scored: Look = NEVER;
  private snapshot: Look = NEVER;

  constructor(emit: Emit, config: RunConfig) {
    this.emit = emit;
    this.config = config;
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
      this.pinned = Array.from({ length: Math.min(FIRST_PINS, catalogue.images.length) }, (_, id) => id);
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
    this.knn = null;
    this.scored = NEVER;
    this.snapshot = NEVER;
    this.reporter.clear();
    this.setPhase('idle');
    this.run = new TrainingRun(config, catalogue);
    this.knn = new KnnWatch(catalogue, config);
    this.emit({ type: 'run-started', config });
    this.emit({ type: 'schedules', curves: this.run.curves() });
    this.sendStatus();
    if (this.run.parameters <= SMALL_NETWORK) void this.lookSoon(this.run);
  }

  /** The page asks for crops and thumbnails first, and those are ready at once. */
  private async lookSoon(run: TrainingRun): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, FIRST_LOOK_MS));
    if (run.step === 0) await this.look(run).catch((error: unknown) => this.fail(faultOf(error)));
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

  /** Resolves when no step and no evaluation is under way. */
  private async stopped(): Promise<void> {
    this.leaving = true;
    try {
      while (this.looping) await breathe();
      await this.turn;
    } finally {
      this.leaving = false;
    }
  }

  private async loop(): Promise<void> {
    const { run } = this;
    if (!run) return;
    this.looping = true;
    try {
      await this.prepare(run);
      const pending: Promise<void>[] = [];
      while (this.phase === 'running' && this.stepsToGo > 0 && !run.finished) {
        this.stepsToGo--;
        const startedAt = performance.now();
        const { figures } = run.advance();
        pending.push(figures.then((row) => this.record(row, startedAt)));
        if (pending.length >= IN_FLIGHT || this.backend?.backend !== 'webgpu') await pending.shift();
        await this.watch(run);
        await breathe();
      }
      await Promise.all(pending);
      if (this.phase === 'running') this.setPhase(run.finished ? 'finished' : 'paused');
      this.reporter.flush();
      await this.look(run);
      if (run.finished && this.scored.step !== run.step) await this.measure(run);
    } catch (error) {
      this.fail(faultOf(error));
    } finally {
      this.looping = false;
      this.reporter.flush();
    }
    // Train was pressed again while the last step was finishing.
    if (this.phase === 'running' && this.run === run && !run.finished) await this.loop();
  }

  private async prepare(run: TrainingRun): Promise<void> {
    if (run.step > 0) return;
    this.setPhase('preparing');
    this.activity(
      this.backend?.backend === 'webgpu'
        ? 'Preparing the GPU: compiling its programs…'
        : 'Making the network…',
    );
    await breathe();
    await run.prepare();
    this.activity(null);
    if (this.phase === 'preparing') this.setPhase('running');
  }

  private record(row: Parameters<Reporter['record']>[0], startedAt: number): void {
    if (this.phase === 'fault') return;
    if (Number.isFinite(row.loss) && Number.isFinite(row.gradNorm)) this.reporter.record(row, startedAt);
    else this.fail(notFinite(row.step));
  }

  /** What is due between two steps: neither snapshots nor scores may take more than their share of the time. */
  private async watch(run: TrainingRun): Promise<void> {
    const { knnEvery, snapshotSeconds } = run.config.evaluation;
    const rested = (last: Look) => performance.now() - last.at >= last.milliseconds / WATCH_SHARE;
    const due = performance.now() - this.snapshot.at >= snapshotSeconds * 1000;
    if (due && rested(this.snapshot)) await this.look(run);
    if (knnEvery > 0 && run.step % knnEvery === 0 && rested(this.scored)) await this.measure(run);
  }

  pin(ids: readonly number[]): void {
    this.pinned = ids;
    this.snapshot = { ...this.snapshot, step: -1 };
    if (this.run) void this.look(this.run).catch((error: unknown) => this.fail(faultOf(error)));
  }

  /** Sends the attention maps of the present step, once. */
  private look(run: TrainingRun): Promise<void> {
    return this.inTurn(run, async (held, catalogue) => {
      if (this.snapshot.step === held.step) return;
      const begun = performance.now();
      const snapshot = await attentionSnapshot(held, catalogue, run.config, this.pinned);
      const now = performance.now();
      this.snapshot = { step: held.step, at: now, milliseconds: now - begun };
      this.emit({ type: 'attention', snapshot });
    });
  }

  async evaluateKnn(): Promise<void> {
    if (this.run) await this.measure(this.run);
  }

  private measure(run: TrainingRun): Promise<void> {
    return this.inTurn(run, async (held) => {
      const { knn } = this;
      if (!knn?.possible) return;
      this.activity(`Measuring k-NN at step ${held.step}…`);
      const begun = performance.now();
      const result = await knn.measure(held, this.between(run));
      const now = performance.now();
      this.scored = { step: held.step, at: now, milliseconds: now - begun };
      this.emit({ type: 'knn', result });
    });
  }

  async neighbors(id: number): Promise<void> {
    const { run } = this;
    if (!run) return;
    await this.inTurn(run, async (held, catalogue) => {
      this.activity('Comparing images…');
      const neighbours = await neighborsOf(held, catalogue, run.config, id, NEIGHBORS, this.between(run));
      this.emit({ type: 'neighbours', neighbours: { id, step: held.step, neighbours } });
    });
  }

  async checkpoint(): Promise<void> {
    const { run } = this;
    if (!run) return;
    await this.inTurn(run, async (held, catalogue) => {
      const bytes = await checkpointBytes(held, run.spec, {
        config: JSON.stringify(run.config),
        dataset: catalogue.fingerprint,
        version: packageFile.version,
      });
      this.emit({ type: 'checkpoint', step: held.step, bytes });
    });
  }

  /** Lets commands in, and gives up when the run has been replaced. */
  private between(run: TrainingRun): () => Promise<void> {
    return async () => {
      await breathe();
      if (this.run !== run || this.leaving) throw new RunReplaced();
    };
  }

  /** Evaluations look at the run as it is now, one after the other, while training may go on. */
  private inTurn(
    run: TrainingRun,
    work: (held: RunState, catalogue: Catalogue) => Promise<void>,
  ): Promise<void> {
    const mine = this.turn.then(async () => {
      const { catalogue } = this;
      if (this.run !== run || !catalogue || this.phase === 'fault') return;
      const held = run.hold();
      try {
        await work(held, catalogue);
      } catch (error) {
        if (!(error instanceof RunReplaced)) throw error;
      } finally {
        run.release(held);
        this.activity(null);
      }
    });
    this.turn = mine.catch(() => undefined);
    return mine;
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
    const { run } = this;
    const seconds = this.reporter.secondsAStep;
    const { numTensors, numBytes } = this.backend ? tf.memory() : { numTensors: 0, numBytes: 0 };
    const left = run && seconds !== null ? Math.max(0, run.plan.totalSteps - run.step) * seconds : null;
    this.emit({
      type: 'status',
      status: {
        phase: this.phase,
        step: run?.step ?? 0,
        totalSteps: run?.plan.totalSteps ?? 0,
        stepsPerEpoch: run?.plan.stepsPerEpoch ?? 0,
        imagesPerSecond: seconds && run ? run.config.training.batchSize / seconds : 0,
        secondsLeft: left,
        parameters: run?.parameters ?? 0,
        tensors: numTensors,
        tensorBytes: numBytes,
      },
    });
  }
}
