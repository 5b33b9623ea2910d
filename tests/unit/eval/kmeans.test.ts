/** k-means, purity and NMI against scikit-learn. */
import { describe, expect, it } from 'vitest';
import { normalizedMutualInformation, purity } from '../../../src/eval/agreement.ts';
import { kMeans, lloyd } from '../../../src/eval/kmeans.ts';
import { fitScaler, standardized } from '../../../src/eval/standardize.ts';
import { atOnce, farthest, fixture } from './evaluation-fixture.ts';

const { width } = fixture;
const raw = Float32Array.from(fixture.train.rows);
const rows = standardized(raw, fitScaler(raw, width));

describe.each(fixture.kmeans.map((expected, i) => ({ i, expected })))(
  'from given centers, case $i',
  ({ expected }) => {
    it('ends at the assignment, centers and inertia of scikit-learn', async () => {
      const found = await lloyd(rows, width, Float64Array.from(expected.initial), 300, atOnce);
      expect([...found.assignment]).toEqual(expected.assignment);
      expect(farthest(found.centers, expected.centers)).toBeLessThan(1e-12);
      expect(Math.abs(found.inertia / expected.inertia - 1)).toBeLessThan(1e-12);
    });
  },
);

it('moves a center that no row is nearest to, so that every group has rows', () => {
  // The fixture's last case has one: without the move its group would stay empty.
  const last = fixture.kmeans.at(-1);
  expect(new Set(last?.assignment).size).toBe(5);
  expect(Math.max(...(last?.initial ?? []))).toBe(90);
});

describe('of its own beginnings', () => {
  it('is the same for the same seed, and no worse than from one restart or from scikit-learn’s given centers', async () => {
    const ten = await kMeans(rows, width, 6, { seed: 1 }, atOnce);
    expect(await kMeans(rows, width, 6, { seed: 1 }, atOnce)).toEqual(ten);
    const one = await kMeans(rows, width, 6, { seed: 1, restarts: 1 }, atOnce);
    expect(ten.inertia).toBeLessThanOrEqual(one.inertia);
    expect(ten.inertia).toBeLessThan(fixture.kmeans[1]?.inertia ?? 0);
    expect(await kMeans(rows, width, 6, { seed: 2, restarts: 1 }, atOnce)).not.toEqual(one);
  });

  it('finds far apart groups in one restart, whatever the seed', async () => {
    const groups = Float32Array.from({ length: 40 }, (_, i) => 100 * (i % 4) + Math.sin(i));
    for (let seed = 0; seed < 20; seed++) {
      const { assignment } = await kMeans(groups, 1, 4, { seed, restarts: 1 }, atOnce);
      expect(
        purity(
          assignment,
          Int32Array.from({ length: 40 }, (_, i) => i % 4),
        ),
      ).toBe(1);
    }
  });

  it('works for equal rows and for more groups than rows, not for none', async () => {
    const equal = await kMeans(new Float32Array(12).fill(2), 3, 2, { seed: 0 }, atOnce);
    expect(equal.inertia).toBe(0);
    const few = await kMeans(Float32Array.of(1, 5, 9), 1, 8, { seed: 0 }, atOnce);
    expect(few.inertia).toBe(0);
    expect(new Set(few.assignment).size).toBe(3);
    await expect(kMeans(new Float32Array(0), 3, 2, { seed: 0 }, atOnce)).rejects.toThrow(RangeError);
  });

  it('says the nearest centers also when it runs out of iterations', async () => {
    const { assignment, centers, iterations } = await lloyd(
      rows,
      width,
      Float64Array.from(fixture.kmeans[1]?.initial ?? []),
      1,
      atOnce,
    );
    expect(iterations).toBe(1);
    const distance = (row: number, center: number) =>
      Array.from(
        { length: width },
        (_, j) => ((rows[row * width + j] ?? 0) - (centers[center * width + j] ?? 0)) ** 2,
      ).reduce((a, b) => a + b);
    for (const [row, center] of assignment.entries())
      for (let other = 0; other < 6; other++)
        expect(distance(row, center)).toBeLessThanOrEqual(distance(row, other));
  });
});

describe('agreement', () => {
  it.each(fixture.agreement.map((expected, i) => ({ i, expected })))('case $i', ({ expected }) => {
    expect(purity(expected.assignment, expected.labels)).toBe(expected.purity);
    expect(
      Math.abs(normalizedMutualInformation(expected.assignment, expected.labels) - expected.nmi),
    ).toBeLessThan(1e-12);
    expect(
      Math.abs(normalizedMutualInformation(expected.labels, expected.assignment) - expected.nmi),
    ).toBeLessThan(1e-12);
  });

  it('leaves rows without a label out', () => {
    expect(purity([0, 0, 1, 1], [0, -1, 1, -1])).toBe(1);
    expect(normalizedMutualInformation([0, 0, 1, 1, 1], [0, -1, 1, 1, -1])).toBeCloseTo(1, 12);
    expect(purity([0], [-1])).toBe(0);
    expect(() => purity([0], [])).toThrow(RangeError);
  });
});
