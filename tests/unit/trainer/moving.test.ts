/** A run out as files and in again, through a session with real steps of a toy network. */
import { unzipSync } from 'fflate';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findBackbone, type HostTensor, toHub } from '../../../src/checkpoint/dialects.ts';
import { readTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { Session } from '../../../src/trainer/session.ts';
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

const toy: RunConfig = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 2, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: 12 },
  evaluation: { knnEvery: 0, snapshotSeconds: 100 },
});

let events: TrainerEvent[] = [];
let session: Session;

const of = <T extends TrainerEvent['type']>(type: T) =>
  events.filter((event): event is Extract<TrainerEvent, { type: T }> => event.type === type);

async function opened(config: RunConfig): Promise<Session> {
  const made = new Session((event) => {
    events.push(eventSchema.parse(event));
  }, config);
  await made.open('auto');
  await made.loadSamples();
  return made;
}

/** The newest file that was given away. */
async function given(): Promise<{ name: string; bytes: Uint8Array }> {
  const { name, file } = of('exported').at(-1) ?? {};
  if (!name || !file) throw new Error('No file was given');
  return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

function floatsIn(bytes: Uint8Array): Map<string, HostTensor> {
  return new Map(
    [...readSafetensors(bytes).tensors].map(([name, { shape, data }]) => {
      if (!(data instanceof Float32Array)) throw new TypeError(`"${name}" is not of floats`);
      return [name, { shape, data }];
    }),
  );
}

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(async () => {
  events = [];
  images.count = 24;
  session = await opened(toy);
});

describe('a run as files', () => {
  it('is all there, and its backbones under each set of names are the same numbers', async () => {
    await session.step();
    await session.step();
    await session.exporter.run();
    const whole = await given();
    expect(whole.name).toMatch(/^[a-z]+-[a-z]+-step2\.safetensors$/);
    const tree = readTree(whole.bytes);
    expect(tree.step).toBe(2);
    expect(tree.config).toBe(JSON.stringify(toy));

    await session.exporter.weights('teacher', 'official');
    const official = await given();
    expect(official.name).toMatch(/-teacher-step2-official\.safetensors$/);
    const backbone = floatsIn(official.bytes);
    expect(backbone.get('blocks.1.attn.qkv.weight')?.shape).toEqual([36, 12]);
    expect([...backbone.keys()].some((name) => name.includes('head'))).toBe(false);
    // [in, out] within, [out, in] outside.
    const stored = tree.tensors.get('teacher/backbone.blocks.0.mlp.fc1.weight')?.data;
    expect(backbone.get('blocks.0.mlp.fc1.weight')?.data[1]).toBe(stored?.[48]);
    expect(readSafetensors(official.bytes).metadata).toMatchObject({ format: 'pt', heads: '3', step: '2' });

    await session.exporter.weights('teacher', 'timm');
    expect(floatsIn((await given()).bytes)).toEqual(backbone);

    await session.exporter.weights('student', 'official');
    expect(floatsIn((await given()).bytes)).not.toEqual(backbone);

    await session.exporter.weights('teacher', 'hugging-face');
    const zip = await given();
    expect(zip.name).toMatch(/\.zip$/);
    const folder = unzipSync(zip.bytes);
    expect(Object.keys(folder)).toEqual(['config.json', 'preprocessor_config.json', 'model.safetensors']);
    const json = (name: string): unknown => JSON.parse(new TextDecoder().decode(folder[name]));
    expect(json('config.json')).toMatchObject({
      layer_norm_eps: 1e-6,
      num_attention_heads: 3,
      image_size: 16,
    });
    expect(json('preprocessor_config.json')).toMatchObject({ size: { height: 16, width: 16 }, resample: 3 });
    const hub = floatsIn(folder['model.safetensors'] ?? new Uint8Array());
    expect(hub).toEqual(toHub(backbone));
    expect(new Map(findBackbone(hub, 'teacher').tensors)).toEqual(backbone);
  });

  it('leaves training as it is', async () => {
    await session.train();
    const losses = of('metrics').flatMap(({ rows }) => rows.map(({ loss }) => loss));
    await session.reset();
    events = [];
    const training = session.train();
    await session.exporter.run();
    await session.exporter.weights('student', 'hugging-face');
    await training;
    expect(of('exported')).toHaveLength(2);
    expect(of('metrics').flatMap(({ rows }) => rows.map(({ loss }) => loss))).toEqual(losses);
  });

  it('of which nobody trusts the numbers any more are what was kept before, or are refused', async () => {
    const broken = { kind: 'gpu-error', what: 'It broke.', remedy: 'Reset.' } as const;
    await session.step();
    session.fail(broken);
    await session.exporter.weights('teacher', 'official');
    expect(of('moving-refused').at(-1)?.sentence).toMatch(/no run to save/);
    await session.exporter.run();
    expect(of('moving-refused')).toHaveLength(2);
    expect(of('exported')).toHaveLength(0);
    await session.reset();
    await session.step();
    await session.exchange.fork(2, null, toy, false);
    await session.step();
    session.fail(broken);
    await session.exporter.run();
    expect(readTree((await given()).bytes).step).toBe(1);
  });
});
