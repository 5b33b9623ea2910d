/** On WebGPU (the machine's GPU or Chromium's software adapter) steps neither gather tensors nor buffers. */

import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { gpuBackend } from '../../../src/ops/webgpu/backend.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { AT, toyRows, toyRun } from './toy.ts';

const STEPS = 12;

it('keeps the same number of tensors, buffers and bytes on the GPU', async () => {
  await startBackend('webgpu');
  const backend = gpuBackend();
  if (!backend) throw new TypeError('Not our WebGPU backend');
  const run = toyRun();
  const seen: { tensors: number; used: number; bytes: number }[] = [];
  for (let step = 0; step < STEPS; step++) {
    await run.step(toyRows(step), AT);
    const { pool } = backend;
    seen.push({ tensors: tf.memory().numTensors, used: pool.getNumUsedBuffers(), bytes: pool.bytes });
  }
  // The first steps fill the pool of buffers; from then on every buffer is one that was there before.
  expect(seen.slice(4)).toEqual(seen.slice(4).map(() => seen[4]));
  run.dispose();
});
