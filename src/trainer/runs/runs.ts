/** The runs of a visit: what each was, and states of it to come back to or to fork from, within a budget of memory. */
import { type RunTree, treeBytes } from '../../checkpoint/state.ts';
import { forkRefusal } from '../../config/forks.ts';
import { planRun, SettingsError } from '../../config/plan.ts';
import { type Recounted, recounted } from '../../config/rebatch.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Catalogue } from '../../data/catalogue.ts';
import type { Start } from '../../protocol/moving.ts';
import type { RunRecord } from '../../protocol/runs.ts';
import type { Phase } from '../../protocol/values.ts';
import type { Emit } from '../reporter.ts';
import type { TrainingRun } from '../training-run.ts';
import { bytesOfAll, KEPT_BYTES, thinned } from './budget.ts';
import { runName } from './names.ts';

/** Seconds of training between two states that are kept. */
export const KEEP_EVERY = 20;
/** Keeping states may take this share of the time. */
const KEEP_SHARE = 0.02;

/** A run as it is listed; `states` are in the order of their steps. */
export interface Entry {
  readonly id: number;
  name: string;
  config: RunConfig;
  readonly parent: RunRecord['parent'];
  readonly start: Start | null;
  readonly begun: number;
  phase: RunRecord['phase'];
  step: number;
  totalSteps: number;
  images: { name: string; fingerprint: string };
  states: RunTree[];
}

/** What was asked of a run cannot be done; the message says why, in a sentence for the person. */
export class RunRefused extends Error {
  override name = 'RunRefused';
}

export class Runs {
  private readonly emit: Emit;
  private readonly budget: number;
  private entries: Entry[] = [];
  private here: Catalogue | null = null;
  private count = 0;
  /** Milliseconds that the present run has trained since a state of it was kept, and what keeping that one took. */
  private trained = 0;
  private cost = 0;
  private seenAt = 0;
  present: Entry | null = null;

  constructor(emit: Emit, budget = KEPT_BYTES) {
    this.emit = emit;
    this.budget = budget;
  }

  /** A run that begins anew, from these weights or random ones. While it has made no step it is the same one under other settings or with other images. */
  begin(config: RunConfig, catalogue: Catalogue, start: Start | null = null): Entry {
    const unbegun = this.dropUnbegun();
    const id = unbegun?.id ?? ++this.count;
    const name = unbegun?.name ?? this.nameFor(config, id);
    return this.enter(
      { id, name, parent: null, start, config, phase: 'idle', step: 0, states: [] },
      catalogue,
    );
  }

  /**
   * The kept state of a run at a step, or its newest.
   * @param config settings to go on under; its own where there are none.
   * @throws RunRefused when there is no such state, or none can go on from it under these settings and images.
   */
  stateFor(id: number, step: number | null, config?: RunConfig): { entry: Entry; state: RunTree } {
    const entry = this.find(id);
    const state = entry.states.findLast((each) => step === null || each.step === step);
    if (!state)
      throw new RunRefused(
        step === null
          ? `Of ${entry.name} no state was kept, only its curves: it cannot be gone on with.`
          : `The state of ${entry.name} at step ${step} is not kept any more: choose another step.`,
      );
    if (state.dataset !== this.here?.fingerprint)
      throw new RunRefused(`${entry.name} was trained on ${entry.images.name}: bring in these images first.`);
    if (config) this.assureFork(id, state.step, config);
    return { entry, state };
  }

  /** @throws RunRefused when no run can go on from that step of this one under these settings. */
  assureFork(id: number, step: number, config: RunConfig): void {
    if (step === 0)
      throw new RunRefused(
        'Nothing has been trained yet: change the setting itself, there is nothing to fork.',
      );
    const parent = this.find(id);
    const own = this.recounted(parent, config, step);
    const refusal = forkRefusal(config, parent.config) ?? this.planRefusal(own.config, own.step);
    if (refusal) throw new RunRefused(refusal);
  }

  /**
   * A run that begins with a state of another, which stays as it is. With another batch its steps are counted anew, and
   * its settings and state say so. Returns what it goes on from.
   */
  fork(parent: Entry, state: RunTree, wanted: RunConfig): { config: RunConfig; state: RunTree } {
    const { here } = this;
    if (!here) throw new RangeError('There are no images to fork a run on');
    this.dropUnbegun();
    const id = ++this.count;
    const { config, step } = this.recounted(parent, wanted, state.step);
    const name = this.nameFor(config, id);
    const own = { ...state, step, config: JSON.stringify(config) };
    const { start } = parent;
    const origin = { id: parent.id, step: state.step, at: step };
    this.enter({ id, name, parent: origin, start, config, phase: 'paused', step, states: [own] }, here);
    return { config, state: own };
  }

  private recounted(parent: Entry, config: RunConfig, step: number): Recounted {
    return recounted(config, parent.config, step, this.here?.trainCount ?? 0);
  }

  /** @throws RunRefused when no run can go on here from that state. */
  assureAdoption(name: string, config: RunConfig, state: RunTree): void {
    if (state.dataset !== this.here?.fingerprint)
      throw new RunRefused(`${name} was trained on other images than these.`);
    const refusal = this.planRefusal(config, state.step, true);
    if (refusal) throw new RunRefused(refusal);
  }

  /** A run of another visit, or of somewhere else, that goes on here. Its name is kept where no other has it. */
  adopt(name: string, config: RunConfig, state: RunTree, start: Start | null = null): Entry {
    const { here } = this;
    if (!here) throw new RangeError('There are no images to go on with');
    this.dropUnbegun();
    const id = ++this.count;
    const free = this.entries.every((entry) => entry.name !== name);
    const { step } = state;
    const own = free ? name : this.nameFor(config, id);
    return this.enter(
      { id, name: own, parent: null, start, config, phase: 'paused', step, states: [state] },
      here,
    );
  }

  /** The newest state of the present run is this one, from elsewhere. */
  restore(state: RunTree): void {
    const { present } = this;
    if (present) present.states = [...present.states.filter(({ step }) => step < state.step), state];
  }

  /** The present run is this one again, as it was at its newest state. */
  reopen(entry: Entry): void {
    this.dropUnbegun();
    this.present = entry;
    this.trained = 0;
  }

  /** How the present run stands. */
  note(run: TrainingRun | null, phase: Phase): void {
    const { present } = this;
    if (!present) return;
    const next = phase === 'preparing' || phase === 'empty' ? present.phase : phase;
    if (next === 'running' && present.phase !== 'running') this.seenAt = performance.now();
    present.phase = next;
    if (run) {
      present.step = run.step;
      present.totalSteps = run.plan.stopStep;
    }
    this.tell();
  }

  /** @throws RunRefused when the state of the run does not fit beside what must stay. */
  assureRoom(run: TrainingRun): void {
    if (this.makeRoom(run.stateBytes)) return;
    const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
    throw new RunRefused(
      `The state of this run takes ${mebibytes(run.stateBytes)}, and of the ${mebibytes(this.budget)} for kept runs ${mebibytes(this.bytes)} are in use: remove a run from the list, or lower the prototypes K or the network's width.`,
    );
  }

  /** Keeps the state of the present run as it is now, where it fits. Returns whether it did. */
  async keep(run: TrainingRun, spared: readonly RunTree[] = []): Promise<boolean> {
    const { present } = this;
    const begun = performance.now();
    if (!present || run.step === 0) return false;
    // A pause is noted while its last step is still under way.
    present.step = run.step;
    if (!this.makeRoom(run.stateBytes, spared)) return false;
    const tree = await run.tree();
    present.states = [...present.states.filter(({ step }) => step < tree.step), tree];
    this.cost = performance.now() - begun;
    this.trained = 0;
    this.tell();
    return true;
  }

  /** Between two steps: keeps a state when one is due. */
  async watch(run: TrainingRun): Promise<void> {
    const now = performance.now();
    this.trained += now - this.seenAt;
    this.seenAt = now;
    if (this.trained < Math.max(KEEP_EVERY * 1000, this.cost / KEEP_SHARE)) return;
    // Where there is no room the next try is as far off as the next state would be.
    if (!(await this.keep(run))) this.trained = 0;
  }

  /** null where it is not in the list any more. */
  nameOf(id: number): string | null {
    return this.entries.find((each) => each.id === id)?.name ?? null;
  }

  rename(id: number, name: string): void {
    const entry = this.find(id);
    if (this.entries.some((other) => other !== entry && other.name === name))
      throw new RunRefused(`Another run is called ${name} already: names tell runs apart.`);
    entry.name = name;
    this.tell();
  }

  remove(id: number): void {
    const entry = this.find(id);
    if (entry === this.present)
      throw new RunRefused(
        'This is the run in progress: go on with another one, or press Reset, before it is removed.',
      );
    this.entries = this.entries.filter((each) => each !== entry);
    this.tell();
  }

  private enter(
    { id, name, config, parent, start, phase, step, states }: Omit<Entry, 'begun' | 'images' | 'totalSteps'>,
    catalogue: Catalogue,
  ): Entry {
    this.here = catalogue;
    const images = { name: catalogue.name, fingerprint: catalogue.fingerprint };
    const begun = Date.now();
    const entry = { id, name, config, parent, start, begun, phase, step, totalSteps: 0, images, states };
    this.entries = [...this.entries, entry];
    this.present = entry;
    this.trained = 0;
    return entry;
  }

  /** A run that has made no step is nothing to come back to. */
  private dropUnbegun(): Entry | null {
    const unbegun = this.present?.step === 0 ? this.present : null;
    this.entries = this.entries.filter((entry) => entry !== unbegun);
    return unbegun;
  }

  private makeRoom(bytes: number, spared: readonly RunTree[] = []): boolean {
    const { budget } = this;
    const states = this.entries.map((entry) => entry.states);
    const lists = thinned(states, bytes, { budget, spared });
    if (!lists) return false;
    for (const [i, entry] of this.entries.entries()) entry.states = lists[i] ?? entry.states;
    return true;
  }

  private get bytes(): number {
    return bytesOfAll(this.entries.map(({ states }) => states));
  }

  /** @param over whether a run may be gone on with that is over. */
  private planRefusal(config: RunConfig, step: number, over = false): string | null {
    try {
      const { stopStep } = planRun(config, this.here?.trainCount ?? 0);
      return stopStep > step || over
        ? null
        : `Under these settings the run would be over at step ${stopStep}, and it is at ${step}.`;
    } catch (error) {
      if (error instanceof SettingsError) return error.message;
      throw error;
    }
  }

  private find(id: number): Entry {
    const entry = this.entries.find((each) => each.id === id);
    if (!entry) throw new RunRefused('This run is not in the list any more.');
    return entry;
  }

  private nameFor(config: RunConfig, id: number): string {
    return runName(config.training.seed, id, new Set(this.entries.map(({ name }) => name)));
  }

  private tell(): void {
    const runs = this.entries.map(({ images, states, ...entry }) => ({
      ...entry,
      images: images.name,
      here: images.fingerprint === this.here?.fingerprint,
      states: states.map((state) => ({ step: state.step, bytes: treeBytes(state) })),
    }));
    const { bytes, budget } = this;
    this.emit({ type: 'runs', runs, bytes, budget, every: KEEP_EVERY });
  }
}
