/** The closer look's words and numbers: which map, which scale, what was done to the picture. */
import { describe, expect, it } from 'vitest';
import type { LookResult } from '../../../src/protocol/looks.ts';
import { evenDistance } from '../../../src/ui/attention/Distances.tsx';
import { mapsOf, sizeInWords, tokenInWords } from '../../../src/ui/attention/look-maps.ts';
import { scaleOf } from '../../../src/ui/attention/map-style.ts';
import { formatShare } from '../../../src/ui/panels/attention-maps.ts';
import { lookResult } from '../state/stores.ts';

const look = (change: Partial<LookResult['look']>, rest: Partial<LookResult> = {}): LookResult => ({
  ...lookResult,
  ...rest,
  look: { ...lookResult.look, ...change },
});

describe('maps', () => {
  it('are the mean and every head; one is large, the mean where there is no such head', () => {
    const maps = mapsOf(lookResult, 1);
    expect(maps?.all.map(({ name }) => name)).toEqual(['Mean of the heads', 'Head 1', 'Head 2']);
    expect([...(maps?.chosen.values ?? [])]).toEqual([...Float32Array.of(0.3, 0.2, 0.1, 0.2)]);
    expect(maps?.all[0]?.values[0]).toBeCloseTo(0.2, 6);
    expect(mapsOf(lookResult, 5)?.chosen.name).toBe('Mean of the heads');
  });

  it('go from the least value or from zero to the largest', () => {
    const values = Float32Array.of(0.25, 0.5, 0.75, 0.5);
    expect(scaleOf(lookResult, values, { fromZero: false })).toEqual({ low: 0.25, top: 0.75 });
    expect(scaleOf(lookResult, values, { fromZero: true })).toEqual({ low: 0, top: 0.75 });
  });

  it('leave the patch itself above the scale in rollout, where it would outshine the rest', () => {
    const map = Float32Array.of(0.125, 0.25, 0.75, 0.125);
    const rollout = look({ patch: 2 }, { shown: { show: 'rollout', map } });
    expect(scaleOf(rollout, map, { fromZero: false })).toEqual({ low: 0.125, top: 0.25 });
    expect(scaleOf({ ...rollout, look: lookResult.look }, map, { fromZero: false }).top).toBe(0.75);
  });

  it('say small shares too', () => {
    expect([0, 0.000417, 0.0312, 0.253].map(formatShare)).toEqual(['0.0 %', '0.042 %', '3.1 %', '25 %']);
  });
});

describe('words', () => {
  it('name the token', () => {
    expect(tokenInWords(lookResult)).toBe('CLS');
    expect(tokenInWords(look({ patch: 3 }))).toBe('patch row 2, column 2');
  });

  const own = (source: [number, number], pixels: [number, number]): LookResult =>
    look(
      { resolution: 'own' },
      {
        source: { width: source[0], height: source[1] },
        pixels: { width: pixels[0], height: pixels[1], rgba: new Uint8ClampedArray() },
        columns: pixels[0] / 4,
        rows: pixels[1] / 4,
      },
    );

  it.each([
    [own([64, 64], [64, 64]), '16 × 16 patches of 4 px: all of its 64 × 64 px.'],
    [own([101, 67], [100, 64]), '25 × 16 patches of 4 px: 101 × 67 px, cut to whole patches.'],
    [own([3, 5], [4, 4]), '1 × 1 patches of 4 px: 3 × 5 px, enlarged to whole patches.'],
    [
      own([4000, 3000], [240, 180]),
      '60 × 45 patches of 4 px: 4,000 × 3,000 px scaled down to 240 × 180 px, as 60 patches a side are the most.',
    ],
    [
      lookResult,
      '2 × 2 patches of 4 px: the middle square of a picture of 64 × 64 px, brought to 8 × 8 px as in training.',
    ],
  ])('say what was done to the picture (%#)', (result, words) => {
    expect(sizeInWords(result)).toBe(words);
  });
});

describe('evenDistance', () => {
  it('is the mean over all pairs of patches, a patch with itself among them', () => {
    expect(evenDistance(1, 1)).toBe(0);
    expect(evenDistance(1, 2)).toBeCloseTo(0.5, 12);
    // Of 16 pairs: 4 apart by 0, 8 by 1, 4 by √2.
    expect(evenDistance(2, 2)).toBeCloseTo((8 + 4 * Math.SQRT2) / 16, 12);
  });
});
