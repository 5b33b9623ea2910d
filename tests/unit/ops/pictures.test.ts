/** Ops on pictures that lie as rows of pixels: gradients by central differences, and BatchNorm2d out of plainer ops. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { batchNorm } from '../../../src/ops/batch-norm.ts';
import { batchNorm2d, fixedNorm2d } from '../../../src/ops/batch-norm-2d.ts';
import { convolve, convolveData } from '../../../src/ops/convolution.ts';
import { differentiable } from '../../../src/ops/differentiable.ts';
import { maxPool, pictureMeans } from '../../../src/ops/pool-2d.ts';
import { reluDropped } from '../../../src/ops/relu.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { expectGradient } from './central-differences.ts';
import { asMatrix, asVector } from './tensors.ts';

const sizeOf = (shape: number[]) => shape.reduce((product, n) => product * n, 1);

let drawn = 0;
function random(shape: number[]): Float32Array {
  const stream = rng(12, PURPOSE.evaluation, drawn++);
  return Float32Array.from({ length: sizeOf(shape) }, () => stream.normal());
}

/** Numbers so far apart that none of them is the larger one but by a clear margin. */
function apart(shape: number[]): Float32Array {
  const order = rng(12, PURPOSE.evaluation, drawn++).permutation(sizeOf(shape));
  return Float32Array.from(order, (i) => 0.1 * i);
}

/** Neither side is a multiple of a window, nor are they alike. */
const grid = { pictures: 2, height: 5, width: 4 };
const pixels = random([40, 3]);

interface Case {
  name: string;
  shapes: number[][];
  run: (inputs: tf.Tensor[]) => tf.Tensor;
  draw?: (shape: number[]) => Float32Array;
}

const cases: Case[] = [
  ...[
    { side: 3, stride: 1, padding: 1 },
    { side: 3, stride: 2, padding: 1 },
    { side: 1, stride: 2, padding: 0 },
    { side: 1, stride: 1, padding: 0 },
  ].map(
    (window): Case => ({
      name: `convolve, side ${window.side}, stride ${window.stride}`,
      shapes: [
        [40, 3],
        [3 * window.side ** 2, 2],
      ],
      run: ([x, w]) => convolve(asMatrix(x), asMatrix(w), grid, window),
    }),
  ),
  {
    name: 'convolveData',
    shapes: [[147, 2]],
    run: ([w]) =>
      convolveData(tf.tensor2d(pixels, [40, 3]), asMatrix(w), grid, { side: 7, stride: 2, padding: 3 }),
  },
  {
    name: 'maxPool',
    shapes: [[40, 3]],
    run: ([x]) => maxPool(asMatrix(x), grid, { side: 3, stride: 2, padding: 1 }),
    draw: apart,
  },
  { name: 'pictureMeans', shapes: [[40, 3]], run: ([x]) => pictureMeans(asMatrix(x), grid) },
  {
    name: 'batchNorm2d with a residual',
    shapes: [[8, 3], [3], [3], [8, 3]],
    run: ([x, w, b, residual]) =>
      batchNorm2d(
        asMatrix(x),
        { weight: asVector(w), bias: asVector(b) },
        { relu: false, residual: asMatrix(residual) },
      ),
  },
  {
    name: 'fixedNorm2d with a residual',
    shapes: [[8, 3], [3], [3], [8, 3]],
    run: ([x, w, b, residual]) =>
      fixedNorm2d(
        asMatrix(x),
        { weight: asVector(w), bias: asVector(b) },
        { mean: tf.tensor1d([0.5, 0, -1]), variance: tf.tensor1d([2, 0.5, 1]) },
        { relu: false, residual: asMatrix(residual) },
      ),
  },
];

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  it.each(cases)('$name', async ({ shapes, run, draw = random }) => {
    await expectGradient(
      run,
      shapes.map((shape) => ({ shape, values: draw(shape) })),
      random,
    );
  });

  it.each([true, false])('batchNorm2d is norm, residual (%s) and ReLU one after the other', async (added) => {
    const inputs = [[70, 6], [6], [6], [70, 6]].map((shape) => tf.tensor(random(shape), shape));
    const [x, w, b, r] = [asMatrix(inputs[0]), asVector(inputs[1]), asVector(inputs[2]), asMatrix(inputs[3])];
    const given = added ? [x, w, b, r] : [x, w, b];
    const weights = tf.tensor(random([70, 6]), [70, 6]);
    const fused = () => batchNorm2d(x, { weight: w, bias: b }, { relu: true, ...(added && { residual: r }) });
    const plain = () => {
      const normed = batchNorm(x, w, b);
      return reluDropped(added ? sum(normed, r) : normed, null);
    };
    const [one, other] = [fused, plain].map((run) => tf.engine().gradients(run, given, weights));
    expect(await distance(one?.value, other?.value)).toBeLessThan(1e-5);
    for (const i of given.keys()) expect(await distance(one?.grads[i], other?.grads[i])).toBeLessThan(5e-5);
  });
});

/** a + b, with its gradient. */
const sum = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  differentiable([a, b], () => ({
    value: tf.add<tf.Tensor2D>(a, b),
    saved: [],
    gradient: (dy) => [tf.clone(dy), tf.clone(dy)],
  }));

/** The largest difference of two tensors; NaN where one is missing. */
async function distance(a: tf.Tensor | undefined, b: tf.Tensor | undefined): Promise<number> {
  const [left, right] = [await a?.data(), await b?.data()];
  if (!left || !right || left.length !== right.length) return Number.NaN;
  return Math.max(...Array.from(left, (value, i) => Math.abs(value - (right[i] ?? Number.NaN))));
}
