/** The Wilson interval against its closed form at the ends and a published example. */
import { describe, expect, it } from 'vitest';
import { wilson } from '../../../src/core/interval.ts';

describe('wilson', () => {
  it('gives z²/(n+z²) at the ends', () => {
    const z = 1.959964;
    expect(wilson(0, 100).low).toBe(0);
    expect(wilson(0, 100).high).toBeCloseTo((100 * z * z) / (100 + z * z), 6);
    expect(wilson(100, 100).low).toBeCloseTo((100 * 100) / (100 + z * z), 6);
    expect(wilson(100, 100).high).toBe(100);
  });

  it('matches Newcombe 1998 (81 of 263: 0.2553 to 0.3662)', () => {
    const { low, high } = wilson((100 * 81) / 263, 263);
    expect(low).toBeCloseTo(25.53, 2);
    expect(high).toBeCloseTo(36.62, 2);
  });

  it('says nothing without trials', () => {
    expect(wilson(50, 0)).toEqual({ low: 0, high: 100 });
  });
});
