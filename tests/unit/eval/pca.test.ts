/** Principal components, eigenvalues and effective rank against scikit-learn and NumPy. */
import { describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { effectiveRank, prototypeUsage } from '../../../src/eval/collapse.ts';
import { BadLabel } from '../../../src/eval/labels.ts';
import { principalComponents } from '../../../src/eval/pca.ts';
import { EigenFailure, symmetricEigen, symmetricEigenvalues } from '../../../src/eval/symmetric-eigen.ts';
import { atOnce, farthest, fixture } from './evaluation-fixture.ts';

describe.each(fixture.pca.map((expected, i) => ({ i, expected })))(
  'principal components, case $i',
  ({ expected }) => {
    it('have the mean, directions, variances and places of scikit-learn', async () => {
      const rows = Float32Array.from(expected.rows);
      const found = await principalComponents(rows, expected.width, expected.m, atOnce);
      const relative = (values: Float64Array, others: number[]) =>
        farthest(
          values.map((value, i) => value / (others[i] ?? 0)),
          others.map(() => 1),
        );
      expect(farthest(found.mean, expected.mean)).toBeLessThan(1e-11);
      expect(farthest(found.components, expected.components)).toBeLessThan(1e-10);
      expect(relative(found.explained, expected.explained)).toBeLessThan(1e-12);
      expect(relative(found.ratio, expected.ratio)).toBeLessThan(1e-12);
      // Kept in float32, of which the first data's 40-fold column needs the whole.
      const largest = Math.max(...expected.projected.map(Math.abs));
      expect(farthest(found.projected, expected.projected) / largest).toBeLessThan(1e-7);
    });
  },
);

describe('principalComponents', () => {
  it('gives no more components than there can be, and none of equal rows', async () => {
    const three = await principalComponents(Float32Array.of(0, 0, 3, 4, 6, 8), 2, 5, atOnce);
    expect(farthest(three.components.subarray(0, 2), [0.6, 0.8])).toBeLessThan(1e-15);
    expect(farthest(three.explained, [25, 0])).toBeLessThan(1e-13);
    expect(farthest(three.ratio, [1, 0])).toBeLessThan(1e-13);
    const equal = await principalComponents(new Float32Array(6).fill(1), 3, 2, atOnce);
    expect([...equal.explained, ...equal.ratio, ...equal.projected]).toEqual(Array(8).fill(0));
    await expect(principalComponents(new Float32Array(3), 3, 1, atOnce)).rejects.toThrow(RangeError);
  });
});

describe('symmetricEigen', () => {
  const residual = (matrix: Float64Array, n: number, values: Float64Array, vectors: Float64Array) => {
    let most = 0;
    for (let k = 0; k < n; k++)
      for (let i = 0; i < n; i++) {
        let sum = 0;
        let product = 0;
        for (let j = 0; j < n; j++) {
          sum += (matrix[i * n + j] ?? 0) * (vectors[k * n + j] ?? 0);
          product += (vectors[k * n + j] ?? 0) * (vectors[i * n + j] ?? 0);
        }
        most = Math.max(most, Math.abs(sum - (values[k] ?? 0) * (vectors[k * n + i] ?? 0)));
        most = Math.max(most, Math.abs(product - (i === k ? 1 : 0)));
      }
    return most;
  };

  it.each([1, 2, 3, 60])(
    'takes a matrix of %i rows apart: A·v = λ·v, vectors orthonormal, largest first',
    async (n) => {
      const { normal } = rng(1, PURPOSE.samples, n);
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          const value = normal();
          matrix[i * n + j] = value;
          matrix[j * n + i] = value;
        }
      const { values, vectors } = await symmetricEigen(matrix, n, atOnce);
      expect(residual(matrix, n, values, vectors)).toBeLessThan(1e-12 * Math.max(1, n / 4));
      expect([...values]).toEqual([...values].sort((a, b) => b - a));
      expect([...(await symmetricEigenvalues(matrix, n, atOnce))]).toEqual([...values]);
    },
  );

  it('keeps vectors orthonormal where eigenvalues are equal or the matrix falls into parts', async () => {
    const n = 7;
    const ones = new Float64Array(n * n).fill(1);
    const whole = await symmetricEigen(ones, n, atOnce);
    expect(farthest(whole.values, [7, 0, 0, 0, 0, 0, 0])).toBeLessThan(1e-14);
    expect(residual(ones, n, whole.values, whole.vectors)).toBeLessThan(1e-13);
    const parts = new Float64Array(n * n);
    for (let i = 0; i < n; i++) parts[i * n + i] = i % 3;
    parts[1] = 2;
    parts[n] = 2;
    const { values, vectors } = await symmetricEigen(parts, n, atOnce);
    expect(residual(parts, n, values, vectors)).toBeLessThan(1e-13);
  });

  it('says so when the numbers are not finite', async () => {
    const broken = Float64Array.of(1, Number.NaN, Number.NaN, 1);
    await expect(symmetricEigen(broken, 2, atOnce)).rejects.toThrow(EigenFailure);
  });

  it('gives others a turn', async () => {
    const given = new Error('given up');
    const big = new Float64Array(400 * 400).map((_, at) => Math.sin((at % 400) * Math.floor(at / 400)));
    await expect(symmetricEigen(big, 400, () => Promise.reject(given))).rejects.toBe(given);
  });
});

describe('effectiveRank', () => {
  it.each(fixture.effectiveRank.map((expected, i) => ({ i, expected })))(
    'case $i is NumPy’s',
    async ({ expected }) => {
      const rank = await effectiveRank(Float32Array.from(expected.rows), expected.width, atOnce);
      // The last has rank 1 but for float32's rounding: squares of its other singular values drown in float64's.
      expect(Math.abs(rank / expected.rank - 1)).toBeLessThan(expected.rank < 1.01 ? 1e-5 : 1e-12);
    },
  );

  it('is 1 of equal rows, the width of even ones, and 0 of nothing', async () => {
    expect(await effectiveRank(new Float32Array(60).fill(0.3), 6, atOnce)).toBeCloseTo(1, 5);
    expect(await effectiveRank(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), 3, atOnce)).toBeCloseTo(3, 12);
    expect(await effectiveRank(new Float32Array(12), 3, atOnce)).toBe(0);
  });
});

describe('prototypeUsage', () => {
  const { chosen, prototypes, histogram, perplexity } = fixture.usage;

  it('counts the images of each prototype', () => {
    const usage = prototypeUsage(chosen, prototypes);
    expect([...usage.histogram]).toEqual(histogram);
    expect(usage.perplexity).toBeCloseTo(perplexity, 10);
    expect(usage.used).toBe(histogram.filter((count) => count > 0).length);
    expect(() => prototypeUsage([40], prototypes)).toThrow(BadLabel);
  });

  it('is 1 where all images share one, 0 without images', () => {
    expect(prototypeUsage([3, 3, 3], 8)).toMatchObject({ perplexity: 1, used: 1 });
    expect(prototypeUsage([], 8)).toMatchObject({ perplexity: 0, used: 0 });
  });
});
