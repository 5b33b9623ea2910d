/** The mask of the top mass against the official visualize_attention.py, and the grids that the panel draws. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  enlargeNearest,
  enlargeSmooth,
  headOf,
  meanOverHeads,
  outline,
  topMassMask,
} from '../../../src/core/attention-mask.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';

const file = readSafetensors(
  readFileSync(new URL('../../fixtures/attention_mask.safetensors', import.meta.url)),
);

function tensor(name: string): { shape: number[]; data: number[] } {
  const found = file.tensors.get(name);
  if (found === undefined) throw new Error(`the fixture lacks "${name}"`);
  return { shape: found.shape, data: Array.from(found.data, Number) };
}

const { shape, data } = tensor('cls_attention');
const [heads = 0, rows = 0, columns = 0] = shape;
const maps = Float32Array.from(data);
const thresholds = [...file.tensors.keys()].filter((name) => /^mask_0\.\d+$/.test(name));

describe('topMassMask', () => {
  it('has three thresholds to match', () => {
    expect(thresholds).toHaveLength(3);
  });

  it.each(thresholds)('equals the official %s in every head', (name) => {
    const mass = Number(name.slice('mask_'.length));
    const wanted = tensor(name).data;
    for (let head = 0; head < heads; head++)
      expect([...topMassMask(headOf(maps, head, rows * columns), mass)]).toEqual(
        wanted.slice(head * rows * columns, (head + 1) * rows * columns),
      );
  });

  it('equals the official mask in pixels once enlarged', () => {
    const pixels = tensor('mask_pixels');
    const patch = (pixels.shape[1] ?? 0) / rows;
    for (let head = 0; head < heads; head++) {
      const mask = topMassMask(headOf(maps, head, rows * columns), 0.6);
      const size = rows * columns * patch * patch;
      expect([...enlargeNearest(mask, rows, columns, patch)]).toEqual(
        pixels.data.slice(head * size, (head + 1) * size),
      );
    }
  });

  it('does not need a map that sums to 1', () => {
    const map = headOf(maps, 0, rows * columns);
    expect(
      topMassMask(
        map.map((value) => value * 0.25),
        0.6,
      ),
    ).toEqual(topMassMask(map, 0.6));
  });

  it('keeps everything at 1 and nothing at 0', () => {
    const map = Float32Array.from([0.1, 0.2, 0.3, 0.4]);
    expect([...topMassMask(map, 1)]).toEqual([1, 1, 1, 1]);
    expect([...topMassMask(Float32Array.from([1, 1, 2, 4]), 0)]).toEqual([0, 0, 0, 0]);
  });
});

describe('grids', () => {
  it('averages over the heads', () => {
    expect([...meanOverHeads(Float32Array.from([1, 2, 3, 5, 6, 7]), 2)]).toEqual([3, 4, 5]);
  });

  it('repeats values on a grid that is not square', () => {
    expect([...enlargeNearest([1, 2, 3, 4, 5, 6], 2, 3, 2)]).toEqual([
      1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6,
    ]);
  });

  it('is linear between the middles of patches and flat outside them', () => {
    const line = [...enlargeSmooth([0, 4], 1, 2, 4)].slice(0, 8);
    expect(line).toEqual([0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4]);
    expect(
      Math.max(...enlargeSmooth(maps.subarray(0, rows * columns), rows, columns, 8)),
    ).toBeLessThanOrEqual(Math.max(...maps));
  });

  it('outlines a cell by its four sides and a pair by six', () => {
    expect(outline([0, 0, 0, 0, 1, 0, 0, 0, 0], 3, 3)).toHaveLength(4);
    expect(outline([1, 1], 1, 2)).toHaveLength(6);
    expect(outline([1, 1, 1, 1, 0, 1, 1, 1, 1], 3, 3)).toHaveLength(12 + 4);
  });
});
