/** Maps of a run's images: what is told of them, what they start from, how they end, and the files for the projector. */
import * as tf from '@tensorflow/tfjs-core';
import { unzipSync } from 'fflate';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { project } from '../../../src/eval/projections/project.ts';
import type { MapWish } from '../../../src/protocol/embedding.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { buffersOf } from '../../../src/protocol/transfer.ts';
import { folderOfPath, mapImages } from '../../../src/trainer/embedding/map-images.ts';
import { Maps } from '../../../src/trainer/embedding/maps.ts';
import { metadataLines, spriteGrid } from '../../../src/trainer/embedding/projector-files.ts';
import { projectorZip } from '../../../src/trainer/embedding/projector-zip.ts';
import { ProjectionFailed, type ProjectionWorker, projectBeside } from '../../../src/trainer/projection.ts';
import { FeatureCache } from '../../../src/trainer/studies/cache.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const toy = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 2, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: 200 },
});
const PCA: MapWish = { network: 'teacher', images: 500, seed: 0, projection: { method: 'pca' } };

let events: TrainerEvent[] = [];
const of = <T extends TrainerEvent['type']>(type: T) =>
  events.filter((event): event is Extract<TrainerEvent, { type: T }> => event.type === type);

/** As the worker does it, but here and now; what it says is handed over, as between threads. */
const atOnce: typeof projectBeside = async (job, word, signal) => {
  const found = await project(job, word);
  signal.throwIfAborted();
  return found;
};

function mapsOf(make: typeof projectBeside = atOnce) {
  events = [];
  const catalogue = sampleCatalogue(40, 20);
  const run = new TrainingRun(toy, catalogue);
  const maps = new Maps(
    (event) => events.push(eventSchema.parse(structuredClone(event, { transfer: buffersOf(event) }))),
    (work) => work(),
    new FeatureCache(),
    make,
  );
  maps.follow(run, catalogue);
  return { maps, run, catalogue };
}

beforeAll(async () => {
  await startBackend('wasm');
});

describe('a map', () => {
  it('tells of its images, of how it forms, and what it is worth', async () => {
    const { maps, catalogue } = mapsOf();
    await maps.start(1, { ...PCA, projection: { method: 'tsne', perplexity: 30 } }, null);
    const images = of('map-images')[0]?.images;
    expect([...(images?.ids ?? [])]).toEqual(Array.from({ length: 60 }, (_, id) => id));
    expect([...(images?.labels ?? [])]).toEqual(catalogue.images.map(({ label }) => label));
    expect(of('map-positions').length).toBeGreaterThan(1);
    const result = of('map')[0]?.result;
    expect(result).toMatchObject({ step: 0, explained: null, faithfulness: { k: 10, checked: 60 } });
    // Sixty images have no 90 neighbors.
    expect(result?.used).toEqual({ method: 'tsne', perplexity: 19 });
    expect(result?.positions).toEqual(of('map-positions').at(-1)?.positions);
    expect(new Set(result?.clusters).size).toBe(catalogue.classes.length);
    expect(of('map-ended')).toEqual([{ type: 'map-ended', id: 1, reason: 'done', sentence: '' }]);
  });

  it('takes a fixed sample where there are more images, and smaller samples from it', async () => {
    const { maps, catalogue } = mapsOf();
    await maps.start(1, { ...PCA, images: 30 }, null);
    const images = of('map-images')[0]?.images;
    expect(images).toMatchObject({ of: 60 });
    expect(images?.ids).toHaveLength(30);
    const smaller = mapImages(catalogue, 12, toy.training.seed).ids;
    expect([...smaller].every((id) => images?.ids.includes(id))).toBe(true);
    expect([...smaller]).toEqual([...smaller].sort((a, b) => a - b));
    expect(['train/cat/1.png', 'a/b/c/1.png', '1.png', '/1.png'].map(folderOfPath)).toEqual([
      'train/cat',
      'a/b/c',
      '.',
      '.',
    ]);
  });

  it('is laid over the one that it starts from, unless that is of other images', async () => {
    const { maps } = mapsOf();
    await maps.start(1, PCA, null);
    const first = of('map')[0]?.result;
    if (!first) throw new Error('There is no map');
    const { ids, positions } = first;
    const turned = positions.map((_, i) =>
      i % 2 === 0 ? -(positions[i + 1] ?? 0) : (positions[i - 1] ?? 0),
    );
    await maps.start(2, PCA, { ids, positions: Float32Array.from(turned) });
    for (const [i, value] of (of('map')[1]?.result.positions ?? []).entries())
      expect(value).toBeCloseTo(turned[i] ?? 0, 4);
    await maps.start(3, PCA, { ids: ids.slice(1), positions: Float32Array.from(turned.slice(2)) });
    expect(of('map')[2]?.result.positions).toEqual(positions);
  });

  it('is of the untrained network where that is asked for', async () => {
    const { maps, run } = mapsOf();
    for (let i = 0; i < 3; i++) await (await run.advance()).figures;
    for (const network of ['untrained', 'student', 'teacher'] as const)
      await maps.start(1, { ...PCA, network }, null);
    const [untrained, student, teacher] = of('map').map(({ result }) => result);
    expect([untrained?.step, student?.step, teacher?.step]).toEqual([0, 3, 3]);
    const { maps: before } = mapsOf();
    await before.start(1, { ...PCA, network: 'student' }, null);
    expect(of('map')[0]?.result.positions).toEqual(untrained?.positions);
    expect(student?.positions).not.toEqual(untrained?.positions);
    expect(teacher?.positions).not.toEqual(student?.positions);
  });

  it('ends at once when it is cancelled, when another is asked for, and with its run', async () => {
    const waiting: AbortSignal[] = [];
    const never: typeof projectBeside = (_job, _word, signal) => {
      waiting.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const { maps, run } = mapsOf(never);
    run.release(run.hold());
    const before = tf.memory().numTensors;
    const under = async (id: number) => {
      const made = maps.start(id, PCA, null);
      // Not the newest alone: the one after it may overtake.
      while (!of('map-images').some((shown) => shown.id === id))
        await new Promise((resolve) => setTimeout(resolve));
      return made;
    };
    const all = [under(1)];
    await new Promise((resolve) => setTimeout(resolve, 50));
    while (waiting.length < 1) await new Promise((resolve) => setTimeout(resolve));
    maps.cancel(1);
    expect(of('map-ended').at(-1)).toMatchObject({ id: 1, reason: 'cancelled' });
    all.push(under(2));
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve));
    all.push(under(3));
    expect(of('map-ended').at(-1)).toMatchObject({ id: 2, reason: 'cancelled' });
    while (waiting.length < 3) await new Promise((resolve) => setTimeout(resolve));
    maps.leave();
    expect(of('map-ended').at(-1)).toMatchObject({ id: 3, reason: 'failed', sentence: /run was replaced/ });
    await Promise.all(all);
    expect(waiting.every(({ aborted }) => aborted)).toBe(true);
    await maps.start(4, PCA, null);
    expect(of('map-ended').at(-1)).toMatchObject({ id: 4, reason: 'failed', sentence: /run was replaced/ });
    expect(of('map')).toEqual([]);
    expect(of('map-ended')).toHaveLength(4);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the projection worker', () => {
  class StandIn implements ProjectionWorker {
    onmessage: ProjectionWorker['onmessage'] = null;
    onmessageerror: ProjectionWorker['onmessageerror'] = null;
    onerror: ProjectionWorker['onerror'] = null;
    ended = false;
    postMessage(): void {}
    terminate(): void {
      this.ended = true;
    }
    say(data: unknown): void {
      this.onmessage?.(new MessageEvent('message', { data }));
    }
  }
  const job = {
    rows: new Float32Array(8),
    width: 2,
    labels: new Int32Array(4),
    clusters: 2,
    projection: { method: 'pca' } as const,
    seed: 0,
    start: null,
  };
  const word = { stage: () => {}, positions: () => {} };
  let worker = new StandIn();
  afterEach(() => expect(worker.ended).toBe(true));
  const asked = (signal = new AbortController().signal) => {
    worker = new StandIn();
    return projectBeside(job, word, signal, () => worker);
  };

  it('is ended as soon as nobody wants its layout', async () => {
    const stop = new AbortController();
    const made = asked(stop.signal);
    stop.abort(new Error('enough'));
    await expect(made).rejects.toThrow('enough');
  });

  it('says what went wrong', async () => {
    const failed = asked();
    worker.say({ type: 'failed', message: 'no rows' });
    await expect(failed).rejects.toThrow(new ProjectionFailed('no rows'));
    const odd = asked();
    worker.say({ type: 'hello' });
    await expect(odd).rejects.toThrow(ProjectionFailed);
  });
});

describe('the files for the projector', () => {
  it('name each other, and have a row, a line and a square an image', async () => {
    const catalogue = sampleCatalogue(7, 4);
    const ids = Int32Array.of(0, 3, 8);
    const rows = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i) / 3);
    let sprite = { width: 0, height: 0, rgba: new Uint8ClampedArray() };
    const bytes = await projectorZip(
      { catalogue, ids, features: { rows, width: 5 }, name: 'teacher at step 3' },
      async () => {},
      async (pixels) => {
        sprite = pixels;
        return Uint8Array.of(1, 2, 3);
      },
    );
    const files = unzipSync(bytes);
    expect(Object.keys(files).sort()).toEqual([
      'metadata.tsv',
      'projector_config.pbtxt',
      'sprite.png',
      'vectors.tsv',
    ]);
    const text = (name: string) => new TextDecoder().decode(files[name]);
    const vectors = text('vectors.tsv')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').map(Number));
    expect(
      Float32Array.from(vectors.flat()).every((value, i) => Math.abs(value - (rows[i] ?? 0)) < 1e-7),
    ).toBe(true);
    expect(vectors.map(({ length }) => length)).toEqual([5, 5, 5]);
    const metadata = text('metadata.tsv')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(metadata[0]).toEqual(['label', 'file', 'split', 'image']);
    expect(metadata[3]).toEqual([catalogue.classes[catalogue.images[8]?.label ?? -1], 'val/1', 'val', '8']);
    const { columns, side } = spriteGrid(3);
    expect({ columns, side }).toEqual({ columns: 2, side: 48 });
    expect(sprite).toMatchObject({ width: 96, height: 96 });
    // The fourth square is empty, the third holds the third image.
    const alpha = (x: number, y: number) => [...sprite.rgba.subarray(4 * (y * 96 + x), 4 * (y * 96 + x) + 4)];
    expect(alpha(72, 72)).toEqual([255, 255, 255, 255]);
    expect([0, 10, 20, 30, 40].some((x) => alpha(x, 72).some((value) => value < 250))).toBe(true);
    expect(text('projector_config.pbtxt')).toBe(
      'embeddings {\n  tensor_name: "teacher at step 3"\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n  sprite {\n    image_path: "sprite.png"\n    single_image_dim: 48\n    single_image_dim: 48\n  }\n}\n',
    );
    expect(Object.values(files).every(({ length }) => length > 0)).toBe(true);
  });

  it('keep to a line and a column whatever the names are, and to the largest sprite', () => {
    const catalogue = sampleCatalogue(2, 1);
    const [first] = catalogue.images;
    if (first) Object.assign(first, { path: 'a\tb\nc.png', label: null });
    expect(metadataLines(catalogue, [0]).split('\n')[1]).toBe('no label\ta b c.png\ttrain\t0');
    expect(spriteGrid(10_000)).toEqual({ columns: 100, side: 48 });
    expect(spriteGrid(40_000)).toEqual({ columns: 200, side: 40 });
  });
});
