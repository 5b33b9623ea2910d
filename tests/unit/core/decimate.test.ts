/** Thinning keeps what matters of a line; smoothing is the bias-corrected EMA. */
import { describe, expect, it } from 'vitest';
import { decimate, smooth } from '../../../src/core/decimate.ts';
import { PURPOSE, rng } from '../../../src/core/rng.ts';

function noise(count: number, seed: number): Float64Array {
  const draw = rng(seed, PURPOSE.evaluation);
  return Float64Array.from({ length: count }, () => draw.normal());
}

describe('decimate', () => {
  it('returns every index of a short line', () => {
    expect([...decimate([3, 1, 2], 500)]).toEqual([0, 1, 2]);
    expect([...decimate([], 500)]).toEqual([]);
    expect(decimate(noise(500, 1), 500)).toHaveLength(500);
  });

  it.each([501, 502, 997, 1000, 12_345, 100_000])(
    'keeps at most 500 of %i, rising, with both ends',
    (count) => {
      const values = noise(count, count);
      const kept = [...decimate(values, 500)];
      expect(kept.length).toBeLessThanOrEqual(500);
      expect(kept.length).toBeGreaterThan(300);
      expect(kept[0]).toBe(0);
      expect(kept.at(-1)).toBe(count - 1);
      for (let i = 1; i < kept.length; i++)
        expect(kept[i]).toBeGreaterThan(kept[i - 1] ?? Number.POSITIVE_INFINITY);
    },
  );

  it('keeps one spike up and one down wherever they are', () => {
    for (const at of [1, 2, 499, 5000, 9_997, 9_998]) {
      const values = new Float64Array(10_000).fill(1);
      values[at] = 9;
      values[10_000 - 1 - at] = -9;
      const kept = new Set(decimate(values, 500));
      expect(kept.has(at)).toBe(true);
      expect(kept.has(10_000 - 1 - at)).toBe(true);
    }
  });

  it('keeps the extremes of every bucket', () => {
    const values = noise(10_000, 7);
    const kept = [...decimate(values, 102)];
    const held = kept.map((i) => values[i] ?? 0);
    expect(Math.max(...held)).toBe(Math.max(...values));
    expect(Math.min(...held)).toBe(Math.min(...values));
    expect(kept.length).toBe(102);
  });

  it('looks at the first `count` values only', () => {
    const column = new Float64Array(4000);
    column[1500] = 5;
    column[3000] = 50;
    const kept = decimate(column, 100, 2000);
    expect(kept.at(-1)).toBe(1999);
    expect([...kept]).toContain(1500);
  });

  it('passes over values that are not numbers', () => {
    const values = new Float64Array(1000).fill(Number.NaN);
    values[500] = 1;
    values[501] = 2;
    const kept = [...decimate(values, 50)];
    expect(kept).toContain(500);
    expect(kept).toContain(501);
  });

  it('refuses a limit too small for both ends and one bucket', () => {
    expect(() => decimate([1, 2, 3, 4, 5], 3)).toThrow(RangeError);
  });
});

describe('smooth', () => {
  it('leaves a constant as it is from the first value on', () => {
    for (const value of smooth(new Float64Array(50).fill(5.5), 20)) expect(value).toBeCloseTo(5.5, 12);
  });

  it('is Σ keepᵗ⁻ⁱ xᵢ / Σ keepᵗ⁻ⁱ', () => {
    const values = noise(40, 3);
    const keep = 1 - 1 / 8;
    const smoothed = smooth(values, 8);
    for (let t = 0; t < values.length; t++) {
      let top = 0;
      let bottom = 0;
      for (let i = 0; i <= t; i++) {
        top += keep ** (t - i) * (values[i] ?? 0);
        bottom += keep ** (t - i);
      }
      expect(smoothed[t]).toBeCloseTo(top / bottom, 12);
    }
  });

  it('changes nothing with a span of 1, and repeats over a gap', () => {
    expect([...smooth([4, 2, 7], 1)]).toEqual([4, 2, 7]);
    expect([...smooth([4, Number.NaN, Number.POSITIVE_INFINITY], 1)]).toEqual([4, 4, 4]);
  });
});
