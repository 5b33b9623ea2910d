/** A session that saves its run: when it does, what it goes on from, and the way back from faults; real steps on WASM. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readTree, writeTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import type { DeviceWatcher } from '../../../src/ops/device/webgpu.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { Session } from '../../../src/trainer/session.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';
import { MemoryStore } from '../checkpoint/memory-store.ts';
import { memoryKeeper } from './memory-keeper.ts';

const here = { images: 24, source: 'samples' as 'samples' | 'own', gpus: 0 };
let watcher: DeviceWatcher | null = null;

vi.mock('../../../src/trainer/backend.ts', () => ({
  // As if it were a GPU for as long as the browser gives one.
  openBackend: async (_prefer: string, watching: DeviceWatcher) => {
    watcher = watching;
    const backend = here.gpus-- > 0 ? 'webgpu' : 'wasm';
    return { backend, adapter: 'SIMD', software: false, threads: 1, reason: '' };
  },
}));
vi.mock('../../../src/trainer/images.ts', async (original) => ({
  ...(await original<typeof import('../../../src/trainer/images.ts')>()),
  loadSamples: async ({ training }: RunConfig) => ({
    ...sampleCatalogue(here.images, 8),
    source: here.source,
    fingerprint: `samples ${here.images} ${training.seed}`,
  }),
}));

const STEPS = 12;
const toy: RunConfig = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: STEPS },
  evaluation: { knnEvery: 0, snapshotSeconds: 100 },
});

let store: MemoryStore;
let events: TrainerEvent[] = [];
let session: Session;

const of = <T extends TrainerEvent['type']>(type: T) =>
  events.filter((event): event is Extract<TrainerEvent, { type: T }> => event.type === type);
const phase = () => of('status').at(-1)?.status.phase;
const keeping = () => of('keeping').at(-1)?.keeping;
const kept = () => of('kept-runs').at(-1)?.runs ?? [];
const rows = () => of('metrics').flatMap((event) => event.rows);
const files = () => [...store.files.keys()].length;

/** A page that is loaded, over what is in the store. */
async function visit(config: RunConfig = toy): Promise<void> {
  // A session of before may still have something to tell, of its last save for one.
  const told: TrainerEvent[] = [];
  events = told;
  session = new Session(
    (event) => {
      told.push(eventSchema.parse(event));
    },
    config,
    await memoryKeeper(store),
  );
  await session.open('auto');
  await session.loadSamples();
}

async function steps(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await session.step();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const savedAt = (step: number) => until(() => keeping()?.saved?.step === step);

async function whole(): Promise<Uint8Array> {
  await session.exporter.run();
  const file = of('exported').at(-1)?.file;
  if (!file) throw new Error('No run was exported');
  return new Uint8Array(await file.arrayBuffer());
}

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(() => {
  store = new MemoryStore();
  Object.assign(here, { images: 24, source: 'samples', gpus: 0 });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a run', () => {
  it('goes on in another visit with the same state, name, figures and scores, to the bit', async () => {
    await visit();
    await session.train();
    const end = await whole();
    const unbroken = rows().map(({ seconds: _, ...row }) => row);
    await session.reset();
    await steps(5);
    await session.questions.evaluateKnn();
    await session.step();
    await savedAt(6);
    const { name } = of('runs').at(-1)?.runs.at(-1) ?? {};
    const [score] = of('knn').slice(-1);

    await visit();
    expect(kept().map((run) => [run.name, run.step, run.totalSteps, run.images.source])).toEqual([
      [name, 6, STEPS, 'samples'],
      // The whole run of before, at its end.
      [expect.any(String), STEPS, STEPS, 'samples'],
    ]);
    const [run] = kept();
    await session.safety.kept.resume(run?.key ?? '', 'newest');
    expect(of('run-started').at(-1)).toMatchObject({ step: 6, config: toy });
    expect(of('runs').at(-1)?.runs.at(-1)).toMatchObject({ name, step: 6, phase: 'paused' });
    expect(kept().map(({ step }) => step)).toEqual([STEPS]);
    expect(keeping()?.saved).toMatchObject({ step: 6 });
    expect(of('knn')).toEqual([score]);
    await session.train();
    expect(phase()).toBe('finished');
    expect(rows().map(({ seconds: _, ...row }) => row)).toEqual(unbroken);
    expect(Buffer.compare(await whole(), end)).toBe(0);
    await savedAt(STEPS);

    await visit();
    expect(kept().map((each) => [each.key, each.step])[0]).toEqual([run?.key, STEPS]);
  });

  it('is saved every half minute of training, and at its best k-NN score', async () => {
    // Each step takes eight seconds more than it does.
    let skipped = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + skipped);
    const { advance } = TrainingRun.prototype;
    vi.spyOn(TrainingRun.prototype, 'advance').mockImplementation(function (this: TrainingRun) {
      skipped += 8000;
      return advance.call(this);
    });
    await visit(applyOverrides(toy, { evaluation: { knnEvery: 3 } }));
    await session.train();
    await savedAt(STEPS);
    const saved = new Set(of('keeping').map((event) => event.keeping.saved?.step));
    const top = Math.max(...of('knn').map(({ result }) => result.teacher));
    const first = of('knn').find(({ result }) => result.teacher === top)?.result.step;
    expect(saved).toContain(first);
    expect([...saved].filter((step) => step && step < STEPS).length).toBeGreaterThanOrEqual(2);
    expect(files()).toBeLessThanOrEqual(3);
    await visit();
    expect(kept()[0]?.best?.score).toBe(top);
  });

  it('goes on from its best state as a run of its own, and its newer states stay', async () => {
    const scored = applyOverrides(toy, { evaluation: { knnEvery: 3 } });
    await visit(scored);
    await session.train();
    const end = await whole();
    await session.reset();
    await steps(3);
    await savedAt(3);
    const best = await whole();
    const [score] = of('knn').slice(-1);
    await steps(2);
    await savedAt(5);

    await visit(scored);
    const [run] = kept();
    const key = run?.key ?? '';
    expect(run).toMatchObject({ step: 5, best: { step: 3, score: score?.result.teacher } });
    await session.safety.kept.export(key, 'best');
    expect(of('exported').at(-1)?.name).toMatch(/^[a-z]+-[a-z]+-knn\d+\.\d-step3\.safetensors$/);
    const given = new Uint8Array((await of('exported').at(-1)?.file.arrayBuffer()) ?? new ArrayBuffer());
    expect(writeTree(readTree(given))).toEqual(best);

    await session.safety.kept.resume(key, 'best');
    expect(of('run-started').at(-1)).toMatchObject({ step: 3, config: scored });
    expect(of('runs').at(-1)?.runs.at(-1)?.name).toBe(`${run?.name}-from-3`);
    expect(Buffer.compare(await whole(), best)).toBe(0);
    expect(rows().map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(of('knn')).toEqual([score]);
    // Nothing of it is saved yet, and the run that it comes from is there as before.
    expect(keeping()?.saved).toBeNull();
    expect(kept()[0]).toEqual(run);
    await session.step();
    await savedAt(4);

    await visit(scored);
    expect(kept().map(({ name, step, parent }) => [name, step, parent])).toEqual([
      [`${run?.name}-from-3`, 4, { name: run?.name, step: 3 }],
      [run?.name, 5, null],
      [expect.any(String), STEPS, null],
    ]);
    expect(kept()[1]).toMatchObject({ key, best: { step: 3 } });
    await session.safety.kept.resume(kept()[0]?.key ?? '', 'newest');
    await session.train();
    expect(Buffer.compare(await whole(), end)).toBe(0);
    await session.safety.kept.resume(key, 'newest');
    expect(of('run-started').at(-1)?.step).toBe(5);
  });

  it('whose best state is damaged says so, and goes on from its newest', async () => {
    const scored = applyOverrides(toy, { evaluation: { knnEvery: 3 } });
    await visit(scored);
    await steps(5);
    await savedAt(5);
    await visit(scored);
    const [run] = kept();
    const key = run?.key ?? '';
    store.flip([...store.files.keys()][0] ?? '', 9000);
    await session.safety.kept.resume(key, 'best');
    expect(of('keeping-refused').at(-1)?.sentence).toMatch(/best state of .* is not whole any more/);
    expect(kept()[0]).toEqual({ ...run, best: null });
    expect(of('run-started').at(-1)?.step).toBe(0);
    await session.safety.kept.resume(key, 'newest');
    expect(of('run-started').at(-1)?.step).toBe(5);
  });

  it('that is pushed out by newer ones is not offered any more', async () => {
    for (let i = 0; i < 4; i++) {
      await visit();
      await session.step();
      await savedAt(1);
    }
    await visit();
    const keys = kept().map(({ key }) => key);
    expect(keys).toHaveLength(4);
    await session.step();
    await savedAt(1);
    expect(kept().map(({ key }) => key)).toEqual(keys.slice(0, 3));
  });

  it('that was forked is kept as a run of its own', async () => {
    await visit();
    await steps(2);
    await savedAt(2);
    await session.exchange.fork(1, null, applyOverrides(toy, { loss: { centering: false } }), false);
    expect(keeping()?.saved).toBeNull();
    await session.step();
    await savedAt(3);
    const names = of('runs')
      .at(-1)
      ?.runs.map(({ name }) => name);
    await visit();
    expect(kept().map(({ name, step, parent }) => [name, step, parent])).toEqual([
      [names?.[1], 3, { name: names?.[0], step: 2 }],
      [names?.[0], 2, null],
    ]);
    await session.safety.kept.resume(kept()[0]?.key ?? '', 'newest');
    expect(rows().map(({ step }) => step)).toEqual([1, 2, 3]);
  });

  it('on other samples has them made again; on images of somebody’s own it asks for them', async () => {
    const seeded = applyOverrides(toy, { training: { ...toy.training, seed: 5 } });
    await visit(seeded);
    await steps(2);
    await savedAt(2);
    await visit();
    await session.safety.kept.resume(kept()[0]?.key ?? '', 'newest');
    expect(of('run-started').at(-1)).toMatchObject({ step: 2, config: seeded });

    Object.assign(here, { source: 'own' });
    await visit();
    await steps(1);
    await savedAt(1);
    here.images = 20;
    await visit();
    await session.safety.kept.resume(kept()[0]?.key ?? '', 'newest');
    expect(of('keeping-refused').at(-1)?.sentence).toMatch(/other images: drop the same folder/);
    expect(of('run-started').at(-1)?.step).toBe(0);
  });

  it('gives its kept state away as a file that can be gone on from', async () => {
    await visit();
    await steps(3);
    await savedAt(3);
    const state = await whole();
    await visit();
    await session.safety.kept.export(kept()[0]?.key ?? '', 'newest');
    const { name, file } = of('exported').at(-1) ?? {};
    expect(name).toMatch(/^[a-z]+-[a-z]+-step3\.safetensors$/);
    const bytes = new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer());
    expect(writeTree(readTree(bytes))).toEqual(state);
  });

  it('that cannot be saved trains on, says why, and is saved once there is room', async () => {
    store.quota = 1000;
    await visit();
    await session.step();
    await until(() => keeping()?.state === 'full');
    await steps(2);
    expect(rows()).toHaveLength(3);
    store.quota = Number.POSITIVE_INFINITY;
    await session.step();
    await savedAt(4);
    expect(keeping()?.state).toBe('ready');
  });

  it('whose newest state is damaged goes on from the one before, and says at which step', async () => {
    await visit();
    await session.step();
    await savedAt(1);
    await session.step();
    await savedAt(2);
    store.flip([...store.files.keys()].at(-1) ?? '', 9000);
    await visit();
    expect(of('kept-runs').at(-1)?.unusable.join()).toMatch(/damaged/);
    expect(kept()[0]?.step).toBe(1);
    await session.safety.kept.resume(kept()[0]?.key ?? '', 'newest');
    expect(of('run-started').at(-1)?.step).toBe(1);
  });

  it('of which the settings were damaged goes on under those of the whole state before', async () => {
    await visit();
    for (const step of [1, 2]) {
      await session.step();
      await savedAt(step);
    }
    const newest = [...store.files.keys()].at(-1) ?? '';
    // Another run is the newest of all, whose checksum alone is read when the page is opened.
    await session.reset();
    await session.step();
    await savedAt(1);
    const text = new TextDecoder('latin1').decode(store.files.get(newest));
    const flipped = async (place: number, bit: number) => {
      store.flip(newest, 8 * place + bit);
      await visit();
      expect(kept().map(({ step }) => step)).toContain(1);
      const run = kept().at(-1);
      await session.safety.kept.resume(run?.key ?? '', 'newest');
      expect(of('keeping-refused')).toEqual([]);
      expect(of('run-started').at(-1)).toMatchObject({ step: 1, config: toy });
      store.flip(newest, 8 * place + bit);
      return run;
    };
    // A digit of the weight decay is another: listed as it stands, and not gone on with.
    const digit = text.indexOf('weightDecay') + 'weightDecay\\":0.'.length;
    expect((await flipped(digit, 0))?.config).not.toEqual(toy);
    // The name of a setting is another, and the card is none any more: the state before speaks for the run.
    expect(await flipped(text.indexOf('weightDecay'), 0)).toMatchObject({ step: 1, config: toy });
  });

  it('with no whole state left is refused in a sentence', async () => {
    await visit();
    await session.step();
    await savedAt(1);
    await visit();
    for (const name of store.files.keys()) store.flip(name, 9000);
    await session.safety.kept.resume(kept()[0]?.key ?? '', 'newest');
    expect(of('keeping-refused').at(-1)?.sentence).toMatch(/No kept state of .* is whole/);
    await session.step();
    expect(rows()).toHaveLength(1);
  });
});

describe('a fault', () => {
  it('of memory trains no step on; the run goes on from its last good state under a changed setting', async () => {
    here.gpus = 1;
    await visit();
    await steps(3);
    await savedAt(3);
    const good = await whole();
    await session.step();
    watcher?.error('out-of-memory', 'a buffer of 4 GiB');
    expect(of('fault').at(-1)?.fault).toMatchObject({ kind: 'out-of-memory' });
    expect(phase()).toBe('fault');
    await session.train();
    expect(rows()).toHaveLength(4);
    // What is given away now is the last good state.
    await session.safety.recovery.goOn(toy);
    expect(phase()).toBe('paused');
    const started = of('run-started').at(-1);
    expect([3, 4]).toContain(started?.step);
    if (started?.step === 3) expect(Buffer.compare(await whole(), good)).toBe(0);
    await session.train();
    expect(phase()).toBe('finished');

    watcher?.error('out-of-memory', 'again');
    const fewer = applyOverrides(toy, { views: { ...toy.views, localCount: 1 } });
    await session.safety.recovery.goOn(applyOverrides(fewer, { training: { ...toy.training, steps: 20 } }));
    expect(of('run-started').at(-1)?.config.views.localCount).toBe(1);
    const { head } = toy;
    watcher?.error('out-of-memory', 'once more');
    await session.safety.recovery.goOn(applyOverrides(fewer, { head: { ...head, prototypes: 20 } }));
    expect(of('run-refused').at(-1)?.sentence).toMatch(/cannot change Prototypes.*Begin a new run/);
  });

  it('of memory is left with a smaller batch, from the last good state, after a reload too', async () => {
    here.gpus = 1;
    await visit();
    await steps(3);
    await savedAt(3);
    const good = readTree(await whole());
    here.gpus = 1;
    await visit();
    await session.safety.kept.resume(kept()[0]?.key ?? '', 'newest');
    watcher?.error('out-of-memory', 'a buffer of 4 GiB');
    expect(phase()).toBe('fault');
    const smaller = applyOverrides(toy, { training: { ...toy.training, batchSize: 2 } });
    await session.safety.recovery.goOn(smaller);
    // Half an epoch of six steps is half an epoch of twelve.
    const config = applyOverrides(smaller, { training: { ...smaller.training, steps: 2 * STEPS } });
    expect(of('run-started').at(-1)).toMatchObject({ step: 6, parent: { step: 3, at: 6 }, config });
    expect(readTree(await whole())).toEqual({ ...good, step: 6, config: JSON.stringify(config) });
    await session.train();
    expect(phase()).toBe('finished');
    await savedAt(2 * STEPS);
    // Of its own steps all figures, of its parent's none: they are counted in another batch.
    const own = Array.from({ length: 2 * STEPS - 6 }, (_, i) => i + 7);
    expect(rows().map(({ step }) => step)).toEqual([1, 2, 3, ...own]);
    await visit();
    const [run] = kept();
    expect(run).toMatchObject({ step: 2 * STEPS, totalSteps: 2 * STEPS, config });
    await session.safety.kept.resume(run?.key ?? '', 'newest');
    expect(rows().map(({ step }) => step)).toEqual(own);
  });

  it('of numbers leaves the run where it was, to be gone on with at another rate', async () => {
    const wild = applyOverrides(toy, {
      optimizer: {
        kind: 'sgd',
        lr: 10,
        lrRule: 'fixed',
        lrWarmupEpochs: 0,
        clip: 'off',
        weightDecay: 10,
        weightDecayEnd: 10,
      },
      loss: { studentTemp: 1e-3, teacherTemp: 1e-3, warmupTeacherTemp: 1e-3 },
      head: { ...toy.head, batchNorm: 'off', lastLayer: 'free', l2Bottleneck: false },
      training: { ...toy.training, steps: 300 },
    });
    await visit(wild);
    await session.train();
    expect(of('fault').at(-1)?.fault.kind).toBe('not-finite');
    const reached = of('status').at(-1)?.status.step ?? 0;
    const tamed = applyOverrides(wild, {
      optimizer: { ...wild.optimizer, lr: 1e-6, weightDecay: 0, weightDecayEnd: 0 },
    });
    await session.safety.recovery.goOn(tamed);
    expect(phase()).toBe('paused');
    expect(of('run-started').at(-1)).toMatchObject({ step: reached, config: { optimizer: { lr: 1e-6 } } });
  });

  it('of a GPU that is lost once is left without a question, and the run ends as an unbroken one', async () => {
    await visit();
    await session.train();
    const end = await whole();
    here.gpus = 2;
    await visit();
    await steps(4);
    await savedAt(4);
    const trained = session.train();
    await until(() => phase() === 'running');
    watcher?.lost('unknown', 'crash');
    await trained;
    await until(() => phase() === 'finished');
    expect(of('recovered')).toEqual([{ type: 'recovered', step: 4, lost: expect.any(Number) }]);
    expect(of('fault')).toEqual([]);
    expect(Buffer.compare(await whole(), end)).toBe(0);
  });

  it('of a GPU that is lost during a save is left by the state before', async () => {
    here.gpus = 2;
    await visit();
    await steps(2);
    await savedAt(2);
    const { tree } = TrainingRun.prototype;
    // A read that is under way when the device goes ends in an error.
    vi.spyOn(TrainingRun.prototype, 'tree').mockImplementation(async () => {
      throw new DOMException('The device is lost', 'AbortError');
    });
    await session.step();
    watcher?.lost('unknown', 'crash');
    await until(() => of('recovered').length === 1);
    vi.mocked(TrainingRun.prototype.tree).mockImplementation(tree);
    expect(of('recovered')[0]).toMatchObject({ step: 2 });
    await session.step();
    await until(() => (keeping()?.saved?.step ?? 0) > 2);
    expect(phase()).not.toBe('fault');
  });

  it('of memory at the start is left by Reset with other settings', async () => {
    here.gpus = 1;
    await visit();
    watcher?.error('out-of-memory', 'a buffer of 9 GiB');
    expect(phase()).toBe('fault');
    expect(of('fault')[0]?.fault.remedy).toMatch(/Lower the batch size.*press Reset/);
    await session.train();
    expect(rows()).toEqual([]);
    session.configure(applyOverrides(toy, { training: { ...toy.training, batchSize: 2 } }));
    await session.reset();
    await session.step();
    expect(phase()).toBe('paused');
  });

  it("of the GPU's own reporting stops the run, whose last good state is what is exported", async () => {
    here.gpus = 1;
    await visit();
    await steps(2);
    await session.exchange.fork(1, null, toy, false);
    await session.step();
    watcher?.error('validation', 'a binding is too large');
    expect(of('fault')[0]?.fault.what).toMatch(/stopped before it could go wrong: a binding is too large/);
    await session.train();
    expect(rows()).toHaveLength(3);
    expect(readTree(await whole()).step).toBe(2);
  });

  it('of a GPU that is lost twice, or not given again, says where the run is saved', async () => {
    here.gpus = 3;
    await visit();
    await steps(4);
    await savedAt(4);
    watcher?.lost('unknown', 'crash');
    await until(() => of('recovered').length === 1 && phase() === 'paused');
    // The state on the disk is of this very run still.
    expect(keeping()?.saved).toMatchObject({ step: 4 });
    await session.step();
    await savedAt(5);
    watcher?.lost('unknown', 'crash');
    await until(() => of('fault').length === 1);
    expect(of('fault')[0]?.fault.what).toMatch(/lost the GPU a second time/);
    expect(of('fault')[0]?.fault.remedy).toMatch(/saved at step 5: restart the browser/);

    here.gpus = 1;
    await visit();
    await steps(2);
    await savedAt(2);
    watcher?.lost('unknown', 'crash');
    await until(() => of('fault').length === 1);
    expect(of('fault')[0]?.fault.what).toMatch(/gives no other/);
    expect(of('fault')[0]?.fault.remedy).toMatch(/saved at step 2/);
    await session.train();
    expect(rows()).toHaveLength(2);
  });
});
