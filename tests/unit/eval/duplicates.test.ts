/** Near duplicates: which pairs, how many, in which groups. */
import { expect, it } from 'vitest';
import { nearDuplicates } from '../../../src/eval/duplicates.ts';
import { atOnce } from './evaluation-fixture.ts';
import { cosineLikeness } from './plain-likeness.ts';

const degrees = (...angles: number[]) =>
  Float32Array.from(
    angles.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
  );
const within = (angle: number) => Math.cos((angle * Math.PI) / 180);
const find = (rows: Float32Array, angle: number, most = 100) =>
  nearDuplicates(cosineLikeness(rows, rows, 2), rows.length / 2, { threshold: within(angle), most }, atOnce);

it('finds each pair once, most alike first, and joins chains into groups, largest first', async () => {
  // 0–4–8 is a chain whose ends are 8° apart; 90 and 91 are a pair; 200 is alone.
  const { pairs, found, groups } = await find(degrees(90, 0, 200, 4.1, 91, 8), 5);
  expect(pairs.map(({ a, b }) => [a, b])).toEqual([
    [0, 4],
    [3, 5],
    [1, 3],
  ]);
  expect(pairs[0]?.similarity).toBeCloseTo(within(1), 6);
  expect(found).toBe(3);
  expect(groups).toEqual([
    [1, 3, 5],
    [0, 4],
  ]);
});

it('joins two rows by a third that comes after both', async () => {
  const { pairs, groups } = await find(degrees(0, 8, 4), 5);
  expect(pairs.map(({ a, b }) => [a, b])).toEqual([
    [0, 2],
    [1, 2],
  ]);
  expect(groups).toEqual([[0, 1, 2]]);
});

it('keeps only the most alike pairs, and still counts and groups all', async () => {
  const rows = degrees(...Array.from({ length: 120 }, (_, i) => i * i * 0.0001));
  const { pairs, found, groups } = await find(rows, 10, 7);
  expect(found).toBe((120 * 119) / 2);
  expect(groups).toEqual([Array.from({ length: 120 }, (_, i) => i)]);
  expect(pairs).toHaveLength(7);
  const { pairs: all } = await find(rows, 10, 10_000);
  expect(pairs).toEqual(all.slice(0, 7));
});

it('finds nothing among rows that differ, or among none', async () => {
  expect(await find(degrees(0, 90, 180), 5)).toEqual({ pairs: [], found: 0, groups: [] });
  expect(await find(new Float32Array(0), 5)).toEqual({ pairs: [], found: 0, groups: [] });
});

it('stops when the pause between pieces throws', async () => {
  const given = new Error('given up');
  const likeness = cosineLikeness(degrees(0, 1), degrees(0, 1), 2);
  const slow: typeof likeness = (visit) =>
    likeness(async (...block) => {
      const until = performance.now() + 40;
      while (performance.now() < until);
      await visit(...block);
    });
  const settings = { threshold: 0.9, most: 5 };
  await expect(nearDuplicates(slow, 2, settings, () => Promise.reject(given))).rejects.toBe(given);
});
