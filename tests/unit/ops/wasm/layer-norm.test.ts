/** Layer normalisation of our WASM module against the op's composition. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { composed } from '../../../../src/ops/kernel.ts';
import { LAYER_NORM_EPSILON, layerNorm } from '../../../../src/ops/layer-norm.ts';
import { startBackend } from '../../../../tools/node-backend.ts';
import { asMatrix, asVector } from '../tensors.ts';
import { expectClose, random, runKernel } from './kernels.ts';

/** Sums over rows and over a few hundred rows: some roundings of 6e-8. */
const TOLERANCE = 3e-6;

beforeAll(async () => {
  await startBackend('wasm');
});

describe.each([
  [192, 96],
  [65, 12],
  [64, 13],
  [131, 7],
  [1, 5],
  [3, 2],
])('%i rows of %i', (rows, dim) => {
  it('gives the composition’s value and gradients', () => {
    const [x, weight, bias] = [random([rows, dim], 3), random([dim]), random([dim])];
    const dy = random([rows, dim]);
    const inputs = [x, weight, bias];
    const run = () => layerNorm(asMatrix(x), asVector(weight), asVector(bias));
    const wanted = composed(() => tf.engine().gradients(run, inputs, dy));
    const [y, mean, scale] = runKernel('LayerNorm', { x, weight, bias }, { epsilon: LAYER_NORM_EPSILON });
    expectClose([y, mean], [wanted.value, tf.mean(x, 1)], TOLERANCE);
    const given = { dy, x, mean: mean ?? null, scale: scale ?? null, weight, bias };
    expectClose(runKernel('LayerNormGradient', given), wanted.grads, TOLERANCE);
    const beside = random([rows, dim]);
    const [dx, ...rest] = wanted.grads;
    const both = tf.add(beside, dx ?? Number.NaN);
    expectClose(runKernel('LayerNormGradientBeside', { ...given, beside }), [both, ...rest], TOLERANCE);
  });
});

it('a row of equal values has a finite scale', () => {
  const x = tf.fill([2, 8], 3);
  const [y] = runKernel('LayerNorm', { x, weight: tf.ones([8]), bias: tf.zeros([8]) }, { epsilon: 1e-6 });
  expect([...(y?.dataSync() ?? [])]).toEqual(new Array(16).fill(0));
});
