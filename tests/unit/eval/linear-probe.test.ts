/** The SGD probe against PyTorch's SGD and cosine schedule on the same batches; the choice of a rate. */
import { describe, expect, it } from 'vitest';
import { predictLinear } from '../../../src/eval/linear-model.ts';
import {
  linearProbe,
  officialRate,
  type ProbePoint,
  seededDraws,
  sweepRates,
} from '../../../src/eval/linear-probe.ts';
import { fitScaler, standardized } from '../../../src/eval/standardize.ts';
import { atOnce, farthest, fixture } from './evaluation-fixture.ts';

const { classes, width, probe } = fixture;
const raw = Float32Array.from(fixture.train.rows);
const scaler = fitScaler(raw, width);
const train = { rows: standardized(raw, scaler), labels: fixture.train.labels };
const test = {
  rows: standardized(Float32Array.from(fixture.test.rows), scaler),
  labels: fixture.test.labels,
};
const settings = { ...probe, seed: 3 };

it('takes the steps of PyTorch: weights, biases, curve and predictions after four epochs', async () => {
  const draws = {
    start: () => Float64Array.from(probe.start),
    order: (epoch: number) => probe.orders[epoch] ?? [],
  };
  const seen: ProbePoint[] = [];
  const found = await linearProbe(
    train,
    test,
    width,
    classes,
    settings,
    atOnce,
    (point) => seen.push(point),
    draws,
  );
  expect(farthest(found.model.weights, probe.weights)).toBeLessThan(1e-12);
  expect(farthest(found.model.bias, probe.bias)).toBeLessThan(1e-12);
  const flat = (points: typeof probe.curve) =>
    points.flatMap(({ rate, loss, trainAccuracy, testAccuracy }) => [
      rate,
      loss,
      trainAccuracy,
      testAccuracy,
    ]);
  expect(farthest(flat(found.curve), flat(probe.curve))).toBeLessThan(1e-12);
  expect(seen).toEqual(found.curve);
  expect([...found.predictions]).toEqual(probe.predictions);
  expect(found.accuracy).toBe(probe.curve.at(-1)?.testAccuracy);
  expect([...(await predictLinear(found.model, test.rows, atOnce))]).toEqual(probe.predictions);
});

describe('what chance decides', () => {
  it('is the same for the same seed and another for another', async () => {
    const weights = async (seed: number) =>
      (await linearProbe(train, test, width, classes, { ...settings, seed }, atOnce)).model.weights;
    expect(await weights(3)).toEqual(await weights(3));
    expect(farthest(await weights(3), await weights(4))).toBeGreaterThan(1e-4);
  });

  it('starts from N(0, 0.01²) and shuffles every row once an epoch', () => {
    const draws = seededDraws(7);
    const start = draws.start(20_000);
    const mean = start.reduce((sum, value) => sum + value, 0) / start.length;
    const deviation = Math.sqrt(start.reduce((sum, value) => sum + (value - mean) ** 2, 0) / start.length);
    expect(Math.abs(mean)).toBeLessThan(3e-4);
    expect(Math.abs(deviation - 0.01)).toBeLessThan(2e-4);
    const first = Array.from(draws.order(0, 50));
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(Array.from(draws.order(1, 50))).not.toEqual(first);
  });
});

describe('sweepRates', () => {
  it('prefers a rate that learns to one that stands still, scored on a fifth held out', async () => {
    const { best, tried } = await sweepRates(train, width, classes, settings, [1e-9, 0.05], atOnce);
    expect(best).toBe(0.05);
    expect(tried.map(({ rate }) => rate)).toEqual([1e-9, 0.05]);
    // 211 rows: 42 are held out, so every score is a whole number of 42nds.
    for (const { accuracy } of tried) expect(accuracy * 42).toBeCloseTo(Math.round(accuracy * 42), 10);
  });

  it('never trains on what it scores', async () => {
    // Each row has a column of its own, so labels can be learned by heart and nothing can be known of other rows.
    const n = 40;
    const own = Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
    const labels = Array.from(seededDraws(1).order(0, n), (i) => i % 2);
    const byHeart = { ...settings, batch: n, weightDecay: 0 };
    const learned = await linearProbe(
      { rows: own, labels },
      { rows: own, labels },
      n,
      2,
      { ...byHeart, rate: 9 },
      atOnce,
    );
    expect(learned.accuracy).toBe(1);
    const { tried } = await sweepRates({ rows: own, labels }, n, 2, byHeart, [9], atOnce);
    expect(tried[0]?.accuracy).toBeLessThan(1);
  });

  it('needs two images', async () => {
    const one = { rows: train.rows.slice(0, width), labels: [0] };
    await expect(sweepRates(one, width, classes, settings, [1], atOnce)).rejects.toThrow(RangeError);
  });
});

it('has the official rate: 0.001 a batch of 256', () => {
  expect(officialRate(256)).toBe(0.001);
  expect(officialRate(1024)).toBe(0.004);
});
