/** k-NN's predictions at several k, leave-one-out and on standardised features, against scikit-learn. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { majorityVote } from '../../../src/eval/knn.ts';
import { predictByNeighbors } from '../../../src/eval/knn-predict.ts';
import { BadLabel } from '../../../src/eval/labels.ts';
import { euclideanLikeness, type Likeness, productLikeness } from '../../../src/eval/likeness.ts';
import { fitScaler, standardized } from '../../../src/eval/standardize.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { atOnce, farthest, fixture } from './evaluation-fixture.ts';
import { cosineLikeness } from './plain-likeness.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

const { classes, width, knn } = fixture;
const train = Float32Array.from(fixture.train.rows);
const test = Float32Array.from(fixture.test.rows);
const { labels } = fixture.train;

describe('standardised features', () => {
  const scaler = fitScaler(train, width);

  it('have the mean and deviation of StandardScaler, and 1 for a feature that does not vary', () => {
    expect(farthest(scaler.mean, knn.mean)).toBeLessThan(1e-11);
    expect(farthest(scaler.scale, knn.scale)).toBeLessThan(1e-11);
    expect(scaler.scale[5]).toBe(1);
  });

  it('give the predictions of KNeighborsClassifier(5)', async () => {
    const likeness = euclideanLikeness(standardized(test, scaler), standardized(train, scaler), width);
    const settings = { ks: [5], classes, vote: { kind: 'majority' }, leaveOneOut: false } as const;
    const [found] = await predictByNeighbors(likeness, labels, settings, atOnce);
    expect([...(found?.predictions ?? [])]).toEqual(knn.standardised5);
  });
});

describe('leave-one-out', () => {
  it('gives the majority of the 20 nearest others by cosine, the lowest class of equals', async () => {
    const settings = { ks: [20], classes, vote: { kind: 'majority' }, leaveOneOut: true } as const;
    const [found] = await predictByNeighbors(cosineLikeness(train, train, width), labels, settings, atOnce);
    expect([...(found?.predictions ?? [])]).toEqual(knn.leaveOneOut20);
    expect(knn.ties).toBeGreaterThan(0);
  });

  it('works for two images, and not for one', async () => {
    const settings = { ks: [20], classes: 2, vote: { kind: 'majority' }, leaveOneOut: true } as const;
    const two = Float32Array.of(1, 0, 0, 1);
    const [found] = await predictByNeighbors(cosineLikeness(two, two, 2), [0, 1], settings, atOnce);
    expect(found).toEqual({ k: 20, used: 1, predictions: Int32Array.of(1, 0) });
    const one = Float32Array.of(1, 0);
    await expect(predictByNeighbors(cosineLikeness(one, one, 2), [0], settings, atOnce)).rejects.toThrow(
      RangeError,
    );
  });
});

describe('the weighted vote', () => {
  const { tensors } = readSafetensors(readFileSync('tests/fixtures/knn.safetensors'));
  const values = (name: string) => Float32Array.from(tensors.get(name)?.data ?? [], Number);

  it('gives the official predictions at several k at once', async () => {
    const likeness = cosineLikeness(values('test200_features'), values('train_features'), 16);
    const settings = {
      ks: [20, 1, 5],
      classes: 5,
      vote: { kind: 'weighted', temperature: 0.07 },
      leaveOneOut: false,
    } as const;
    const found = await predictByNeighbors(likeness, values('train_labels'), settings, atOnce);
    expect(found.map(({ k }) => k)).toEqual([20, 1, 5]);
    for (const { k, predictions } of found)
      expect([...predictions]).toEqual([...values(`test200/k${k}/pred`)]);
  });

  it('lets one near neighbor outweigh two far ones, which a majority does not', async () => {
    const likeness: Likeness = async (visit) => visit(Float32Array.of(0.99, 0.3, 0.3), 0, 1);
    const settings = { ks: [3], classes: 2, leaveOneOut: false };
    const weighted = { ...settings, vote: { kind: 'weighted', temperature: 0.07 } } as const;
    const plain = { ...settings, vote: { kind: 'majority' } } as const;
    expect((await predictByNeighbors(likeness, [1, 0, 0], weighted, atOnce))[0]?.predictions[0]).toBe(1);
    expect((await predictByNeighbors(likeness, [1, 0, 0], plain, atOnce))[0]?.predictions[0]).toBe(0);
  });
});

it('gives images without a label no vote, and refuses labels that cannot be', async () => {
  const near = [0, 1, 2].map((index) => ({ index, similarity: 1 }));
  expect(majorityVote(near, [-1, -1, 1], 3)).toBe(1);
  const settings = { ks: [1], classes: 2, vote: { kind: 'majority' }, leaveOneOut: false } as const;
  const likeness: Likeness = async (visit) => visit(Float32Array.of(1, 0), 0, 1);
  await expect(predictByNeighbors(likeness, [0, 2], settings, atOnce)).rejects.toThrow(BadLabel);
});

it('stops when the pause between pieces throws', async () => {
  const settings = { ks: [1], classes, vote: { kind: 'majority' }, leaveOneOut: false } as const;
  const big = new Float32Array(4000 * 64).map((_, i) => Math.sin(i));
  const given = new Error('given up');
  const giveUp = () => Promise.reject(given);
  const likeness = productLikeness(big, big, 64);
  await expect(predictByNeighbors(likeness, new Int32Array(4000), settings, giveUp)).rejects.toBe(given);
});
