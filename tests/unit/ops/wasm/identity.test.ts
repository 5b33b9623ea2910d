/** Clones on WASM share their values, and each keeps them alive. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { startBackend } from '../../../../tools/node-backend.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

it('a clone holds the values after the first tensor is gone, and frees them last', () => {
  const before = tf.memory();
  const first = tf.tensor1d([1, 2, 3]);
  const clone = tf.clone(first);
  expect(clone.dataId).toBe(first.dataId);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
  first.dispose();
  expect([...clone.dataSync()]).toEqual([1, 2, 3]);
  clone.dispose();
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  expect(tf.memory().numTensors).toBe(before.numTensors);
});
