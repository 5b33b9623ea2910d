/** The decode pool with workers that answer, die, hang and lie on request. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DecodeRequest } from '../../../src/data/decode-messages.ts';
import { createDecodePool, DecodeError, type DecodeWorker } from '../../../src/data/decode-pool.ts';

class FakeWorker implements DecodeWorker {
  static made: FakeWorker[] = [];
  onmessage: DecodeWorker['onmessage'] = null;
  onmessageerror: DecodeWorker['onmessageerror'] = null;
  onerror: DecodeWorker['onerror'] = null;
  requests: DecodeRequest[] = [];
  ended = false;
  constructor() {
    FakeWorker.made.push(this);
  }
  postMessage(request: DecodeRequest) {
    this.requests.push(request);
  }
  terminate() {
    this.ended = true;
  }
  get request(): DecodeRequest {
    const request = this.requests.at(-1);
    if (!request) throw new Error('nothing was asked of this worker');
    return request;
  }
  say(data: unknown) {
    this.onmessage?.(new MessageEvent('message', { data }));
  }
  answer(side = this.request.side) {
    const rgba = new Uint8ClampedArray(side * side * 4);
    this.say({ ok: true, id: this.request.id, width: side, height: side, rgba });
  }
  die() {
    this.onerror?.(Object.assign(new Event('error'), { message: 'gone' }) as ErrorEvent);
  }
}

const worker = (index: number) => {
  const found = FakeWorker.made[index];
  if (!found) throw new Error(`worker ${index} was never made`);
  return found;
};
const pool = (size = 2) => createDecodePool({ size, patience: 20_000, makeWorker: () => new FakeWorker() });
const blob = new Blob(['x']);

beforeEach(() => {
  FakeWorker.made = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('the decode pool', () => {
  it('makes workers as they are needed, up to its size, and keeps them busy in order', async () => {
    const { decode } = pool();
    const results = [1, 2, 3].map((side) => decode(blob, side));
    expect(FakeWorker.made).toHaveLength(2);
    worker(1).answer();
    expect(worker(1).request.side).toBe(3);
    worker(0).answer();
    worker(1).answer();
    expect((await Promise.all(results)).map(({ width }) => width)).toEqual([1, 2, 3]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeWorker.made.some(({ ended }) => ended)).toBe(false);
  });

  it('passes on why an image failed and goes on with the same worker', async () => {
    const { decode } = pool(1);
    const first = decode(blob, 1);
    worker(0).say({ ok: false, id: worker(0).request.id, reason: 'decoding failed' });
    await expect(first).rejects.toEqual(new DecodeError('decoding failed'));
    const second = decode(blob, 2);
    worker(0).answer();
    await expect(second).resolves.toMatchObject({ width: 2 });
    expect(FakeWorker.made).toHaveLength(1);
  });

  it.each([
    ['dies', (it: FakeWorker) => it.die(), 'the decoder crashed'],
    ['hangs', () => vi.advanceTimersByTime(20_000), 'decoding took longer than 20 s'],
    ['lies', (it: FakeWorker) => it.say({ ok: true, id: it.request.id }), 'the decoder gave a wrong answer'],
    [
      'answers for another',
      (it: FakeWorker) => it.say({ ok: false, id: 99, reason: '' }),
      'the decoder gave a wrong answer',
    ],
    [
      'sends too few pixels',
      (it: FakeWorker) =>
        it.say({ ok: true, id: it.request.id, width: 2, height: 2, rgba: new Uint8ClampedArray(15) }),
      'the decoder gave a wrong answer',
    ],
  ])('replaces a worker that %s, at the cost of its image alone', async (_, happen, reason) => {
    const { decode } = pool(1);
    const lost = decode(blob, 1);
    const next = decode(blob, 2);
    happen(worker(0));
    await expect(lost).rejects.toEqual(new DecodeError(reason));
    expect(worker(0).ended).toBe(true);
    worker(1).answer();
    await expect(next).resolves.toMatchObject({ width: 2 });
  });

  it('gives up where no worker ever starts', async () => {
    const { decode } = pool(1);
    const results = Promise.allSettled(Array.from({ length: 100 }, () => decode(blob, 1)));
    for (let i = 0; i < FakeWorker.made.length; i++) worker(i).die();
    expect(FakeWorker.made).toHaveLength(8);
    expect((await results).at(-1)).toMatchObject({
      reason: { message: 'decoders cannot be started in this browser' },
    });
  });

  it('ends what a signal cancels, and nothing else', async () => {
    const { decode } = pool(2);
    const control = new AbortController();
    const other = decode(blob, 7);
    const cancelled = [1, 2, 3].map((side) => decode(blob, side, control.signal));
    const settled = Promise.allSettled(cancelled);
    control.abort();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(FakeWorker.made.map(({ ended }) => ended)).toEqual([false, true]);
    worker(0).answer();
    await expect(other).resolves.toMatchObject({ width: 7 });
    await expect(decode(blob, 1, control.signal)).rejects.toThrow('cancelled');
  });

  it('ends every worker when it is disposed', async () => {
    const { decode, dispose } = pool(2);
    const settled = Promise.allSettled([1, 2, 3].map((side) => decode(blob, side)));
    dispose();
    expect(FakeWorker.made.map(({ ended }) => ended)).toEqual([true, true]);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(decode(blob, 1)).rejects.toThrow('cancelled');
    expect(vi.getTimerCount()).toBe(0);
  });
});
