/** A claim holds a worker up until it is released, and never for longer than the longest wait. */
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { claim, giveWay, LONGEST, release } from '../../../src/core/right-of-way.ts';

const newWord = () => new Int32Array(new SharedArrayBuffer(4));

afterEach(() => {
  vi.restoreAllMocks();
});

it('lets a claim that nobody releases end by itself', () => {
  const word = newWord();
  const begun = Date.now();
  claim(word);
  giveWay(word);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(LONGEST);
});

it('waits only while there is a claim', () => {
  const wait = vi.spyOn(Atomics, 'wait');
  const word = newWord();
  giveWay(word);
  claim(word);
  release(word);
  giveWay(word);
  expect(wait).not.toHaveBeenCalled();
  claim(word);
  giveWay(word);
  expect(wait).toHaveBeenCalled();
});

it('passes over a word that means nothing, as after a change of the clock', () => {
  const wait = vi.spyOn(Atomics, 'wait');
  const word = newWord();
  for (const value of [-1, 2 ** 30, 2 ** 31 - 1, (Date.now() % 2 ** 30) + 3600_000]) {
    word[0] = value;
    giveWay(word);
  }
  expect(wait).not.toHaveBeenCalled();
});

it('wakes a waiting thread at once when released', async () => {
  const word = newWord();
  // Another thread holds a claim of its own making, far longer than this test, and is let go by the release.
  const worker = new Worker(
    "const { parentPort, workerData: word } = require('node:worker_threads'); Atomics.store(word, 0, 7); parentPort.postMessage('waits'); parentPort.postMessage(Atomics.wait(word, 0, 7, 60_000));",
    { eval: true, workerData: word },
  );
  const woken = new Promise((resolve) => {
    worker.on('message', (message) => {
      if (message === 'waits') setTimeout(() => release(word), 20);
      else resolve(message);
    });
  });
  expect(['ok', 'not-equal']).toContain(await woken);
  await worker.terminate();
});
