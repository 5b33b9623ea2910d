/** A run out as files and in again, through a session with real steps of a toy network. */
import { unzipSync, zipSync } from 'fflate';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findBackbone, type HostTensor, toHub } from '../../../src/checkpoint/dialects.ts';
import { type RunTree, readTree, writeTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../../src/core/safetensors.ts';
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

/** The present state of the run, tensor by tensor. */
async function state(): Promise<RunTree> {
  await session.exporter.run();
  return readTree((await given()).bytes);
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

    const report = async (bytes: Uint8Array, name: string) => {
      await session.importer.open(9, new File([bytes.slice()], name), 'teacher');
      const { name: _, ...about } = of('weights-opened').at(-1)?.opened ?? {};
      return about;
    };
    const inZip = await report(zip.bytes, zip.name);
    expect(inZip).toMatchObject({ dialect: 'hugging-face', whole: true });
    expect(inZip).toEqual(await report(folder['model.safetensors'] ?? new Uint8Array(), 'model.safetensors'));
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

describe('weights that come in', () => {
  const backbones = ({ tensors }: RunTree, network: 'teacher' | 'student') =>
    new Map(
      [...tensors].flatMap(([name, { data }]) =>
        name.startsWith(`${network}/backbone.`) ? [[name.slice(network.length), data]] : [],
      ),
    );

  it('start new runs, heads fresh, until they are let go', async () => {
    const fresh = await state();
    for (let i = 0; i < 3; i++) await session.step();
    const trained = await state();
    await session.exporter.weights('teacher', 'hugging-face');
    const folder = unzipSync((await given()).bytes);
    const file = new File([folder['model.safetensors']?.slice() ?? ''], 'model.safetensors');
    await session.importer.open(1, file, 'teacher');
    const found = of('weights-opened').at(-1)?.opened;
    expect(found).toMatchObject({ dialect: 'hugging-face', whole: true, run: null, imageSize: 16 });
    expect(found?.backbone).toMatchObject({ dim: 12, depth: 2, heads: 3, patchSize: 4 });
    expect(of('run-started')).toHaveLength(1);

    await session.importer.startFrom(toy);
    expect(of('start-weights').at(-1)?.start).toEqual({ name: 'model.safetensors', network: 'teacher' });
    expect(of('run-started').at(-1)).toMatchObject({ id: 2, step: 0 });
    expect(of('runs').at(-1)?.runs.at(-1)?.start).toEqual({ name: 'model.safetensors', network: 'teacher' });
    const started = await state();
    expect(started.step).toBe(0);
    const wanted = backbones(trained, 'teacher');
    expect(wanted).not.toEqual(backbones(trained, 'student'));
    expect(backbones(started, 'student')).toEqual(wanted);
    expect(backbones(started, 'teacher')).toEqual(wanted);
    const head = 'student/head.mlp.0.weight';
    expect(started.tensors.get(head)).toEqual(fresh.tensors.get(head));
    expect(started.tensors.get('center')?.data.every((value) => value === 0)).toBe(true);

    // What went out comes out again: the files are the same to the bit, under each set of names.
    await session.exporter.weights('student', 'hugging-face');
    const back = unzipSync((await given()).bytes)['model.safetensors'] ?? new Uint8Array();
    expect(floatsIn(back)).toEqual(floatsIn(folder['model.safetensors'] ?? new Uint8Array()));
    await session.exporter.weights('student', 'official');
    const official = (await given()).bytes;
    expect(new Map(findBackbone(floatsIn(back), 'teacher').tensors)).toEqual(floatsIn(official));
    await session.importer.open(8, new File([official.slice()], 'official.safetensors'), 'student');
    expect(of('weights-opened').at(-1)?.opened).toMatchObject({ dialect: 'official', whole: true });
    session.importer.close();

    // Trains, and a reset comes back to the weights.
    await session.step();
    await session.reset();
    expect(backbones(await state(), 'student')).toEqual(wanted);

    // Another network is refused in a sentence, and a size of views is not.
    const wider = applyOverrides(toy, { backbone: { ...toy.backbone, dim: 24 } });
    expect(() => session.configure(wider)).toThrow(
      /weights of model.safetensors, in which backbone.dim is 12/,
    );
    session.configure(applyOverrides(toy, { views: { ...toy.views, globalSize: 24 } }));
    const resampled = await state();
    expect(resampled.tensors.get('student/backbone.pos_embed')?.shape).toEqual([1, 37, 12]);
    expect(resampled.tensors.get('student/backbone.cls_token')).toEqual(
      trained.tensors.get('teacher/backbone.cls_token'),
    );

    session.configure(toy);
    session.importer.letGo();
    expect(of('start-weights').at(-1)?.start).toBeNull();
    expect(await state()).toEqual(fresh);
  });

  it('may be either network of a saved run, which goes on where it was, bit for bit', async () => {
    await session.train();
    const end = await state();
    await session.reset();
    for (let i = 0; i < 5; i++) await session.step();
    const half = await state();
    await session.reset();
    events = events.slice(-1);
    await session.importer.open(
      2,
      new File([writeTree(half).slice()], 'brisk-otter-step5 (1).safetensors'),
      'student',
    );
    const found = of('weights-opened').at(-1)?.opened;
    expect(found).toMatchObject({ dialect: 'state', networks: ['teacher', 'student'], whole: true });
    expect(found?.run).toMatchObject({ step: 5, config: toy, refusal: null });
    expect(found?.report.matched).toHaveLength(half.tensors.size);

    await session.importer.goOn();
    expect(of('run-started').at(-1)).toMatchObject({ step: 5, parent: null, config: toy });
    expect(of('runs').at(-1)?.runs.at(-1)?.name).toBe('brisk-otter');
    expect(await state()).toEqual(half);
    await session.train();
    expect(await state()).toEqual(end);
  });

  it('of a saved run on other images may start a new one, and only that', async () => {
    await session.step();
    const saved = await state();
    images.count = 20;
    await session.loadSamples();
    await session.importer.open(3, new File([writeTree(saved).slice()], 'run.safetensors'), 'student');
    expect(of('weights-opened').at(-1)?.opened.run?.refusal).toMatch(/other images/);
    await session.importer.goOn();
    expect(of('moving-refused').at(-1)?.sentence).toMatch(/trained on other images/);
    await session.importer.open(4, new File([writeTree(saved).slice()], 'run.safetensors'), 'student');
    await session.importer.startFrom(toy);
    expect(backbones(await state(), 'teacher')).toEqual(backbones(saved, 'student'));
  });

  it('that are damaged end in a sentence, and nothing is used', async () => {
    await session.step();
    const saved = await state();
    const bytes = writeTree(saved);
    const text = new TextDecoder('latin1').decode(bytes);
    const changed = (from: string, to: string) =>
      Uint8Array.from(text.replace(from, to), (letter) => letter.charCodeAt(0));
    const crowd = Array.from({ length: 10_001 }, (_, i): [string, StoredTensor] => [
      `cls_token${i}`,
      { dtype: 'U8', shape: [0], data: new Uint8Array(0) },
    ]);
    const cases: [Uint8Array, RegExp][] = [
      [writeSafetensors({ metadata: {}, tensors: new Map(crowd) }), /It has 10,001 tensors/],
      [bytes.slice(0, -4), /tensors end at byte .*; it was cut short/],
      [Uint8Array.of(...bytes, 0), /tensors end at byte .*; what follows them belongs to none/],
      [bytes.slice(0, 200), /its header is \d+ bytes long and the whole file 200/],
      [changed('state/1', 'state/9'), /"dino-playground-state\/9"; only/],
      [changed('"step":"1"', '"step":"x"'), /metadata are damaged/],
      [changed('{\\"views\\"', '{\\"vlews\\"'), /its settings are none of this version/],
      [new Uint8Array(0), /0 bytes are too few/],
      [
        new TextEncoder().encode('PK\u0003\u0004 this is another kind of file'),
        /it is a zip archive that cannot be read: .*damaged/,
      ],
      [zipSync({ 'archive/data.pkl': Uint8Array.of(0x80, 2) }), /no \.safetensors file.*converted first/],
      [
        zipSync({ 'a.safetensors': bytes, 'b/c.safetensors': bytes }),
        /2 \.safetensors files in it: unpack it/,
      ],
      [zipSync({ '../a.safetensors': bytes }), /a\.safetensors in it is refused: its path leads out/],
      [zipSync({ 'a.safetensors': bytes.slice(0, 200) }), /its header is \d+ bytes long/],
      [Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46), /it is a Python pickle.*converted/],
      [new TextEncoder().encode('Dear diary, no weights'), /it begins as a file of another kind/],
    ];
    for (const [content, why] of cases) {
      await session.importer.open(5, new File([content.slice()], 'bad.safetensors'), 'teacher');
      expect(of('weights-refused').at(-1)?.sentence).toMatch(why);
      expect(of('weights-refused').at(-1)?.sentence).toMatch(/^bad.safetensors: .*[^.]\.$/s);
    }
    expect(of('weights-refused')).toHaveLength(cases.length);
    expect(of('weights-opened')).toHaveLength(0);
    await session.importer.startFrom(toy);
    await session.importer.goOn();
    expect(of('moving-refused').map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(/no weights/),
      expect.stringMatching(/no run/),
    ]);
    // A name that lacks is in the report, and what lacks something is not used.
    await session.importer.open(
      6,
      new File([changed('"center":{', '"centre":{').slice()], 'odd.safetensors'),
      'teacher',
    );
    const odd = of('weights-opened').at(-1)?.opened;
    expect(odd).toMatchObject({ whole: false, report: { missing: ['center'], unexpected: ['centre'] } });
    await session.importer.startFrom(toy);
    expect(of('moving-refused')).toHaveLength(3);
    expect(await state()).toEqual(saved);
    // A file that went away after it was chosen.
    const gone = new File([bytes.slice()], 'gone.safetensors');
    const arrayBuffer = () => Promise.reject(new DOMException('It was moved', 'NotReadableError'));
    vi.spyOn(gone, 'slice').mockReturnValue(Object.assign(new Blob(), { arrayBuffer }));
    await session.importer.open(7, gone, 'teacher');
    expect(of('weights-refused').at(-1)?.sentence).toMatch(/^gone.safetensors: .*cannot be read any more/);
  });
});
