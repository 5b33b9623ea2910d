/** Which images train and which validate: as the folders say, otherwise a seeded share of each class. */
import { PURPOSE, rng } from '../core/rng.ts';
import { ownFolders, splitNamed } from './paths.ts';

export interface Split {
  /** One entry a path. */
  sides: ('train' | 'val')[];
  /** How it came about, for the person. */
  words: string;
}

/**
 * Folders named train, val, valid, validation or test are honoured where they leave images on both sides. Otherwise
 * `share` of each class (of all images where there are no labels) validates, drawn from the seed; every class keeps
 * at least one training image.
 */
export function splitOf(
  paths: readonly string[],
  labels: readonly (number | null)[],
  share: number,
  seed: number,
): Split {
  return byFolders(paths) ?? bySeed(labels, share, seed);
}

function byFolders(paths: readonly string[]): Split | null {
  const found = new Map<string, 'train' | 'val'>();
  const sides = ownFolders(paths).map((folders) => {
    for (const folder of folders) {
      const side = splitNamed(folder);
      if (side === null) continue;
      found.set(folder, side);
      return side;
    }
    return 'train';
  });
  if (!sides.includes('val') || !sides.includes('train')) return null;
  const named = (side: 'train' | 'val') =>
    [...found].filter((entry) => entry[1] === side).map(([name]) => name);
  const train = named('train').sort();
  const all = [...train, ...named('val').sort()].map((name) => `${name}/`);
  const last = all.pop() ?? '';
  const words = all.length > 0 ? `${all.join(', ')} and ${last} folders` : `${last} folder, the rest trains`;
  return { sides, words };
}

function bySeed(labels: readonly (number | null)[], share: number, seed: number): Split {
  const sides: Split['sides'] = labels.map(() => 'train');
  if (share === 0) return { sides, words: 'all images train' };
  const groups = new Map<number | null, number[]>();
  labels.forEach((label, i) => {
    const group = groups.get(label);
    if (group) group.push(i);
    else groups.set(label, [i]);
  });
  let due = 0;
  let taken = 0;
  for (const [label, members] of [...groups].sort(([a], [b]) => (a ?? -1) - (b ?? -1))) {
    // What rounding holds back from one class goes to the next, so that small classes add up to the share.
    due += members.length * share;
    const count = Math.max(0, Math.min(Math.round(due) - taken, members.length - 1));
    taken += count;
    const order = rng(seed, PURPOSE.split, label === null ? 0 : label + 1).permutation(members.length);
    for (const position of order.subarray(0, count)) {
      const index = members[position];
      if (index !== undefined) sides[index] = 'val';
    }
  }
  const percent = `${Math.round(share * 100)} %`;
  const labelled = labels.some((label) => label !== null);
  return { sides, words: labelled ? `${percent} of each class, seeded` : `${percent} of all images, seeded` };
}
