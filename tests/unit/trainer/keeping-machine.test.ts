/**
 * Keeping runs as a state machine: start, train, pause, crash, full disk, rot, cleared storage, resume and import, in
 * random order over a store in memory and the code of the page. Whatever happens, the promises hold.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { PURPOSE, type Rng, rng } from '../../../src/core/rng.ts';
import type { KeptRun, KeptState, Keeping as Told } from '../../../src/protocol/keeping.ts';
import type { TrainerEvent } from '../../../src/protocol/messages.ts';
import type { StepMetrics } from '../../../src/protocol/values.ts';
import { Chronicle } from '../../../src/trainer/keeping/chronicle.ts';
import { Keeping, type SavedRun } from '../../../src/trainer/keeping/keeping.ts';
import { KeptRuns } from '../../../src/trainer/keeping/kept-runs.ts';
import { Runs } from '../../../src/trainer/runs/runs.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';
import { MemoryStore } from '../checkpoint/memory-store.ts';
import { memoryKeeper } from './memory-keeper.ts';

const SEQUENCES = 200;
const ACTIONS = 16;
/** Sequences that once broke a promise. */
const PINNED: readonly number[] = [];

const catalogue = sampleCatalogue(8, 0);
const config = applyOverrides(presetConfig('samples'), { training: { batchSize: 4, steps: 100_000 } });

let clock = 0;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
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

/** A run without a network. */
class FakeRun implements SavedRun {
  constructor(
    readonly life: number,
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

/** One page after the other over the same store. */
class World {
  readonly store = new MemoryStore();
  private readonly random: Rng;
  private lives = 0;
  private rots = 0;
  /** By key: the newest step that was said to be saved, and nothing has happened to since. */
  private readonly promised = new Map<string, number>();
  /** Keys in the order of their last saves. */
  private order: string[] = [];
  private run: FakeRun | null = null;
  private events: TrainerEvent[] = [];
  private runs = new Runs(() => undefined);
  private chronicle = new Chronicle();
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
    this.runs = new Runs(this.emit);
    this.keeping = new Keeping(this.emit, this.chronicle, keeper, () => this.kept?.subject() ?? null);
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
  }

  async act(): Promise<string> {
    const action = [
      'start',
      'train',
      'train',
      'train',
      'pause',
      'pause',
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
    ][this.random.below(16)];
    switch (action) {
      case 'start':
        this.start();
        break;
      case 'train':
        await this.train(1 + this.random.below(8));
        break;
      case 'pause':
        await this.pause();
        break;
      case 'crash':
        // Somewhere in a save, or between two.
        this.store.life = 1 + this.random.below(4000);
        await this.train(1 + this.random.below(10));
        await this.pause();
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
        this.rot();
        break;
      case 'clear':
        this.store.files.clear();
        this.promised.clear();
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
    this.checkStore();
    return action ?? '';
  }

  private start(): void {
    this.runs.begin(config, catalogue);
    this.follow(new FakeRun(++this.lives, 0));
  }

  private follow(run: FakeRun): void {
    const { id = 1 } = this.runs.present ?? {};
    this.run = run;
    this.emit({ type: 'run-started', id, parent: null, step: run.step, config });
    this.keeping?.follow(run);
  }

  private async train(steps: number): Promise<void> {
    const { run } = this;
    if (!run) return;
    for (let i = 0; i < steps; i++) {
      run.step++;
      clock += 9000;
      this.emit({ type: 'metrics', rows: [rowOf(run.life, run.step)] });
      if (this.random.below(4) === 0) {
        const teacher = this.random.below(100);
        this.emit({
          type: 'knn',
          result: { step: run.step, teacher, pixels: 1, untrained: 1, k: 5, train: 8, val: 4, classes: 2 },
        });
      }
      this.keeping?.watch(run);
      // Now and then a save is still under way at the next one.
      if (this.random.below(2) === 0) await this.settled();
    }
  }

  private async pause(): Promise<void> {
    if (this.run) await this.keeping?.rest(this.run);
    await this.settled();
  }

  private async adopt(
    name: string,
    wanted: typeof config,
    state: RunTree,
    then: () => Promise<void>,
  ): Promise<void> {
    this.runs.assureAdoption(name, wanted, state);
    this.runs.adopt(name, wanted, state);
    this.follow(new FakeRun(lifeOf(state), state.step));
    await then();
  }

  private async resume(which: KeptState): Promise<void> {
    const offered = this.offered().filter(({ best }) => which === 'newest' || best);
    const chosen = offered[this.random.below(offered.length)];
    if (!chosen) return;
    const before = this.events.length;
    await this.kept?.resume(chosen.key, which);
    const news = this.events.slice(before);
    const { run } = this;
    const branched = which === 'best' && chosen.best !== null && chosen.best.step < chosen.step;
    const refused = news.some(({ type }) => type === 'keeping-refused');
    if (refused || !run) {
      // Only what has rotted, or was cleared or given up meanwhile, may be refused.
      expect(this.promised.get(chosen.key) ?? 0, 'a promised run was refused').toBe(0);
      return;
    }
    if (branched) expect(run.step, 'the step of the best state').toBe(chosen.best?.step);
    else
      expect(run.step, 'the step that was promised').toBeGreaterThanOrEqual(
        this.promised.get(chosen.key) ?? 0,
      );
    expect(this.runs.present?.states.at(-1), 'the very state').toEqual(treeOf(run.life, run.step));
    const rows = news.flatMap((event) => (event.type === 'metrics' ? event.rows : []));
    expect(rows.at(-1)?.step ?? run.step).toBe(run.step);
    for (const [i, row] of rows.entries()) {
      expect(row).toEqual(rowOf(run.life, row.step));
      expect(row.step - (rows[i - 1]?.step ?? row.step - 1), 'every figure once').toBe(1);
    }
    for (const event of news)
      if (event.type === 'knn') expect(event.result.step).toBeLessThanOrEqual(run.step);
  }

  private async import(): Promise<void> {
    const state = treeOf(++this.lives, 1 + this.random.below(50));
    await this.adopt(`imported-${this.lives}`, config, state, async () => undefined);
  }

  private rot(): void {
    const names = [...this.store.files.keys()];
    const name = names[this.random.below(names.length)];
    const bytes = name ? (this.store.files.get(name)?.byteLength ?? 0) : 0;
    if (!name || bytes === 0) return;
    this.store.flip(name, this.random.below(8 * bytes));
    this.promised.delete(name.slice(0, 8));
    this.rots++;
  }

  /** A state is said to be saved: from now on that is a promise. */
  private noteSaved(told: Told): void {
    const { saved } = told;
    const key = this.kept?.subject()?.key;
    if (saved && key && saved !== this.told?.saved) this.promised.set(key, saved.step);
    if (saved && key) this.order = [...this.order.filter((each) => each !== key), key];
    this.told = told;
    // Of older runs than the newest four nothing is promised.
    for (const each of this.promised.keys())
      if (!this.order.slice(-4).includes(each)) this.promised.delete(each);
  }

  private offered(): KeptRun[] {
    return this.events.findLast((event) => event.type === 'kept-runs')?.runs ?? [];
  }

  private checkOffer(): void {
    const offered = new Map(this.offered().map((each) => [each.key, each.step]));
    for (const [key, step] of this.promised)
      expect(offered.get(key) ?? -1, `run ${key} after a reload`).toBeGreaterThanOrEqual(step);
    expect([...this.store.files.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }

  private checkStore(): void {
    // Two newest and the best of four runs; what has rotted stays until the next save.
    expect(this.store.files.size).toBeLessThanOrEqual(4 * 3 + this.rots);
  }

  /** Resolves when nothing is being written. */
  private async settled(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    while (this.keeping?.busy) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function play(seed: number): Promise<string[]> {
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

  it(`holds its promises over ${SEQUENCES} random sequences`, async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= SEQUENCES; seed++) for (const action of await play(seed)) seen.add(action);
    expect(seen.size).toBe(12);
  });
});
