/** Saves the present run in the browser while it trains: every half minute, when it rests, and at its best k-NN score. */
import { type RunTree, treePieces } from '../../checkpoint/state.ts';
import type { Keeping as Told } from '../../protocol/keeping.ts';
import type { Follower } from '../followers.ts';
import type { Emit } from '../reporter.ts';
import type { TrainingRun } from '../training-run.ts';
import { type Chronicle, writeAnnals } from './chronicle.ts';
import { type Keeper, SaveFailed } from './keeper.ts';

/** Seconds of training between two saves. */
export const SAVE_EVERY = 30;
/** Reading states may take this share of the time. */
const SAVE_SHARE = 0.02;

/** What is needed of a run to save it. */
export type SavedRun = Pick<TrainingRun, 'step' | 'tree'>;

/** What is asked of the session about its present run. */
export interface Subject {
  /** Eight hex digits. */
  key: string;
  /** `KeptCard` as JSON. */
  card: string;
}

export class Keeping implements Follower {
  private readonly emit: Emit;
  private readonly chronicle: Chronicle;
  private readonly keeper: Keeper | null;
  private readonly subject: () => Subject | null;
  private told: Told = { state: 'opening', detail: '', saved: null };
  /** Rises with every run that is followed: what was asked of one before is nobody's any more. */
  private turn = 0;
  /** Of the run that is followed. */
  private key: string | null = null;
  private begun = 0;
  private saving = false;
  private writing: Promise<void> = Promise.resolve();
  /** Asked for while another was under way. */
  private again: SavedRun | null = null;
  private trained = 0;
  private seenAt: number | null = null;
  private cost = 0;
  private best = Number.NEGATIVE_INFINITY;

  constructor(emit: Emit, chronicle: Chronicle, keeper: Keeper | null, subject: () => Subject | null) {
    this.emit = emit;
    this.chronicle = chronicle;
    this.keeper = keeper;
    this.subject = subject;
    if (!keeper) this.tell({ state: 'impossible', detail: 'there are no workers here' });
    keeper?.watch(({ state, detail }) => {
      if (state !== this.told.state || detail !== this.told.detail) this.tell({ state, detail });
    });
  }

  follow(run: SavedRun): void {
    const key = this.subject()?.key ?? null;
    // A run that goes on, as after a lost GPU, has its saved states still.
    const goesOn = run.step > 0 && key !== null && key === this.key;
    this.key = key;
    this.turn++;
    this.begun = run.step;
    this.saving = false;
    this.again = null;
    this.trained = 0;
    this.seenAt = null;
    if (goesOn) return;
    this.best = Number.NEGATIVE_INFINITY;
    this.tell({ saved: null });
  }

  /** The newest step of the present run that is saved; null where none is. */
  get savedStep(): number | null {
    return this.told.saved?.step ?? null;
  }

  /** Resolves when what is being written is saved, or has failed. */
  async settled(): Promise<void> {
    await this.writing;
  }

  /** A state of the present run is being read or written. */
  get busy(): boolean {
    return this.saving;
  }

  /** A run that goes on from a kept state is saved already. */
  wasSaved(step: number, at: number, best: number | null): void {
    this.best = best ?? Number.NEGATIVE_INFINITY;
    this.tell({ saved: { step, at } });
  }

  leave(): void {
    this.seenAt = null;
  }

  /** Between two steps: begins a save when one is due, and does not wait for it. */
  watch(run: SavedRun): void {
    const now = performance.now();
    this.trained += now - (this.seenAt ?? now);
    this.seenAt = now;
    const rested = this.trained >= this.cost / SAVE_SHARE;
    const score = this.chronicle.scoreAt(run.step);
    const isBest = score !== null && score > this.best;
    if (rested && (isBest || this.trained >= SAVE_EVERY * 1000)) void this.save(run);
  }

  /** The run rests, or has ended: resolves once its state is read. */
  async rest(run: SavedRun): Promise<void> {
    this.seenAt = null;
    await this.save(run);
  }

  /** Resolves when the state is read; it is written later. */
  private async save(run: SavedRun): Promise<void> {
    const subject = this.subject();
    const { keeper, turn } = this;
    const { saved } = this.told;
    if (!keeper || !subject || !this.possible) return;
    const score = this.chronicle.scoreAt(run.step);
    const known = saved?.step === run.step && (score ?? Number.NEGATIVE_INFINITY) <= this.best;
    if (run.step <= this.begun || known) return;
    if (this.saving) {
      this.again = run;
      return;
    }
    this.saving = true;
    this.trained = 0;
    const before = performance.now();
    const read = run.tree();
    const written = read.then(async (tree) => {
      this.cost = performance.now() - before;
      // Once another run has taken its place the figures are that one's.
      const there = await this.chronicle.reached(tree.step);
      if (there && turn === this.turn) await this.write(keeper, subject, tree, turn);
    });
    // A state that could not be read was lost with its device, and whoever watches that says so.
    void written.catch(() => undefined).then(() => this.next(turn));
    await read.catch(() => undefined);
  }

  /** Saves a state of the present run that is in memory, where that is possible. */
  async saveTree(tree: RunTree): Promise<void> {
    const subject = this.subject();
    if (!this.keeper || !subject || !this.possible) return;
    const tensors = new Map(
      [...tree.tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    await this.write(this.keeper, subject, { ...tree, tensors }, this.turn);
  }

  private write(keeper: Keeper, subject: Subject, tree: RunTree, turn: number): Promise<void> {
    const written = this.writeNow(keeper, subject, tree, turn);
    this.writing = written.catch(() => undefined);
    return written;
  }

  /** Gives the tree's memory away. */
  private async writeNow(keeper: Keeper, subject: Subject, tree: RunTree, turn: number): Promise<void> {
    const { step } = tree;
    const annals = writeAnnals(this.chronicle.upTo(step));
    const savedAt = Date.now();
    const score = this.chronicle.scoreAt(step);
    const parts = [
      { name: 'state', pieces: treePieces(tree) },
      { name: 'figures', pieces: [annals.figures] },
      { name: 'annals', pieces: [annals.annals] },
    ];
    try {
      await keeper.save({ run: subject.key, savedAt, step, score, card: subject.card }, parts);
    } catch (error) {
      if (!(error instanceof SaveFailed)) throw error;
      if (turn === this.turn && this.possible)
        this.tell({ state: error.full ? 'full' : 'failed', detail: error.message });
      return;
    }
    if (turn !== this.turn) return;
    this.best = Math.max(this.best, score ?? Number.NEGATIVE_INFINITY);
    this.tell({ state: 'ready', detail: '', saved: { step, at: savedAt } });
  }

  private next(turn: number): void {
    if (turn !== this.turn) return;
    this.saving = false;
    const { again } = this;
    this.again = null;
    if (again) void this.save(again);
  }

  /** As far as is known. */
  private get possible(): boolean {
    return this.told.state !== 'elsewhere' && this.told.state !== 'impossible';
  }

  private tell(news: Partial<Told>): void {
    this.told = { ...this.told, ...news };
    this.emit({ type: 'keeping', keeping: this.told });
  }
}
