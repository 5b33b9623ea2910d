/** The views of a run: the same rows whoever makes them, and no step that waits for a worker that died. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { gpuBackend } from '../../../src/ops/webgpu/backend.ts';
import { batchPlan, packViews, rowsLength } from '../../../src/trainer/view-plan.ts';
import { RunViews } from '../../../src/trainer/view-source.ts';
import { viewReplySchema, viewRequestSchema } from '../../../src/trainer/view-worker-messages.ts';
import type { ViewWorker } from '../../../src/trainer/view-workers.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const config = applyOverrides(presetConfig('nano'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  training: { batchSize: 3, seed: 5 },
});
const catalogue = sampleCatalogue(8, 2);
const STEPS_PER_EPOCH = 2;
const planOf = batchPlan(config, catalogue.trainCount, STEPS_PER_EPOCH);

/** What the trainer would make of this step by itself. */
function expectedRows(step: number): Float32Array {
  const { epoch, ids } = planOf(step);
  const images = ids.flatMap((id) => {
    const image = catalogue.images[id];
    return image ? [{ id, ...image }] : [];
  });
  const rows = new Float32Array(rowsLength(config));
  packViews(config, { epoch, images }, rows);
  return rows;
}

/** A worker in this thread; as with a real one, what it is sent is cloned or moved. */
class InThread implements ViewWorker {
  static all: InThread[] = [];
  onmessage: ViewWorker['onmessage'] = null;
  onmessageerror: ViewWorker['onmessageerror'] = null;
  onerror: ViewWorker['onerror'] = null;
  ended = false;
  readonly steps: number[] = [];
  constructor(readonly behaviour: 'works' | 'lies' | 'hangs' | 'dies' = 'works') {
    InThread.all.push(this);
  }
  postMessage(message: Parameters<ViewWorker['postMessage']>[0], transfer: ArrayBuffer[]) {
    const {
      step,
      config: own,
      epoch,
      images,
      rows,
    } = viewRequestSchema.parse(structuredClone(message, { transfer }));
    this.steps.push(step);
    setTimeout(() => {
      if (this.ended || this.behaviour === 'hangs') return;
      if (this.behaviour === 'dies') {
        this.onmessageerror?.(new MessageEvent('messageerror'));
        return;
      }
      packViews(own, { epoch, images }, rows);
      const data =
        this.behaviour === 'lies'
          ? { step: step + 1, rows }
          : viewReplySchema.parse(structuredClone({ step, rows }, { transfer: [rows.buffer] }));
      this.onmessage?.(new MessageEvent('message', { data }));
    }, 1);
  }
  terminate() {
    this.ended = true;
  }
}

let patches: tf.Tensor2D;

async function filled(views: RunViews, step: number): Promise<Float32Array> {
  await views.fill(step, patches);
  views.make(patches);
  return Float32Array.from(await patches.data<'float32'>());
}

const runViews = () => new RunViews(catalogue, config, STEPS_PER_EPOCH);
const emptyPatches = () => tf.keep(tf.zeros<tf.Rank.R2>([rowsLength(config) / (3 * 16), 3 * 16]));

afterEach(() => {
  InThread.all = [];
});

describe('on the processor', () => {
  beforeAll(async () => {
    await startBackend('cpu');
    patches = emptyPatches();
  });

  it('knows the layout before anything is made', () => {
    const { layout, patchInputs } = runViews();
    expect(patchInputs).toBe(48);
    expect(layout.segments.map(({ sequences, length }) => [sequences, length])).toEqual([
      [6, 17],
      [6, 5],
    ]);
  });

  it('makes them itself where it has no workers', async () => {
    const views = runViews();
    await views.prepare(0, 0);
    expect(views.means).toBe('inline');
    for (const step of [0, 1, 2]) expect(await filled(views, step)).toEqual(expectedRows(step));
    views.dispose();
  });

  it.each([1, 2])('gives the same rows with %i workers, over the end of an epoch', async (count) => {
    const views = runViews();
    await views.prepare(0, count, () => new InThread());
    expect(views.means).toBe('workers');
    for (let step = 0; step < 7; step++) expect(await filled(views, step)).toEqual(expectedRows(step));
    // Every step was made by a worker, once, and the steps to come are under way.
    const asked = InThread.all.flatMap(({ steps }) => steps).sort((a, b) => a - b);
    expect(asked).toEqual(Array.from({ length: 7 + count }, (_, step) => step));
    views.dispose();
    expect(InThread.all.every(({ ended }) => ended)).toBe(true);
  });

  it('keeps its images: workers get copies', async () => {
    const views = runViews();
    await views.prepare(0, 1, () => new InThread());
    await filled(views, 0);
    expect(catalogue.images.every(({ rgba }) => rgba.byteLength > 0)).toBe(true);
    views.dispose();
  });

  it.each(['dies', 'lies'] as const)('makes them itself when a worker %s', async (behaviour) => {
    const views = runViews();
    let made = 0;
    await views.prepare(0, 2, () => new InThread(made++ === 0 ? behaviour : 'works'));
    for (let step = 0; step < 4; step++) expect(await filled(views, step)).toEqual(expectedRows(step));
    expect(InThread.all.map(({ ended }) => ended)).toEqual([true, false]);
    views.dispose();
  });

  it('keeps nobody waiting when it is disposed of', async () => {
    const views = runViews();
    await views.prepare(0, 1, () => new InThread('hangs'));
    const waiting = filled(views, 0);
    views.dispose();
    expect(await waiting).toEqual(expectedRows(0));
  });
});

describe('on WebGPU', () => {
  beforeAll(async () => {
    await startBackend('webgpu');
    patches = emptyPatches();
  });

  const asReal = (real: boolean) => {
    const backend = gpuBackend();
    if (!backend) throw new TypeError('The backend is not ours');
    Reflect.set(backend, 'traits', { ...backend.traits, software: !real });
  };

  it('leaves a software adapter to workers', async () => {
    asReal(false);
    const views = runViews();
    await views.prepare(0, 1, () => new InThread());
    expect(views.means).toBe('workers');
    expect(await filled(views, 0)).toEqual(expectedRows(0));
    views.dispose();
  });

  it('makes them on a real one', async () => {
    asReal(true);
    const views = runViews();
    await views.prepare(0, 1, () => new InThread());
    expect(views.means).toBe('gpu');
    expect(InThread.all).toEqual([]);
    for (let step = 0; step < 4; step++) expect(await filled(views, step)).toEqual(expectedRows(step));
    views.dispose();
    asReal(false);
  });
});
