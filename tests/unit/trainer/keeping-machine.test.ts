/**
 * Keeping runs as a state machine: start, train, pause, crash, full disk, rot, cleared storage, resume and import, in
 * random order over a store in memory and the code of the page. Whatever happens, the promises hold.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Keep, type KeptFile } from '../../../src/checkpoint/keep.ts';
import type { RunTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { PURPOSE, type Rng, rng } from '../../../src/core/rng.ts';
import type { KeptRun, KeptState, Keeping as Told } from '../../../src/protocol/keeping.ts';
import type { TrainerEvent } from '../../../src/protocol/messages.ts';
import type { StepMetrics } from '../../../src/protocol/values.ts';
import { Chronicle } from '../../../src/trainer/keeping/chronicle.ts';
import type { Keeper } from '../../../src/trainer/keeping/keeper.ts';
import { Keeping, type SavedRun } from '../../../src/trainer/keeping/keeping.ts';
import { KeptRuns } from '../../../src/trainer/keeping/kept-runs.ts';
import { Runs } from '../../../src/trainer/runs/runs.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';
import { MemoryStore } from '../checkpoint/memory-store.ts';
import { memoryKeeper } from './memory-keeper.ts';

const SEQUENCES = 200;
const ACTIONS = 16;
/** Sequences that once broke a promise. */
const PINNED: readonly number[] = [4, 107, 269];

const catalogue = sampleCatalogue(8, 0);
const config = applyOverrides(presetConfig('samples'), { training: { batchSize: 4, steps: 100_000 } });

let clock = 0;
let keys = 0;
/** A sequence is the same whenever it is played: time, and the keys of runs, begin anew with it. */
function rewind(): void {
  clock = 0;
  keys = 0;
}
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  vi.spyOn(Date, 'now').mockImplementation(() => 1.7e12 + clock);
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((drawn) => {
    if (drawn instanceof Uint32Array) drawn.fill(Math.imul(++keys, 0x9e3779b1));
    return drawn;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Numbers that only this run has, at this step alone. */
function treeOf(life: number, step: number): RunTree {
  const random = rng(life, PURPOSE.evaluation, step);
  const data = Float32Array.from({ length: 60 }, () => random.normal());
  const tensors = new Map([
    ['life', { shape: [1], data: Float32Array.of(life) }],
    ['student/weights', { shape: [6, 10], data }],
  ]);
  const updates = { lastLayer: step, rest: step };
  return { config: JSON.stringify(config), dataset: catalogue.fingerprint, step, updates, tensors };
}

const lifeOf = (tree: RunTree) => tree.tensors.get('life')?.data[0] ?? -1;

/** Of a run that goes on from another one's best state. */
const branchName = (name: string, step: number) => `${name.replace(/-from-\d+$/, '')}-from-${step}`;

/** A run without a network. */
class FakeRun implements SavedRun {
  constructor(
    public life: number,
    public step: number,
  ) {}
  async tree(): Promise<RunTree> {
    return treeOf(this.life, this.step);
  }
}

function rowOf(life: number, step: number): StepMetrics {
  const loss = life + step / 1000;
  const rest = {
    lr: 1,
    weightDecay: 1,
    momentum: 1,
    teacherTemp: 1,
    teacherEntropy: 1,
    kl: 1,
    featureSpread: 1,
  };
  return { step, epoch: step / 2, loss, gradNorm: 1, seconds: 1, ...rest };
}

/** A state that was said to be saved. */
interface Promised {
  step: number;
  score: number | null;
  /** Its file is damaged, which nobody knows before it is read. */
  rotten: boolean;
}

/** What a run keeps of these, the oldest first: its newest two, and its best by k-NN, of equals the newest. */
function retained(states: readonly Promised[]): Promised[] {
  const best = states.reduce<Promised | null>(
    (top, state) => (state.score !== null && state.score >= (top?.score ?? -1) ? state : top),
    null,
  );
  return states.filter((state, i) => i >= states.length - 2 || state === best);
}

/** What is known of a run, whatever is kept of it. */
interface Life {
  /** What it was called: going on it has another name where its own is taken. */
  names: string[];
  /** The run whose state of this step it went on from, beside that one. */
  from: { life: number; step: number } | null;
  /** Its first figures are of this step. */
  first: number;
  /** k-NN scores by step, as far as the run has come. */
  scores: Map<number, number>;
}

/** One page after the other over the same store. */
class World {
  readonly store = new MemoryStore();
  private readonly random: Rng;
  private lives = 0;
  private readonly known = new Map<number, Life>();
  /** By key: the run that it was given to. */
  private readonly owners = new Map<string, number>();
  /** Names of files that are damaged. */
  private readonly rotten = new Set<string>();
  /** By key: what was said to be saved and is kept still, the oldest first. */
  private readonly promised = new Map<string, Promised[]>();
  /** Keys in the order of their last saves. */
  private order: string[] = [];
  /** Saves that may have died between their move and the clearing after it. */
  private crashes = 0;
  /** Key of the kept run that is about to be gone on with. */
  private resuming: string | null = null;
  private adopted: { name: string; config: typeof config } | null = null;
  private run: FakeRun | null = null;
  /** The step that it began or went on at. */
  private begun = 0;
  private events: TrainerEvent[] = [];
  private runs = new Runs(() => undefined);
  private chronicle = new Chronicle();
  private keeper: Keeper | null = null;
  private keeping: Keeping | null = null;
  private kept: KeptRuns | null = null;
  private emit = (_: TrainerEvent) => {};
  private told: Told | null = null;

  constructor(seed: number) {
    this.random = rng(seed, PURPOSE.evaluation);
  }

  /** A page is loaded. */
  async visit(): Promise<void> {
    this.store.life = Number.POSITIVE_INFINITY;
    this.events = [];
    this.run = null;
    this.told = null;
    this.chronicle = new Chronicle();
    this.emit = this.chronicle.hearing((event) => {
      this.events.push(event);
      if (event.type === 'keeping') this.noteSaved(event.keeping);
    });
    const keeper = await memoryKeeper(this.store);
    this.keeper = keeper;
    this.runs = new Runs(this.emit);
    this.keeping = new Keeping(this.emit, this.chronicle, keeper, () => this.kept?.subject() ?? null);
    vi.spyOn(this.keeping, 'wasSaved');
    this.kept = new KeptRuns(this.emit, keeper, this.keeping, {
      runs: this.runs,
      exchange: { adopt: (name, wanted, state, then) => this.adopt(name, wanted, state, then) },
      catalogue: () => catalogue,
      backend: () => ({ backend: 'wasm', adapter: 'SIMD', software: false, threads: 1, reason: '' }),
      imagesSettled: async () => undefined,
      remake: async () => undefined,
    });
    this.start();
    this.checkOffer();
    await this.checkStore();
  }

  async act(): Promise<string> {
    const before = this.kept?.subject()?.key;
    const action = [
      'start',
      'train',
      'train',
      'train',
      'pause',
      'pause',
      'hurry',
      'crash',
      'leave',
      'full',
      'room',
      'rot',
      'clear',
      'resume',
      'resume',
      'best',
      'import',
    ][this.random.below(17)];
    switch (action) {
      case 'start':
        this.start();
        break;
      case 'train':
        await this.train(1 + this.random.below(8));
        break;
      case 'pause':
        if (this.random.below(2) === 0) await this.train(this.random.below(6), false);
        await this.pause();
        break;
      case 'hurry':
        await this.hurry();
        break;
      case 'crash':
        // Somewhere in a save, or between two.
        this.store.life = 1 + this.random.below(4000);
        this.crashes++;
        await this.train(1 + this.random.below(10));
        await this.rest();
        await this.visit();
        break;
      case 'leave':
        await this.visit();
        break;
      case 'full':
        this.store.quota = this.random.below(9000);
        break;
      case 'room':
        this.store.quota = Number.POSITIVE_INFINITY;
        break;
      case 'rot':
        await this.rot();
        break;
      case 'clear':
        this.store.files.clear();
        this.promised.clear();
        this.rotten.clear();
        this.crashes = 0;
        break;
      case 'resume':
        await this.resume('newest');
        break;
      case 'best':
        await this.resume('best');
        break;
      default:
        await this.import();
    }
    await this.settled();
    // Where there is little room a run's newest state is what counts, and the others may go for it.
    if (this.store.quota !== Number.POSITIVE_INFINITY)
      for (const key of [before, this.kept?.subject()?.key])
        if (key) this.promised.set(key, this.sound(key).slice(-1));
    await this.checkStore();
    return action ?? '';
  }

  private start(): void {
    this.runs.begin(config, catalogue);
    this.follow(new FakeRun(++this.lives, 0));
    this.known.set(this.lives, {
      names: [this.runs.present?.name ?? ''],
      from: null,
      first: 1,
      scores: new Map(),
    });
    this.own();
    expect(this.told?.saved ?? null, 'nothing is saved of a new run').toBeNull();
  }

  /** The key of the present run is that of its life from now on. */
  private own(): void {
    const key = this.kept?.subject()?.key;
    if (key && this.run) this.owners.set(key, this.run.life);
  }

  private follow(run: FakeRun): void {
    const { id = 1 } = this.runs.present ?? {};
    this.run = run;
    this.begun = run.step;
    this.emit({ type: 'run-started', id, parent: null, step: run.step, config });
    this.keeping?.follow(run);
  }

  /** @param settling whether a save is waited for now and then. */
  private async train(steps: number, settling = true): Promise<void> {
    const { run } = this;
    if (!run) return;
    for (let i = 0; i < steps; i++) {
      run.step++;
      if (this.runs.present) this.runs.present.step = run.step;
      clock += 9000;
      this.emit({ type: 'metrics', rows: [rowOf(run.life, run.step)] });
      if (this.random.below(4) === 0) {
        const teacher = this.random.below(100);
        this.known.get(run.life)?.scores.set(run.step, teacher);
        this.emit({
          type: 'knn',
          result: { step: run.step, teacher, pixels: 1, untrained: 1, k: 5, train: 8, val: 4, classes: 2 },
        });
      }
      this.keeping?.watch(run);
      // Now and then a save is still under way at the next one.
      if (settling && this.random.below(2) === 0) await this.settled();
    }
  }

  /** Another run takes the place of one that is being saved; of its last step the figures may never come. */
  private async hurry(): Promise<void> {
    const { run } = this;
    if (!run) return;
    await this.train(this.random.below(3), false);
    run.step++;
    if (this.runs.present) this.runs.present.step = run.step;
    const row: TrainerEvent = { type: 'metrics', rows: [rowOf(run.life, run.step)] };
    const late = this.random.below(2) === 0;
    if (!late) this.emit(row);
    void this.keeping?.rest(run);
    if (this.random.below(2) === 0) await new Promise((resolve) => setImmediate(resolve));
    const next = this.random.below(3);
    if (next === 0) this.start();
    else await (next === 1 ? this.import() : this.resume('newest'));
    // Where nothing could be gone on with, it is still the run.
    if (late && this.run === run) this.emit(row);
  }

  private async rest(): Promise<void> {
    if (this.run) await this.keeping?.rest(this.run);
    await this.settled();
  }

  private async pause(): Promise<void> {
    const begun = this.begun;
    await this.rest();
    if (this.run && this.run.step > begun && this.store.quota === Number.POSITIVE_INFINITY)
      expect(this.told?.saved?.step, 'saved at a pause').toBe(this.run.step);
  }

  private async adopt(
    name: string,
    wanted: typeof config,
    state: RunTree,
    then: () => Promise<void>,
  ): Promise<void> {
    this.adopted = { name, config: wanted };
    this.runs.assureAdoption(name, wanted, state);
    this.runs.adopt(name, wanted, state);
    this.follow(new FakeRun(lifeOf(state), state.step));
    await then();
  }

  private async resume(which: KeptState): Promise<void> {
    const offered = this.offered().filter(({ best }) => which === 'newest' || best);
    const chosen = offered[this.random.below(offered.length)];
    if (!chosen) return;
    const heard = this.events.length;
    const promised = this.sound(chosen.key).map(({ step }) => step);
    this.resuming = chosen.key;
    await this.kept?.resume(chosen.key, which);
    this.resuming = null;
    const news = this.events.slice(heard);
    const { run } = this;
    const refused = news.some(({ type }) => type === 'keeping-refused');
    if (refused || !run) {
      // Only what has rotted, or was cleared or given up meanwhile, may be refused.
      if (which === 'best') expect(promised, 'a promised state was refused').not.toContain(chosen.best?.step);
      else expect(promised, 'a promised run was refused').toEqual([]);
      return;
    }
    if (which === 'best') expect(run.step, 'the step of the best state').toBe(chosen.best?.step);
    else expect(run.step, 'the step that was promised').toBeGreaterThanOrEqual(promised.at(-1) ?? 0);
    expect(run.life, 'the run whose key it is').toBe(this.owners.get(chosen.key));
    expect(this.runs.present?.states.at(-1), 'the very state').toEqual(treeOf(run.life, run.step));
    const life = this.known.get(run.life);
    const first = life?.first ?? 1;
    const steps = Array.from({ length: run.step - first + 1 }, (_, i) => first + i);
    const rows = news.flatMap((event) => (event.type === 'metrics' ? event.rows : []));
    expect(rows, 'every figure once').toEqual(steps.map((step) => this.figuresOf(run.life, step)));
    const measured = new Map([...(life?.scores ?? [])].filter(([step]) => step <= run.step));
    const scores = news.flatMap((event) =>
      event.type === 'knn' ? [[event.result.step, event.result.teacher]] : [],
    );
    expect(scores, 'every score once').toEqual([...measured]);
    const branched = which === 'best' && chosen.best !== null && chosen.best.step < chosen.step;
    const names = life?.names.map((each) => (branched ? branchName(each, run.step) : each));
    expect(names).toContain(this.adopted?.name);
    expect(this.adopted?.config).toEqual(config);
    const name = this.runs.present?.name ?? '';
    if (branched) {
      expect(this.told?.saved, 'nothing is saved of the branch').toBeNull();
      expect(this.kept?.subject()?.key, 'a key of its own').not.toBe(chosen.key);
      this.known.set(++this.lives, {
        names: [name],
        from: { life: run.life, step: run.step },
        first,
        scores: measured,
      });
      run.life = this.lives;
      this.own();
      return;
    }
    expect(this.kept?.subject()?.key, 'the key stays').toBe(chosen.key);
    expect(this.offered().map(({ key }) => key)).not.toContain(chosen.key);
    expect(this.told?.saved?.step, 'known to be saved').toBe(run.step);
    const best = chosen.best?.score ?? null;
    expect(this.keeping?.wasSaved).toHaveBeenLastCalledWith(run.step, expect.any(Number), best);
    // What came after the state is no more, and may be measured anew.
    this.known.set(run.life, {
      names: [...(life?.names ?? []), name],
      from: life?.from ?? null,
      first,
      scores: measured,
    });
    const before = (this.promised.get(chosen.key) ?? []).filter(({ step }) => step < run.step);
    const here = { step: run.step, score: measured.get(run.step) ?? null, rotten: false };
    this.promised.set(chosen.key, retained([...before, here]));
  }

  private figuresOf(life: number, step: number): StepMetrics {
    const from = this.known.get(life)?.from;
    return from && step <= from.step ? this.figuresOf(from.life, step) : rowOf(life, step);
  }

  private async import(): Promise<void> {
    const step = 1 + this.random.below(50);
    const state = treeOf(++this.lives, step);
    await this.adopt(`imported-${this.lives}`, config, state, async () => undefined);
    this.known.set(this.lives, {
      names: [this.runs.present?.name ?? ''],
      from: null,
      first: step + 1,
      scores: new Map(),
    });
    this.own();
  }

  private async rot(): Promise<void> {
    const names = [...this.store.files.keys()];
    const name = names[this.random.below(names.length)];
    const bytes = name ? (this.store.files.get(name)?.byteLength ?? 0) : 0;
    if (!name || bytes === 0 || this.rotten.has(name)) return;
    const file = (await this.files()).find((each) => each.name === name);
    this.store.flip(name, this.random.below(8 * bytes));
    this.rotten.add(name);
    const { run, step = 0 } = file?.about ?? {};
    if (run === undefined) return;
    const promised = this.promised.get(run) ?? [];
    this.promised.set(
      run,
      promised.map((state) => (state.step === step ? { ...state, rotten: true } : state)),
    );
  }

  /** What is promised of a run and can be gone on from. */
  private sound(key: string): Promised[] {
    return (this.promised.get(key) ?? []).filter(({ rotten }) => !rotten);
  }

  /** A state is said to be saved: from now on that is a promise. */
  private noteSaved(told: Told): void {
    const { saved } = told;
    const key = this.kept?.subject()?.key;
    // A run that is gone on with is saved already: that is nothing new.
    const isNew = saved && saved !== this.told?.saved && key !== this.resuming;
    this.told = told;
    if (!key || !isNew) return;
    const score = this.known.get(this.run?.life ?? 0)?.scores.get(saved.step) ?? null;
    const before = (this.promised.get(key) ?? []).filter(({ step }) => step < saved.step);
    const states = retained([...before, { step: saved.step, score, rotten: false }]);
    this.promised.set(key, states);
    this.order = [...this.order.filter((each) => each !== key), key];
    // Of older runs than the newest four nothing is promised.
    for (const each of this.promised.keys())
      if (!this.order.slice(-4).includes(each)) this.promised.delete(each);
  }

  private offered(): KeptRun[] {
    return this.events.findLast((event) => event.type === 'kept-runs')?.runs ?? [];
  }

  private checkOffer(): void {
    const offered = new Map(this.offered().map((each) => [each.key, each.step]));
    for (const key of this.promised.keys())
      expect(offered.get(key) ?? 0, `run ${key} after a reload`).toBeGreaterThanOrEqual(
        this.sound(key).at(-1)?.step ?? 0,
      );
    expect([...this.store.files.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([]);
    const unusable = this.events.findLast((event) => event.type === 'kept-runs')?.unusable ?? [];
    expect(unusable.length, 'only what has rotted is unusable').toBeLessThanOrEqual(this.rotten.size);
  }

  /** What is in the store, as far as nothing has happened to it. */
  private async files(): Promise<KeptFile[]> {
    const keep = new Keep(this.store);
    await keep.open();
    return keep.runs.flat().filter(({ name }) => !this.rotten.has(name));
  }

  private async checkStore(): Promise<void> {
    for (const name of this.rotten) if (!this.store.files.has(name)) this.rotten.delete(name);
    const files = await this.files();
    for (const key of this.promised.keys()) {
      const states = this.sound(key);
      const own = files.filter(({ about }) => about.run === key);
      const newest = Math.max(...own.map(({ about }) => about.step));
      const top = Math.max(...own.map(({ about }) => about.score ?? -1));
      const rotten = [...this.rotten].filter((name) => name.startsWith(key)).length;
      const heard = (this.promised.get(key)?.length ?? 0) - states.length;
      const last = this.promised.get(key)?.at(-1)?.step ?? 0;
      for (const { step, score } of states) {
        // A save of which nobody heard any more may have taken the place of an older state, and rotted since.
        const replaced = rotten > heard || (newest > last && (rotten > 0 || top >= (score ?? -1)));
        if (!replaced)
          expect(
            own.map(({ about }) => about.step),
            `kept of ${key}`,
          ).toContain(step);
      }
    }
    // Two newest and the best of four runs; what has rotted, or a crash has left, stays until the next save.
    const keys = new Set(files.map(({ about }) => about.run));
    for (const key of keys)
      expect(files.filter(({ about }) => about.run === key).length).toBeLessThanOrEqual(3 + this.crashes);
    expect(keys.size).toBeLessThanOrEqual(4 + this.crashes);
  }

  /** Resolves when nothing is being written. */
  private async settled(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    while (this.keeping?.busy) await new Promise((resolve) => setImmediate(resolve));
    // A save of a run that is the present one no more is nobody's business but the keeper's, which works in turns.
    await this.keeper?.load('00000000');
  }

  /** A run of so many steps is saved, and gone on with in another visit. */
  async long(steps: number): Promise<void> {
    await this.visit();
    await this.train(steps, false);
    await this.pause();
    await this.visit();
    await this.resume('newest');
    expect(this.run?.step).toBe(steps);
  }
}

async function play(seed: number): Promise<string[]> {
  rewind();
  const world = new World(seed);
  const done: string[] = [];
  await world.visit();
  for (let i = 0; i < ACTIONS; i++)
    try {
      done.push(await world.act());
    } catch (error) {
      throw new Error(
        `Seed ${seed}, after ${done.join(', ')}: ${error instanceof Error ? error.message : error}`,
        {
          cause: error,
        },
      );
    }
  await world.visit();
  return done;
}

describe('keeping runs', () => {
  it.runIf(PINNED.length > 0).each(PINNED)(
    'holds its promises in sequence %i, which once broke one',
    async (seed) => {
      await play(seed);
    },
  );

  it('tells every figure of a long run again', async () => {
    await new World(1).long(1203);
  });

  it(`holds its promises over ${SEQUENCES} random sequences`, async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= SEQUENCES; seed++) for (const action of await play(seed)) seen.add(action);
    expect(seen.size).toBe(13);
  });
});
