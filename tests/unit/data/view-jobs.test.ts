/** Views as jobs: chunks never need more rows than there is room for. */
import { describe, expect, it } from 'vitest';
import { axisWeights } from '../../../src/data/resize.ts';
import { axisTaps, chunkOf, mostTaps, tapWords } from '../../../src/data/view-jobs.ts';

/** Most rows that a chunk of the view lies over. */
function rowsUnder(from: number, to: number, chunk: number): number {
  const { starts, counts } = axisWeights(from, to);
  let most = 0;
  for (let top = 0; top < to; top += chunk) {
    const last = Math.min(top + chunk, to) - 1;
    most = Math.max(most, (starts[last] ?? 0) + (counts[last] ?? 0) - (starts[top] ?? 0));
  }
  return most;
}

describe('chunkOf', () => {
  it.each([
    [16, 700],
    [32, 256],
    [24, 100],
    [64, 500],
  ])('keeps chunks of a view of %i px within the rows, up to %i px', (to, longest) => {
    for (const rows of [mostTaps(longest, to), mostTaps(longest, to) + 7, 3 * to + mostTaps(longest, to)])
      for (let from = 1, before = to; from <= longest; from++) {
        const chunk = chunkOf(from, to, rows);
        expect(rowsUnder(from, to, chunk)).toBeLessThanOrEqual(rows);
        expect(chunk).toBeGreaterThanOrEqual(1);
        // A kernel is made for the chunks of the longest image.
        expect(chunk).toBeLessThanOrEqual(before);
        before = chunk;
      }
  });
});

it('says beforehand how many words the weights take', () => {
  for (const [from, to] of [
    [3, 16],
    [16, 16],
    [50, 16],
    [700, 24],
  ] as const)
    expect(axisTaps(from, to).length).toBe(tapWords(from, to));
});
