/** The measurement of the machine: real rates, and none once nobody wants it. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeSpeed } from '../../../src/trainer/probe.ts';
import { startBackend } from '../../../tools/node-backend.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

describe('probeSpeed', () => {
  it('measures widths from narrow to wide and frees what it made', async () => {
    const before = tf.memory().numBytes;
    const speed = await probeSpeed(() => true);
    expect(speed?.rates[0]?.dim).toBe(96);
    for (const { gflops } of speed?.rates ?? []) expect(gflops).toBeGreaterThan(0);
    const dims = speed?.rates.map(({ dim }) => dim) ?? [];
    expect(dims).toEqual([...dims].sort((a, b) => a - b));
    // Small constants stay, once for the backend; one network alone would be a megabyte.
    expect(tf.memory().numBytes - before).toBeLessThan(100_000);
  });

  it('gives up when it is not wanted any more', async () => {
    expect(await probeSpeed(() => false)).toBeNull();
  });
});
