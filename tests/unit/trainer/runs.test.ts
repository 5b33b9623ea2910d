/** Several runs in one session, with real steps of a toy network: kept, left, gone on with and forked. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunTree, readTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { planRun } from '../../../src/config/plan.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { planSchedule } from '../../../src/dino/schedule.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { scheduleSettings } from '../../../src/trainer/run-settings.ts';
import { Session } from '../../../src/trainer/session.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const images = { count: 24 };
vi.mock('../../../src/trainer/backend.ts', () => ({
  openBackend: async () => ({ backend: 'wasm', adapter: 'SIMD', software: false, threads: 1, reason: '' }),
}));
vi.mock('../../../src/trainer/images.ts', async (original) => ({
  ...(await original<typeof import('../../../src/trainer/images.ts')>()),
  loadSamples: async () => ({ ...sampleCatalogue(images.count, 8), fingerprint: `samples ${images.count}` }),
}));

const STEPS = 12;
const toy: RunConfig = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: STEPS },
  evaluation: { knnEvery: 0, snapshotSeconds: 100 },
});
const uncentered = applyOverrides(toy, { loss: { centering: false } });

let events: TrainerEvent[] = [];
let session: Session;

const of = <T extends TrainerEvent['type']>(type: T) =>
  events.filter((event): event is Extract<TrainerEvent, { type: T }> => event.type === type);
const phase = () => of('status').at(-1)?.status.phase;
const runs = () => of('runs').at(-1)?.runs ?? [];
const present = () => of('run-started').at(-1)?.id;
const losses = () => of('metrics').flatMap(({ rows }) => rows.map(({ step, loss }) => [step, loss]));
const refusal = () => of('run-refused').at(-1)?.sentence;

async function train(steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) await session.step();
}

async function weights(): Promise<Uint8Array> {
  await session.questions.checkpoint();
  return of('checkpoint').at(-1)?.bytes ?? new Uint8Array();
}

async function state(): Promise<RunTree> {
  await session.exporter.run();
  const file = of('exported').at(-1)?.file;
  return readTree(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer()));
}

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(async () => {
  events = [];
  images.count = 24;
  session = new Session((event) => {
    events.push(eventSchema.parse(event));
  }, toy);
  await session.open('auto');
  await session.loadSamples();
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a fork', () => {
  it('goes on from now with one change and leaves its parent as it was, to the bit', async () => {
    await session.train();
    const whole = losses();
    const end = await weights();
    await session.reset();
    events = [];
    await train(5);
    const before = await weights();
    await session.exchange.fork(2, null, uncentered, false);
    expect(of('run-started').at(-1)).toMatchObject({ id: 3, step: 5, parent: { id: 2, step: 5, at: 5 } });
    expect([present(), phase()]).toEqual([3, 'paused']);
    expect(readSafetensors(await weights()).tensors).toEqual(readSafetensors(before).tensors);
    await session.train();
    expect(phase()).toBe('finished');
    const forked = losses().slice(5);
    expect(forked.map(([step]) => step)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(forked).not.toEqual(whole.slice(5));

    events = [];
    await session.exchange.open(2);
    expect(of('run-started').at(-1)).toMatchObject({ id: 2, step: 5, parent: null, config: toy });
    expect(phase()).toBe('paused');
    await session.train();
    expect(losses()).toEqual(whole.slice(5));
    expect(readSafetensors(await weights()).tensors).toEqual(readSafetensors(end).tensors);
  });

  it.each([
    // Of 24 images: six steps an epoch become eight, twelve, or two.
    { batchSize: 3, at: 6, steps: 16 },
    { batchSize: 2, at: 10, steps: 24 },
    { batchSize: 12, at: 1, steps: 4 },
  ])(
    'with batches of $batchSize goes on from the same state at the same share of its epochs',
    async (given) => {
      const { batchSize, at, steps } = given;
      await session.train();
      const whole = losses();
      await session.reset();
      await train(5);
      const before = await state();
      const wanted = applyOverrides(toy, { training: { ...toy.training, batchSize } });
      await session.exchange.fork(2, null, wanted, false);
      const config = applyOverrides(wanted, { training: { ...wanted.training, steps } });
      const parent = { id: 2, step: 5, at };
      expect(of('run-started').at(-1)).toMatchObject({ id: 3, step: at, parent, config });
      expect(of('status').at(-1)?.status).toMatchObject({ step: at, totalSteps: steps, phase: 'paused' });
      // Student, teacher, moments, center and how often each was moved: all but the step and the settings.
      expect(await state()).toEqual({ ...before, step: at, config: JSON.stringify(config) });

      const schedule = planSchedule(scheduleSettings(config, planRun(config, 24)));
      expect(of('schedules').at(-1)?.curves.steps.at(-1)).toBe(steps);
      events = [];
      await session.train();
      expect(phase()).toBe('finished');
      const rows = of('metrics').flatMap((event) => event.rows);
      expect(rows.map(({ step }) => step)).toEqual(Array.from({ length: steps - at }, (_, i) => at + i + 1));
      for (const { step, epoch, loss, lr, momentum, weightDecay, teacherTemp } of rows) {
        const { frozen: _, ...scheduled } = schedule.at(step - 1);
        expect({ lr, momentum, weightDecay, teacherTemp }).toEqual(scheduled);
        expect(epoch).toBeCloseTo((step * batchSize) / 24, 10);
        expect(loss).toBeGreaterThan(0);
      }

      // The parent is as it was, to the bit.
      await session.exchange.open(2);
      events = [];
      await session.train();
      expect(losses()).toEqual(whole.slice(5));
    },
  );

  it('with more images a batch than there are is refused', async () => {
    await train(2);
    await session.exchange.fork(
      1,
      null,
      applyOverrides(toy, { training: { ...toy.training, batchSize: 25 } }),
      false,
    );
    expect(refusal()).toMatch(/batch of 25 needs more images than the 24/);
  });

  it('with nothing changed goes the same way as its parent', async () => {
    await train(4);
    await session.exchange.fork(1, null, toy, true);
    expect(phase()).toBe('finished');
    const forked = losses();
    await session.exchange.open(1);
    events = [];
    await session.train();
    expect(forked.slice(4)).toEqual(losses());
  });

  it('of a run that trains knows the step that was under way', async () => {
    const { training } = toy;
    session.configure(applyOverrides(toy, { training: { ...training, steps: 100_000 } }));
    const trained = session.train();
    while (losses().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    session.pause();
    const left = applyOverrides(uncentered, { training: { ...training, steps: 100_000 } });
    await session.exchange.fork(1, null, left, false);
    await trained;
    const [parent, child] = runs();
    expect(parent?.step).toBe(parent?.states.at(-1)?.step);
    expect(child?.parent).toEqual({ id: 1, step: parent?.step, at: parent?.step });
  });

  it('starts from any state that was kept', async () => {
    await train(3);
    await session.exchange.fork(1, null, uncentered, false);
    await train(2);
    await session.exchange.fork(2, 3, toy, false);
    expect(of('run-started').at(-1)).toMatchObject({ id: 3, step: 3, parent: { id: 2, step: 3, at: 3 } });
    expect(
      runs().map(({ id, parent, step, states }) => ({ id, parent, step, kept: states.map((s) => s.step) })),
    ).toEqual([
      { id: 1, parent: null, step: 3, kept: [3] },
      { id: 2, parent: { id: 1, step: 3, at: 3 }, step: 5, kept: [3, 5] },
      { id: 3, parent: { id: 2, step: 3, at: 3 }, step: 3, kept: [3] },
    ]);
    // The state at step 3 is there once, whoever begins with it.
    const { bytes } = of('runs').at(-1) ?? {};
    expect(bytes).toBe(2 * (runs()[0]?.states[0]?.bytes ?? 0));
  });

  it('is refused in a sentence, and the run in progress goes on as if nothing had been asked', async () => {
    await session.exchange.fork(1, null, uncentered, true);
    expect(refusal()).toMatch(/Nothing has been trained yet/);
    await train(2);
    const wider = applyOverrides(toy, { head: { ...toy.head, prototypes: 34 } });
    await session.exchange.fork(1, null, wider, true);
    expect(refusal()).toMatch(/Prototypes.*other shapes/);
    await session.exchange.fork(
      1,
      null,
      applyOverrides(toy, { training: { ...toy.training, stopAfter: 2 } }),
      true,
    );
    expect(refusal()).toMatch(/over at step 2/);
    await session.exchange.fork(1, 1, uncentered, true);
    expect(refusal()).toMatch(/not kept/);
    expect(of('run-started')).toHaveLength(1);
    expect([present(), phase()]).toEqual([1, 'paused']);
    await train(1);
    expect(losses()).toHaveLength(3);
  });
});

describe('the list of runs', () => {
  it('keeps a state every twenty seconds of training, from each of which a fork may start', async () => {
    // Each step takes eight seconds more than it does.
    let skipped = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + skipped);
    const { advance } = TrainingRun.prototype;
    vi.spyOn(TrainingRun.prototype, 'advance').mockImplementation(function (this: TrainingRun) {
      skipped += 8000;
      return advance.call(this);
    });
    await session.train();
    expect(runs()[0]?.states.map(({ step }) => step)).toEqual([3, 6, 9, 12]);
    await session.exchange.fork(1, 6, uncentered, false);
    expect(of('run-started').at(-1)).toMatchObject({ step: 6, parent: { id: 1, step: 6, at: 6 } });
  });

  it('keeps a finished run over Reset, with a name, and forgets one that never began', async () => {
    await session.train();
    const [first] = runs();
    expect(first).toMatchObject({ id: 1, phase: 'finished', step: STEPS, totalSteps: STEPS, here: true });
    await session.reset();
    expect(runs()).toHaveLength(2);
    expect(runs()[0]).toMatchObject({ id: 1, name: first?.name, states: [{ step: STEPS }] });
    session.configure(uncentered);
    expect(runs().map(({ id }) => id)).toEqual([1, 2]);
    expect(runs()[1]?.config.loss.centering).toBe(false);
    await session.exchange.open(1);
    expect(runs().map(({ id }) => id)).toEqual([1]);
    expect(phase()).toBe('finished');
  });

  it('renames, refuses a name that is taken, removes what is not in progress', async () => {
    await train(1);
    await session.reset();
    await session.exchange.rename(1, 'first-try');
    expect(runs()[0]?.name).toBe('first-try');
    await session.exchange.rename(2, 'first-try');
    expect(refusal()).toMatch(/first-try/);
    await session.exchange.remove(2);
    expect(refusal()).toMatch(/in progress/);
    await session.exchange.remove(1);
    expect(runs().map(({ id }) => id)).toEqual([2]);
    await session.exchange.open(1);
    expect(refusal()).toMatch(/not in the list/);
  });

  it('keeps runs of other images, which go on once these are back', async () => {
    await train(2);
    images.count = 20;
    await session.loadSamples();
    expect(runs().map(({ id, here }) => [id, here])).toEqual([
      [1, false],
      [2, true],
    ]);
    await session.exchange.open(1);
    expect(refusal()).toMatch(/bring in these images/);
    images.count = 24;
    await session.loadSamples();
    await session.exchange.open(1);
    expect(of('run-started').at(-1)).toMatchObject({ id: 1, step: 2 });
  });

  it('does two exchanges one after the other, and a step only after both', async () => {
    await train(2);
    const both = [
      session.exchange.fork(1, null, uncentered, false),
      session.exchange.open(1),
      session.step(),
    ];
    await Promise.all(both);
    expect(of('run-started').map(({ id, step }) => [id, step])).toEqual([
      [1, 0],
      [2, 2],
      [1, 2],
    ]);
    expect(losses().map(([step]) => step)).toEqual([1, 2, 3]);
  });
});
