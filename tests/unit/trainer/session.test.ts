/** The session as a state machine, with real steps of a toy network on WASM and no worker around it. */
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { Session } from '../../../src/trainer/session.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

vi.mock('../../../src/trainer/backend.ts', () => ({
  openBackend: async () => ({ backend: 'wasm', adapter: 'SIMD', software: false, threads: 1, reason: '' }),
}));
vi.mock('../../../src/trainer/images.ts', async (original) => ({
  ...(await original<typeof import('../../../src/trainer/images.ts')>()),
  loadSamples: async () => sampleCatalogue(24, 8),
}));

const toy: RunConfig = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: 12 },
  evaluation: { knnEvery: 6, knnK: 5, snapshotSeconds: 0.5 },
});

let events: TrainerEvent[] = [];
let session: Session;

const of = <T extends TrainerEvent['type']>(type: T) =>
  events.filter((event): event is Extract<TrainerEvent, { type: T }> => event.type === type);
const phase = () => of('status').at(-1)?.status.phase;
const steps = () => of('metrics').flatMap(({ rows }) => rows);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function opened(config: RunConfig): Promise<Session> {
  const made = new Session((event) => {
    // Whatever the trainer says must be what the page accepts.
    events.push(eventSchema.parse(event));
  }, config);
  await made.open('auto');
  await made.loadSamples();
  return made;
}

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(async () => {
  events = [];
  session = await opened(toy);
});

describe('a session', () => {
  it('announces the images, the run and its schedules before anything is pressed', () => {
    expect(of('dataset')[0]?.summary).toMatchObject({ train: 24, val: 8, hasMasks: true });
    expect(of('run-started')).toHaveLength(1);
    expect(of('schedules')[0]?.curves.steps.at(-1)).toBe(12);
    expect(phase()).toBe('idle');
  });

  it('tells where it stands only once the run has its plan, so that nothing is said to misfit that fits', async () => {
    await session.reset();
    await session.loadSamples();
    await session.step();
    await session.exchange.fork(3, null, toy, false);
    const told = of('status').map(({ status }) => status);
    expect(told.filter((status) => status.phase !== 'empty').length).toBeGreaterThan(3);
    for (const status of told) expect(status.totalSteps).toBe(status.phase === 'empty' ? 0 : 12);
    session.configure(applyOverrides(toy, { training: { ...toy.training, batchSize: 25 } }));
    await expect(session.reset()).rejects.toThrow(/25 needs more images than the 24/);
    expect(of('status').at(-1)?.status).toMatchObject({ phase: 'idle', step: 0, totalSteps: 0 });
  });

  it('trains to the end: every step once, k-NN with both baselines, attention with its overlap', async () => {
    await session.train();
    expect(phase()).toBe('finished');
    expect(steps().map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(steps().every(({ loss, seconds }) => Number.isFinite(loss) && seconds > 0)).toBe(true);
    expect(of('knn').map(({ result }) => result.step)).toEqual([6, 12]);
    expect(of('knn')[0]?.result).toMatchObject({ train: 24, val: 8, k: 5, classes: 8 });
    expect(of('attention').at(-1)?.snapshot).toMatchObject({ step: 12, heads: 3, rows: 4, columns: 4 });
    expect(of('attention').at(-1)?.snapshot.overlap?.teacher).toHaveLength(3);
    await session.train();
    expect(steps()).toHaveLength(12);
  });

  it('pauses between two steps and goes on from there', async () => {
    // So long that no machine comes to its end between two messages.
    session.configure(applyOverrides(toy, { training: { ...toy.training, steps: 100_000 } }));
    const training = session.train();
    await until(() => steps().length >= 2);
    session.pause();
    await training;
    expect(phase()).toBe('paused');
    const done = steps().length;
    await session.step();
    expect(steps()).toHaveLength(done + 1);
    expect(phase()).toBe('paused');
    const again = session.train();
    await until(() => steps().length >= done + 3);
    session.pause();
    await again;
    expect(steps().map(({ step }) => step)).toEqual(Array.from(steps(), (_, i) => i + 1));
  });

  it('gives the same losses for the same seed, after a reset and with pauses, and others for another seed', async () => {
    await session.train();
    const losses = steps().map(({ loss }) => loss);
    await session.reset();
    events = [];
    for (let i = 0; i < 3; i++) await session.step();
    await session.questions.evaluateKnn();
    await session.questions.neighbors(1);
    await session.train();
    expect(steps().map(({ loss }) => loss)).toEqual(losses);
    session.configure(applyOverrides(toy, { training: { ...toy.training, seed: 1 } }));
    await session.reset();
    events = [];
    await session.step();
    expect(steps()[0]?.loss).not.toBe(losses[0]);
  });

  it('keeps its settings until Reset', async () => {
    await session.step();
    session.configure(applyOverrides(toy, { training: { ...toy.training, steps: 3 } }));
    expect(of('status').at(-1)?.status.totalSteps).toBe(12);
    await session.reset();
    expect(of('status').at(-1)?.status).toMatchObject({ totalSteps: 3, step: 0, phase: 'idle' });
  });

  it('stops early where it is told to, on the same way as the whole run', async () => {
    await session.train();
    const whole = steps();
    session.configure(applyOverrides(toy, { training: { ...toy.training, stopAfter: 4 } }));
    await session.reset();
    expect(of('status').at(-1)?.status.totalSteps).toBe(4);
    expect(of('schedules').at(-1)?.curves.steps.at(-1)).toBe(12);
    events = [];
    await session.train();
    expect(phase()).toBe('finished');
    expect(steps().map(({ loss, lr }) => [loss, lr])).toEqual(
      whole.slice(0, 4).map(({ loss, lr }) => [loss, lr]),
    );
  });

  it('stops at a loss that is not finite and says so; Reset leaves the fault', async () => {
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
    session.configure(wild);
    await session.train();
    expect(phase()).toBe('fault');
    expect(of('fault')[0]?.fault.kind).toBe('not-finite');
    expect(of('fault')[0]?.fault.what).toMatch(/step \d+/);
    session.configure(toy);
    await session.reset();
    await session.step();
    expect(phase()).toBe('paused');
  });

  it('refuses a batch larger than the images in a sentence and recovers', async () => {
    expect(() =>
      session.configure(applyOverrides(toy, { training: { ...toy.training, batchSize: 100 } })),
    ).toThrow(/batch of 100/);
    session.configure(toy);
    await session.step();
    expect(steps()).toHaveLength(1);
  });

  it('new images end the run before', async () => {
    const training = session.train();
    await until(() => steps().length >= 2);
    await session.loadSamples();
    await training;
    expect(of('dataset')).toHaveLength(2);
    expect(of('status').at(-1)?.status).toMatchObject({ step: 0, phase: 'idle' });
  });

  it('writes a checkpoint under the official names', async () => {
    await session.step();
    await session.questions.checkpoint();
    const [event] = of('checkpoint');
    const file = readSafetensors(event?.bytes ?? new Uint8Array());
    expect(event?.step).toBe(1);
    expect(file.tensors.get('student.module.backbone.pos_embed')?.shape).toEqual([1, 17, 12]);
    expect(file.tensors.get('teacher.backbone.blocks.0.attn.qkv.weight')?.shape).toEqual([36, 12]);
    expect(file.tensors.get('teacher.head.mlp.1.num_batches_tracked')?.data).toEqual(BigInt64Array.of(1n));
    expect(file.tensors.get('dino_loss.center')?.shape).toEqual([1, 33]);
    expect(JSON.parse(file.metadata.config ?? '')).toEqual(toy);
    // No tensor tells these, and the file is opened here again.
    expect(file.metadata).toMatchObject({ heads: '3', image_size: '16' });
  });
});
