/** The pool that makes samples: complete and in order, whatever the workers' order; cancelled and failing cleanly. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IntakeProgress } from '../../../src/data/catalogue.ts';
import { IntakeCancelled } from '../../../src/data/intake-errors.ts';
import { makeSample, SAMPLE_CLASSES } from '../../../src/data/samples.ts';
import { makeSamples, type SamplesWorker, SamplesWorkerError } from '../../../src/data/samples-pool.ts';
import { makeRange, type RangeRequest, transferOf } from '../../../src/data/samples-range.ts';

/** A worker in this thread: answers after `delay` milliseconds, through a structured clone as a real one. */
class InThread implements SamplesWorker {
  static all: InThread[] = [];
  onmessage: SamplesWorker['onmessage'] = null;
  onmessageerror: SamplesWorker['onmessageerror'] = null;
  onerror: SamplesWorker['onerror'] = null;
  ended = false;
  readonly asked: RangeRequest[] = [];
  constructor(
    readonly delay: number,
    readonly answer: (request: RangeRequest) => unknown = makeRange,
  ) {
    InThread.all.push(this);
  }
  postMessage(request: RangeRequest) {
    this.asked.push(request);
    setTimeout(() => {
      if (!this.ended) this.onmessage?.(new MessageEvent('message', { data: this.answer(request) }));
    }, this.delay);
  }
  terminate() {
    this.ended = true;
  }
}

function options(over: Partial<Parameters<typeof makeSamples>[0]> = {}) {
  let count = 0;
  return {
    train: 120,
    val: 30,
    seed: 4,
    tinted: false,
    signal: new AbortController().signal,
    onProgress: () => {},
    // The first worker is the slowest, so that ranges come back out of order.
    makeWorker: () => new InThread(count++ === 0 ? 20 : 0),
    ...over,
  };
}

beforeEach(() => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 16 });
});

afterEach(() => {
  InThread.all = [];
  vi.unstubAllGlobals();
});

describe('makeSamples', () => {
  it('gives a catalogue in order, spread over at most four workers', async () => {
    const told: IntakeProgress[] = [];
    const catalogue = await makeSamples(options({ onProgress: (progress) => told.push(progress) }));
    expect(catalogue.images.length).toBe(150);
    expect(catalogue.trainCount).toBe(120);
    expect(catalogue.source).toBe('samples');
    expect(catalogue.classes).toEqual([...SAMPLE_CLASSES]);
    for (const [id, image] of catalogue.images.entries()) {
      const split = id < 120 ? 'train' : 'val';
      const index = id < 120 ? id : id - 120;
      const wanted = makeSample({ seed: 4, split, index, tinted: false });
      expect(image.split).toBe(split);
      expect(image.label).toBe(wanted.label);
      expect(image.rgba.join()).toBe(wanted.rgba.join());
      expect(image.mask?.join()).toBe(wanted.mask.join());
      expect(image.rgba.buffer.byteLength).toBe(64 * 64 * 4);
    }
    expect(new Set(catalogue.images.map(({ path }) => path)).size).toBe(150);
    expect(catalogue.bytes).toBe(150 * 64 * 64 * 5);
    expect(InThread.all.length).toBe(4);
    expect(InThread.all.every(({ ended, asked }) => ended && asked.length === 1)).toBe(true);
    expect(told[0]).toMatchObject({ stage: 'making', done: 0, total: 150 });
    expect(told.at(-1)).toMatchObject({ stage: 'making', done: 150, total: 150 });
  });

  it('uses a processor each where there are fewer', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
    await makeSamples(options());
    expect(InThread.all.length).toBe(2);
  });

  it('has a fingerprint of the set, its seed and its counts', async () => {
    const print = async (over: Partial<Parameters<typeof makeSamples>[0]>) =>
      (await makeSamples(options({ train: 3, val: 2, ...over }))).fingerprint;
    const first = await print({});
    expect(await print({})).toBe(first);
    const others = await Promise.all([{ seed: 5 }, { tinted: true }, { train: 4 }, { val: 3 }].map(print));
    expect(new Set([first, ...others]).size).toBe(5);
  });

  it('ends its workers and rejects when cancelled', async () => {
    const controller = new AbortController();
    const making = makeSamples(
      options({ signal: controller.signal, makeWorker: () => new InThread(60_000) }),
    );
    controller.abort();
    await expect(making).rejects.toBeInstanceOf(IntakeCancelled);
    expect(InThread.all.length).toBeGreaterThan(0);
    expect(InThread.all.every(({ ended }) => ended)).toBe(true);
    await expect(makeSamples(options({ signal: controller.signal }))).rejects.toBeInstanceOf(IntakeCancelled);
  });

  it.each([
    [
      'a label that is none',
      (request: RangeRequest) => spoil(request, (sample) => ({ ...sample, label: 8 })),
    ],
    ['short pixels', (request: RangeRequest) => spoil(request, (s) => ({ ...s, rgba: s.rgba.slice(4) }))],
    ['another range', (request: RangeRequest) => ({ ...makeRange(request), from: request.from + 1 })],
    ['too few samples', (request: RangeRequest) => makeRange({ ...request, to: request.to - 1 })],
    ['no object', () => null],
  ])('refuses an answer with %s', async (_, answer) => {
    const making = makeSamples(options({ makeWorker: () => new InThread(0, answer) }));
    await expect(making).rejects.toBeInstanceOf(SamplesWorkerError);
    expect(InThread.all.every(({ ended }) => ended)).toBe(true);
  });
});

function spoil(request: RangeRequest, change: (sample: ReturnType<typeof makeSample>) => unknown) {
  const reply = makeRange(request);
  return { ...reply, samples: reply.samples.map(change) };
}

describe('transferOf', () => {
  it('names every image’s own memory once', () => {
    const reply = makeRange({ seed: 0, split: 'val', from: 0, to: 5, tinted: false });
    const buffers = transferOf(reply);
    expect(new Set(buffers).size).toBe(10);
    const moved = structuredClone(reply, { transfer: buffers });
    expect(moved.samples[4]?.rgba.length).toBe(64 * 64 * 4);
    expect(reply.samples[4]?.rgba.length).toBe(0);
  });
});
