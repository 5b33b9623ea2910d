/** Looks at a run while it trains, one evaluation after the other: attention, k-NN, neighbors, checkpoints. */
import packageFile from '../../package.json';
import { untold } from '../checkpoint/export.ts';
import { checkpointBytes } from '../checkpoint/save.ts';
import type { Catalogue } from '../data/catalogue.ts';
import type { RunSnapshot } from '../dino/run-state.ts';
import { breathe } from './breathe.ts';
import type { Follower } from './followers.ts';
import type { Emit } from './reporter.ts';
import { networkShape } from './run-settings.ts';
import type { TrainingRun } from './training-run.ts';
import { attentionSnapshot, KnnWatch, neighborsOf } from './watching.ts';

const FIRST_PINS = 8;
const NEIGHBORS = 12;
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

interface Subject {
  run: TrainingRun;
  catalogue: Catalogue;
  knn: KnnWatch;
}

export class Observer implements Follower {
  private readonly emit: Emit;
  private subject: Subject | null = null;
  private pinned: readonly number[] = [];
  private scored: Look = NEVER;
  private snapshot: Look = NEVER;
  /** Evaluations take turns. */
  private turn: Promise<void> = Promise.resolve();
  /** Short work that somebody waits for. */
  private urgent: (() => Promise<void>)[] = [];

  constructor(emit: Emit) {
    this.emit = emit;
  }

  /** From now on this run is looked at; evaluations of the one before give up. */
  follow(run: TrainingRun, catalogue: Catalogue): void {
    if (this.subject?.catalogue !== catalogue)
      this.pinned = Array.from({ length: Math.min(FIRST_PINS, catalogue.images.length) }, (_, id) => id);
    this.subject = { run, catalogue, knn: new KnnWatch(catalogue, run.config) };
    this.scored = NEVER;
    this.snapshot = NEVER;
  }

  /** Looks at nothing until the next `follow`. */
  leave(): void {
    this.subject = null;
  }

  /** Work beside which nothing may be evaluated; it waits for its turn, and evaluations wait for it. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    // The next in turn does not care how this one ends; whoever asked for it does.
    this.turn = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  }

  /** Short work that somebody waits for: in the next pause of an evaluation that is under way, or else in its own turn. */
  soon(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.urgent.push(() => work().then(resolve, reject));
      void this.exclusively(() => this.attend());
    });
  }

  private async attend(): Promise<void> {
    for (let next = this.urgent.shift(); next; next = this.urgent.shift()) await next();
  }

  /** Resolves when no evaluation is under way. */
  async idle(): Promise<void> {
    await this.turn;
  }

  pin(ids: readonly number[]): Promise<void> {
    this.pinned = ids;
    this.snapshot = { ...this.snapshot, step: -1 };
    return this.look();
  }

  /** What is due between two steps: neither snapshots nor scores may take more than their share of the time. */
  async watch(): Promise<void> {
    if (!this.subject) return;
    const { run } = this.subject;
    const { knnEvery, snapshotSeconds } = run.config.evaluation;
    const rested = (last: Look) => performance.now() - last.at >= last.milliseconds / WATCH_SHARE;
    const due = performance.now() - this.snapshot.at >= snapshotSeconds * 1000;
    if (due && rested(this.snapshot)) await this.look();
    if (knnEvery > 0 && run.step % knnEvery === 0 && rested(this.scored)) await this.measure();
  }

  /** The last look at a finished run: its maps, and its score where that is not known yet. */
  async conclude(): Promise<void> {
    await this.look();
    if (this.subject?.run.finished && this.scored.step !== this.subject.run.step) await this.measure();
  }

  /** Sends the attention maps of the present step, once. */
  look(): Promise<void> {
    return this.inTurn(async (held, { catalogue, run }) => {
      if (this.snapshot.step === held.step) return;
      const begun = performance.now();
      const snapshot = await attentionSnapshot(held, catalogue, run.config, this.pinned);
      const now = performance.now();
      this.snapshot = { step: held.step, at: now, milliseconds: now - begun };
      this.emit({ type: 'attention', snapshot });
    });
  }

  /** Sends the k-NN score of the present step, where the images allow one. */
  measure(): Promise<void> {
    return this.inTurn(async (held, { knn }, between) => {
      if (!knn.possible) return;
      this.activity(`Measuring k-NN at step ${held.step}…`);
      const begun = performance.now();
      const result = await knn.measure(held, between);
      const now = performance.now();
      this.scored = { step: held.step, at: now, milliseconds: now - begun };
      this.emit({ type: 'knn', result });
    });
  }

  neighbors(id: number): Promise<void> {
    return this.inTurn(async (held, { catalogue, run }, between) => {
      this.activity('Comparing images…');
      const neighbours = await neighborsOf(held, catalogue, run.config, id, NEIGHBORS, between);
      this.emit({ type: 'neighbours', neighbours: { id, step: held.step, neighbours } });
    });
  }

  checkpoint(): Promise<void> {
    return this.inTurn(async (held, { catalogue, run }) => {
      const bytes = await checkpointBytes(held, run.spec, {
        ...untold(networkShape(run.config)),
        config: JSON.stringify(run.config),
        dataset: catalogue.fingerprint,
        version: packageFile.version,
      });
      this.emit({ type: 'checkpoint', step: held.step, bytes });
    });
  }

  /**
   * Evaluations look at the run as it is now while training may go on. `between` lets commands in, and gives up when
   * the run has been replaced.
   */
  inTurn(
    work: (held: RunSnapshot, subject: Subject, between: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const { subject } = this;
    const between = async () => {
      await breathe();
      if (this.subject !== subject) throw new RunReplaced();
      await this.attend();
    };
    return this.exclusively(async () => {
      if (!subject || this.subject !== subject) return;
      const held = subject.run.hold();
      try {
        await work(held, subject, between);
      } catch (error) {
        if (!(error instanceof RunReplaced)) throw error;
      } finally {
        subject.run.release(held);
        this.activity(null);
      }
    });
  }

  private activity(text: string | null): void {
    this.emit({ type: 'activity', text });
  }
}
