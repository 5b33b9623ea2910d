/** Attention on the object against the object's share of the picture. */
import { describe, expect, it } from 'vitest';
import { maskOfPatches, overlapByHead } from '../../../src/eval/mask-overlap.ts';

describe('maskOfPatches', () => {
  it('gives the covered share of each patch, also where pixels and patches do not divide', () => {
    const mask = new Uint8Array(16);
    mask.fill(1, 0, 8);
    expect([...maskOfPatches(mask, 4, 2)]).toEqual([1, 1, 0, 0]);
    const corner = new Uint8Array(16);
    corner[0] = 1;
    expect([...maskOfPatches(corner, 4, 2)]).toEqual([0.25, 0, 0, 0]);
  });
});

describe('overlapByHead', () => {
  const mask = Float32Array.of(1, 0, 0, 0);

  it('is 1 for even attention and 1 ÷ the area for attention on the object alone', () => {
    const maps = Float32Array.of(0.2, 0.2, 0.2, 0.2, 0.5, 0, 0, 0);
    const [even, sharp] = overlapByHead(maps, [mask], 2);
    expect(even).toBeCloseTo(1, 6);
    expect(sharp).toBeCloseTo(4, 6);
  });

  it('averages over images', () => {
    const maps = Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0);
    expect(overlapByHead(maps, [mask, mask], 1)[0]).toBeCloseTo(2, 6);
  });
});
