/** BatchNorm, GELU, unit rows, tokens and the loss of our WASM module against their ops' compositions. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type TargetSettings, teacherTargets } from '../../../../src/dino/targets.ts';
import { batchNorm } from '../../../../src/ops/batch-norm.ts';
import { crossViewLoss } from '../../../../src/ops/cross-view-loss.ts';
import { assembleTokens, selectCls } from '../../../../src/ops/embed.ts';
import { gelu } from '../../../../src/ops/gelu.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import { tokenLayout } from '../../../../src/ops/layout.ts';
import { l2Normalize, weightNorm } from '../../../../src/ops/normalize.ts';
import { startBackend } from '../../../../tools/node-backend.ts';
import { asCube, asMatrix, asVector } from '../tensors.ts';
import { expectClose, random, runKernel } from './kernels.ts';

/** Sums of some hundred terms in another order, exponents of another making: a few roundings of 6e-8. */
const TOLERANCE = 4e-6;

beforeAll(async () => {
  await startBackend('wasm');
});

/** Value and gradients of the op as it is composed of tfjs's kernels. */
const oracle = (op: (inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[], dy: tf.Tensor) =>
  composed(() => tf.engine().gradients(() => op(inputs), inputs, dy));

/** Value and gradients with the kernels, of an op that asks for these; none of tfjs's may run. */
function fused(
  names: string[],
  op: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  dy: tf.Tensor,
): { value: tf.Tensor; grads: tf.Tensor[] } {
  const ran: string[] = [];
  const watched = tf.getKernelsForBackend('wasm').map((config) => {
    const run = config.kernelFunc;
    config.kernelFunc = (call) => {
      ran.push(config.kernelName);
      return run(call);
    };
    return () => {
      config.kernelFunc = run;
    };
  });
  try {
    return tf.engine().gradients(() => op(inputs), inputs, dy);
  } finally {
    for (const restore of watched) restore();
    expect(ran.filter((name) => name !== 'Identity' && name !== 'Reshape')).toEqual(names);
  }
}

const given = (tensor: tf.Tensor | undefined): tf.Tensor | null => tensor ?? null;

describe.each([
  [32, 64],
  [5, 37],
  [96, 101],
  [2, 3],
])('%i rows of %i', (rows, n) => {
  it('BatchNorm and its gradient', () => {
    const [x, weight, bias, dy] = [random([rows, n], 2), random([n]), random([n]), random([rows, n])];
    const op = ([a, b, c]: tf.Tensor[]) => batchNorm(asMatrix(a), asVector(b), asVector(c));
    const wanted = oracle(op, [x, weight, bias], dy);
    const [y, mean, scale] = runKernel('BatchNorm', { x, weight, bias }, { epsilon: 1e-5 });
    expectClose([y, mean], [wanted.value, tf.mean(x, 0)], TOLERANCE);
    const inputs = { dy, x, mean: given(mean), scale: given(scale), weight, bias };
    // Two equal rows leave a variance near 0, by which the gradient is divided.
    expectClose(runKernel('BatchNormGradient', inputs), wanted.grads, rows > 2 ? TOLERANCE : 1e-3);
  });

  it('GELU and its gradient', () => {
    const [x, dy] = [random([rows, n], 2), random([rows, n])];
    const wanted = oracle(([a]) => gelu(asMatrix(a)), [x], dy);
    expectClose(runKernel('Gelu', { x }), [wanted.value], TOLERANCE);
    expectClose(runKernel('GeluGradient', { x, dy }), wanted.grads, TOLERANCE);
  });

  it('L2Normalize and WeightNorm with their gradients', () => {
    const [x, g, dy] = [random([rows, n], 2), random([rows, 1]), random([rows, n])];
    for (const [name, op, inputs] of [
      ['L2Normalize', ([a]: tf.Tensor[]) => l2Normalize(asMatrix(a)), [x]],
      ['WeightNorm', ([a, b]: tf.Tensor[]) => weightNorm(asMatrix(a), asMatrix(b)), [x, g]],
    ] as const) {
      const wanted = oracle(op, [...inputs], dy);
      const found = fused([name, `${name}Gradient`], op, [...inputs], dy);
      expectClose([found.value, ...found.grads], [wanted.value, ...wanted.grads], TOLERANCE);
    }
  });

  it('TeacherTargets, with a center and without', () => {
    const [logits, center] = [random([rows, n], 5), random([1, n])];
    for (const centering of [true, false]) {
      const settings: TargetSettings = { centering, centerMomentum: 0.9, teacherLogitsL2: false };
      const make = () => teacherTargets(asMatrix(logits), asMatrix(center), tf.scalar(1 / 0.04), settings);
      expectClose([make()], [composed(make)], 2e-5);
    }
  });
});

describe.each([
  { views: 2, batch: 3, prototypes: 64 },
  { views: 6, batch: 2, prototypes: 37 },
  { views: 3, batch: 1, prototypes: 3 },
])('$views views of $batch images, $prototypes prototypes', ({ views, batch, prototypes }) => {
  it('CrossViewLoss and its gradient', () => {
    const student = random([views * batch, prototypes], 2);
    const targets = tf.softmax(random([2 * batch, prototypes], 3));
    const op = ([a]: tf.Tensor[]) => crossViewLoss(asMatrix(a), asMatrix(targets), views, 0.1);
    const dy = tf.scalar(0.7);
    const [wanted, found] = [
      oracle(op, [student], dy),
      fused(['CrossViewLoss', 'CrossViewLossGradient'], op, [student], dy),
    ];
    expectClose([found.value, ...found.grads], [wanted.value, ...wanted.grads], 2e-5);
  });
});

describe.each([12, 7, 1])('tokens of %i values', (dim) => {
  const layout = tokenLayout([
    { sequences: 4, rows: 3, columns: 2 },
    { sequences: 5, rows: 1, columns: 2 },
  ]);

  it('AssembleTokens and its gradient', () => {
    const patches = random([layout.tokens - layout.sequences, dim]);
    const [cls, positions] = [random([1, 1, dim]), random([10, dim])];
    const dy = random([layout.tokens, dim]);
    const op = ([a, b, c]: tf.Tensor[]) => assembleTokens(asMatrix(a), asCube(b), asMatrix(c), layout);
    const inputs = [patches, cls, positions];
    const [wanted, found] = [
      oracle(op, inputs, dy),
      fused(['AssembleTokens', 'AssembleTokensGradient'], op, inputs, dy),
    ];
    expectClose([found.value, ...found.grads], [wanted.value, ...wanted.grads], TOLERANCE);
  });

  it('SelectCls and its gradient', () => {
    const [tokens, dy] = [random([layout.tokens, dim]), random([layout.sequences, dim])];
    const op = ([a]: tf.Tensor[]) => selectCls(asMatrix(a), layout);
    const [wanted, found] = [
      oracle(op, [tokens], dy),
      fused(['SelectCls', 'SelectClsGradient'], op, [tokens], dy),
    ];
    expectClose([found.value, ...found.grads], [wanted.value, ...wanted.grads], 1e-12);
  });
});

it('a zero row stays zero and finite', () => {
  const [unit, norms] = runKernel('L2Normalize', { x: tf.zeros([2, 5]) }, { floor: 1e-12 });
  expect([...(unit?.dataSync() ?? [])]).toEqual(new Array(10).fill(0));
  expect([...(norms?.dataSync() ?? [])]).toEqual([Math.fround(1e-12), Math.fround(1e-12)]);
});
