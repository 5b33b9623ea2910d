/** The counter-based generator: known answers, purity, and plain statistics. */
import { describe, expect, it } from 'vitest';
import { PURPOSE, philox, rng } from '../../../src/core/rng.ts';

describe('philox', () => {
  // Known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 with 10 rounds).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('%o under %o', (counter, key, expected) => {
    expect(philox(counter, key)).toEqual(expected);
  });
});

describe('rng', () => {
  const draws = (count: number, ...counters: [number, number, number]) => {
    const random = rng(5, PURPOSE.crop, ...counters);
    return Array.from({ length: count }, () => random.uniform());
  };

  it('gives the same draws for the same counters and others for others', () => {
    expect(draws(20, 1, 2, 3)).toEqual(draws(20, 1, 2, 3));
    const others: [number, number, number][] = [
      [2, 2, 3],
      [1, 3, 3],
      [1, 2, 4],
    ];
    for (const other of others) expect(draws(20, ...other)).not.toEqual(draws(20, 1, 2, 3));
    expect(rng(5, PURPOSE.init).bits()).not.toBe(rng(5, PURPOSE.crop).bits());
    expect(rng(6, PURPOSE.crop).bits()).not.toBe(rng(5, PURPOSE.crop).bits());
  });

  it('is uniform and normal to a few deviations of 20,000 draws', () => {
    const random = rng(1, PURPOSE.init);
    const uniform = Array.from({ length: 20_000 }, () => random.uniform());
    const normal = Array.from({ length: 20_000 }, () => random.normal());
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(0.01);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(Math.abs(mean(normal.map((x) => x * x)) - 1)).toBeLessThan(0.05);
  });

  it('permutes every index exactly once', () => {
    const order = rng(3, PURPOSE.shuffle, 7).permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order.subarray(0, 10)]).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
