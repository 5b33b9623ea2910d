/** On WebGPU (the machine's GPU or Chromium's software adapter) steps neither gather tensors nor buffers. */

import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { disposeRun, initialRun } from '../../../src/dino/run-state.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { TOY, toyStep, toyViews } from './toy.ts';

const STEPS = 12;

it('keeps the same number of tensors, buffers and bytes on the GPU', async () => {
  await startBackend('webgpu');
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new TypeError('Not the WebGPU backend');
  let run = initialRun(TOY.shape, 1);
  const seen: { tensors: number; buffers: number; bytes: number }[] = [];
  for (let step = 0; step < STEPS; step++) {
    run = (await toyStep(run, toyViews(step))).run;
    const { bufferManager } = backend;
    seen.push({
      tensors: tf.memory().numTensors,
      buffers: bufferManager.getNumUsedBuffers() + bufferManager.getNumFreeBuffers(),
      bytes: bufferManager.numBytesAllocated,
    });
  }
  // The first steps fill tfjs's pool of buffers; from then on every buffer is one that was there before.
  expect(seen.slice(4)).toEqual(seen.slice(4).map(() => seen[4]));
  disposeRun(run);
});
