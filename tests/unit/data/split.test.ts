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

describe('frames of videos', () => {
  /** Videos of so many frames, one after the other, and pictures where it is 1. */
  const of = (...lengths: number[]) =>
    lengths.flatMap((length, v) => Array.from({ length }, () => (length > 1 ? `v${v}.mp4` : null)));
  const split = (videos: (string | null)[], labels: (number | null)[], share: number, seed = 3) =>
    splitOf(flat(videos.length), labels, share, seed, videos);
  const sidesOf = (videos: (string | null)[], sides: string[], video: string) =>
    sides.filter((_, i) => videos[i] === video);
  const unlabelled = (videos: unknown[]) => videos.map(() => null);

  it('are all on one side, so that none of them gives another away', () => {
    const videos = of(...Array.from({ length: 40 }, (_, i) => 5 + (i % 7)), 1, 1, 1);
    const labels = videos.map((video) => Number(video?.slice(1, -4) ?? 0) % 2);
    for (const seed of [0, 1, 2]) {
      const { sides, words } = split(videos, labels, 0.2, seed);
      for (const video of new Set(videos.filter((name) => name !== null)))
        expect(new Set(sidesOf(videos, sides, video)).size, video).toBe(1);
      expect(words).toBe('about 20 % of each class, seeded, whole videos');
      for (const label of [0, 1]) {
        const own = sides.filter((_, i) => labels[i] === label);
        const share = own.filter((side) => side === 'val').length / own.length;
        expect(Math.abs(share - 0.2), `class ${label}`).toBeLessThan(0.05);
      }
    }
  });

  it('are cut in time where there is one video of a class, or all are too long', () => {
    const videos = of(100, 50);
    const each = split(
      videos,
      videos.map((video) => (video === 'v0.mp4' ? 0 : 1)),
      0.2,
    );
    for (const [video, length] of [
      ['v0.mp4', 100],
      ['v1.mp4', 50],
    ] as const)
      expect(sidesOf(videos, each.sides, video)).toEqual([
        ...Array.from({ length: 0.8 * length }, () => 'train'),
        ...Array.from({ length: 0.2 * length }, () => 'val'),
      ]);
    expect(each.words).toMatch(/whole videos where they fit, else the end of one \(2 were cut\)$/);

    const long = of(100, 100);
    const both = split(long, unlabelled(long), 0.2);
    expect(both.sides.filter((side) => side === 'val')).toHaveLength(40);
    expect(both.words).toMatch(/^about 20 % of all images, seeded, .*\(one was cut\)$/);
    const cut = long.findIndex((_, i) => both.sides[i] === 'val');
    expect(both.sides.slice(cut, cut + 40).every((side) => side === 'val')).toBe(true);
  });

  it('leave each class something to train on, and other classes their share', () => {
    const videos = of(90, 110, ...Array.from({ length: 100 }, () => 1));
    const labels = videos.map((video) => (video === null ? 1 : 0));
    const { sides } = split(videos, labels, 0.5);
    expect(sides.slice(200).filter((side) => side === 'val')).toHaveLength(50);
    expect(new Set(sides.slice(0, 200))).toEqual(new Set(['train', 'val']));
  });
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
