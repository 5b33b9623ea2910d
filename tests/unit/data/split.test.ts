/** The split: as folders say, or seeded and stratified. */
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/data/fingerprint.ts';
import { splitOf } from '../../../src/data/split.ts';

const flat = (count: number) => Array.from({ length: count }, (_, i) => `d/${i}.jpg`);

describe('split by folders', () => {
  it.each([
    ['train/ and test/ folders', ['d/train/a/1', 'd/test/a/2'], ['train', 'val']],
    ['Train/ and Validation/ folders', ['d/a/Train/1', 'd/a/Validation/2'], ['train', 'val']],
    ['train/, test/ and val/ folders', ['train/1', 'val/2', 'test/3'], ['train', 'val', 'val']],
    ['valid/ folder, the rest trains', ['d/cat/1', 'd/valid/2'], ['train', 'val']],
  ])('%s', (words, paths, sides) => {
    expect(
      splitOf(
        paths,
        paths.map(() => null),
        0.5,
        0,
      ),
    ).toEqual({ sides, words });
  });

  it('does not take the folder that everything lies in for a split', () => {
    const paths = flat(10).map((path) => `test/${path}`);
    const { sides, words } = splitOf(
      paths,
      paths.map(() => null),
      0.2,
      0,
    );
    expect(words).toBe('20 % of all images, seeded');
    expect(sides.filter((side) => side === 'val')).toHaveLength(2);
  });
});

it('draws a split where the folders leave nothing to train on', () => {
  const { sides, words } = splitOf(
    ['d/val/1', 'd/test/2', 'd/test/3', 'd/val/4'],
    [null, null, null, null],
    0.5,
    0,
  );
  expect(words).toBe('50 % of all images, seeded');
  expect(sides.filter((side) => side === 'train')).toHaveLength(2);
});

describe('split by seed', () => {
  const labels = Array.from({ length: 300 }, (_, i) => (i < 200 ? 0 : i < 290 ? 1 : i < 299 ? 2 : 3));
  const ofClass = (sides: string[], label: number) =>
    sides.filter((side, i) => labels[i] === label && side === 'val');

  it('takes the share of each class', () => {
    const { sides, words } = splitOf(flat(300), labels, 0.2, 7);
    expect(words).toBe('20 % of each class, seeded');
    expect([0, 1, 2].map((label) => ofClass(sides, label).length)).toEqual([40, 18, 2]);
  });

  it('leaves every class something to train on, even the smallest', () => {
    const { sides } = splitOf(flat(300), labels, 0.9, 7);
    for (const label of [0, 1, 2, 3])
      expect(sides.some((side, i) => labels[i] === label && side === 'train')).toBe(true);
  });

  it('adds small classes up to the share', () => {
    const pairs = Array.from({ length: 100 }, (_, i) => Math.floor(i / 2));
    const { sides } = splitOf(flat(100), pairs, 0.2, 0);
    expect(sides.filter((side) => side === 'val')).toHaveLength(20);
  });

  it('is the same for a seed and another for another', () => {
    const split = (seed: number) => splitOf(flat(300), labels, 0.2, seed).sides;
    expect(split(3)).toEqual(split(3));
    expect(split(3)).not.toEqual(split(4));
    // A split that took the first or the last of each class would show the network one end of a sequence.
    const taken = split(3).flatMap((side, i) => (side === 'val' && i < 200 ? [i] : []));
    expect(Math.max(...taken) - Math.min(...taken)).toBeGreaterThan(150);
  });

  it('keeps everything for training when told to', () => {
    expect(splitOf(flat(5), [0, 0, 1, 1, 1], 0, 0)).toEqual({
      sides: Array(5).fill('train'),
      words: 'all images train',
    });
  });
});

describe('fingerprint', () => {
  const image = { path: 'a.jpg', split: 'train' as const, label: 0, width: 3, height: 4 };
  const of = (changed: object) => fingerprintOf([{ ...image, ...changed }], ['cat', 'dog']);

  it('tells paths, labels, split and sizes apart', () => {
    const all = [
      {},
      { path: 'b.jpg' },
      { split: 'val' },
      { label: 1 },
      { label: null },
      { width: 4 },
      { height: 3 },
    ];
    expect(new Set(all.map(of)).size).toBe(all.length);
    expect(of({})).toMatch(/^[0-9a-f]{16}$/);
    expect(of({})).toBe(of({}));
  });
});
