/** Logistic regression against scikit-learn's optimum, several strengths of the penalty, an absent class, two classes. */
import { describe, expect, it } from 'vitest';
import { BadLabel } from '../../../src/eval/labels.ts';
import { minimise } from '../../../src/eval/lbfgs.ts';
import { predictLinear } from '../../../src/eval/linear-model.ts';
import { logisticRegression, TooFewClasses } from '../../../src/eval/logistic.ts';
import { fitScaler, standardized } from '../../../src/eval/standardize.ts';
import { atOnce, farthest, fixture } from './evaluation-fixture.ts';

const { classes, width } = fixture;
const train = Float32Array.from(fixture.train.rows);
const scaler = fitScaler(train, width);
const trainRows = standardized(train, scaler);
const testRows = standardized(Float32Array.from(fixture.test.rows), scaler);

describe.each(fixture.logistic.map((expected) => ({ C: expected.C, expected })))(
  'C = $C',
  ({ C, expected }) => {
    it('finds the weights, biases, loss and predictions of scikit-learn', async () => {
      const settings = { C, tolerance: 1e-8 * Math.max(1, C) };
      const model = await logisticRegression(
        trainRows,
        width,
        fixture.train.labels,
        classes,
        settings,
        atOnce,
      );
      expect(model.converged).toBe(true);
      const rowsOf = expected.present.map((label) =>
        model.weights.subarray(label * width, (label + 1) * width),
      );
      expect(
        farthest(
          rowsOf.flatMap((row) => [...row]),
          expected.weights,
        ),
      ).toBeLessThan(1e-6);
      // The biases are known up to a common constant; scikit-learn starts, as we do, where their sum is 0.
      const biases = expected.present.map((label) => model.bias[label] ?? Number.NaN);
      expect(farthest(biases, expected.bias)).toBeLessThan(1e-6);
      expect(Math.abs(model.loss / expected.loss - 1)).toBeLessThan(1e-11);
      expect([...(await predictLinear(model, testRows, atOnce))]).toEqual(expected.predictions);
    });
  },
);

it('has the optimum of scikit-learn for two classes, which it fits with one row of weights', async () => {
  const { binary } = fixture;
  const rows = Float32Array.from(binary.rows);
  const own = fitScaler(rows, width);
  const settings = { C: binary.C, tolerance: 1e-8 };
  const model = await logisticRegression(
    standardized(rows, own),
    width,
    binary.labels,
    classes,
    settings,
    atOnce,
  );
  const difference = Array.from(
    { length: width },
    (_, j) => (model.weights[width + j] ?? 0) - (model.weights[j] ?? 0),
  );
  expect(farthest(difference, binary.weights)).toBeLessThan(1e-6);
  expect(farthest([(model.bias[1] ?? 0) - (model.bias[0] ?? 0)], binary.bias)).toBeLessThan(1e-6);
  expect(Math.abs(model.loss / binary.loss - 1)).toBeLessThan(1e-11);
  const others = standardized(Float32Array.from(fixture.test.rows), own);
  expect([...(await predictLinear(model, others, atOnce))]).toEqual(binary.predictions);
});

it('says when it stopped before the tolerance', async () => {
  const settings = { C: 1, tolerance: 1e-8, iterations: 3 };
  const model = await logisticRegression(trainRows, width, fixture.train.labels, classes, settings, atOnce);
  expect(model).toMatchObject({ iterations: 3, converged: false });
  expect(model.gradient).toBeGreaterThan(1e-8);
});

it('refuses one class alone and labels that cannot be', async () => {
  const fitted = (labels: number[]) =>
    logisticRegression(Float32Array.of(1, 2), 1, labels, 2, { C: 1 }, atOnce);
  await expect(fitted([1, 1])).rejects.toThrow(TooFewClasses);
  await expect(fitted([0, -1])).rejects.toThrow(BadLabel);
});

it('gives others a turn within every evaluation of the loss, and gives up when that throws', async () => {
  const rows = new Float32Array(3000 * 200).map((_, i) => Math.sin(i));
  const labels = Int32Array.from({ length: 3000 }, (_, i) => i % 3);
  const given = new Error('given up');
  const fitting = logisticRegression(rows, 200, labels, 3, { C: 1 }, () => Promise.reject(given));
  await expect(fitting).rejects.toBe(given);
});

it('minimises a badly scaled quadratic to the last digits', async () => {
  const scales = [1, 10, 1e3, 1e5];
  const { x, converged } = await minimise(
    async (at, gradient) => {
      let value = 0;
      for (const [i, scale] of scales.entries()) {
        const off = (at[i] ?? 0) - (i + 1);
        value += (scale / 2) * off * off;
        gradient[i] = scale * off;
      }
      return value;
    },
    new Float64Array(4),
    { tolerance: 1e-9, iterations: 200 },
  );
  expect(converged).toBe(true);
  expect(farthest(x, [1, 2, 3, 4])).toBeLessThan(1e-9);
});
