/** A step without the stop-gradient: the same loss where both sides are one, another gradient, and a recording of its own. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossViewLoss, softmax } from '../../../src/ops/cross-view-loss.ts';
import { twoSidedLoss } from '../../../src/ops/two-sided-loss.ts';
import { type NodeBackend, startBackend } from '../../../tools/node-backend.ts';
import { asMatrix } from '../ops/tensors.ts';
import { AT, TOY, toyRows, toyRun, weightsOf } from './toy.ts';

const plain = { ...TOY, shape: { ...TOY.shape, head: { ...TOY.shape.head, batchNorm: 'off' as const } } };
const open = { ...plain, stopGradient: false };

describe.each<NodeBackend>(['wasm', 'webgpu'])('on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  it('has the loss of a step whose teacher is the student’s copy, and moves the student elsewhere', async () => {
    const steps = await Promise.all(
      [plain, open].map(async (settings) => {
        const run = toyRun(settings);
        const figures = await run.step(toyRows(1), AT);
        const weights = await weightsOf(run.state);
        run.dispose();
        return { figures, weights };
      }),
    );
    const [stopped, free] = steps;
    // Loss, entropy and spread; the gradient's norm differs.
    for (const i of [0, 1, 2]) expect(free?.figures[i]).toBeCloseTo(stopped?.figures[i] ?? Number.NaN, 5);
    expect(free?.figures[3]).not.toBeCloseTo(stopped?.figures[3] ?? Number.NaN, 3);
    expect(free?.weights).not.toEqual(stopped?.weights);
  });

  it('is the same recorded and step by step', async () => {
    const ways = [];
    for (const recorded of [true, false]) {
      const run = toyRun(open, { recorded });
      await run.prepare();
      const losses = [];
      for (let step = 0; step < 4; step++) losses.push((await run.step(toyRows(step), AT))[0]);
      ways.push({ losses, refusal: run.refusal });
      run.dispose();
    }
    expect(ways[0]?.losses).toEqual(ways[1]?.losses);
    expect(ways[0]?.refusal).toBeNull();
  });
});

it('gives the student’s side the gradient that constant targets give it', async () => {
  await startBackend('cpu');
  const student = tf.randomNormal<tf.Rank.R2>([8, 11], 0, 1, 'float32', 3);
  const teacher = tf.randomNormal<tf.Rank.R2>([4, 11], 0, 1, 'float32', 4);
  const center = tf.randomNormal<tf.Rank.R2>([1, 11], 0, 1, 'float32', 5);
  const targets = softmax(tf.mul(tf.sub<tf.Tensor2D>(teacher, center), 2.5));
  const one = tf.valueAndGrad((x) => crossViewLoss(asMatrix(x), targets, 4, 0.5))(student);
  const two = tf.valueAndGrad((x) =>
    twoSidedLoss(asMatrix(x), teacher, center, tf.scalar(2.5), { views: 4, studentTemp: 0.5 }),
  )(student);
  expect((await two.value.data())[0]).toBeCloseTo((await one.value.data())[0] ?? Number.NaN, 5);
  const [ours, wanted] = [await two.grad.data(), await one.grad.data()];
  for (const [i, value] of wanted.entries()) expect(ours[i]).toBeCloseTo(value, 6);
});
