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
 * at least one training image. Images of one video are alike, and one that trains would give away another that
 * validates: so whole videos validate, as many as fit the share; where none fits, the end of one.
 * @param videos the video that each image is a frame of; null for a picture by itself.
 */
export function splitOf(
  paths: readonly string[],
  labels: readonly (number | null)[],
  share: number,
  seed: number,
  videos: readonly (string | null)[] = [],
): Split {
  return byFolders(paths) ?? bySeed(labels, share, seed, videos);
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

function bySeed(
  labels: readonly (number | null)[],
  share: number,
  seed: number,
  videos: readonly (string | null)[],
): Split {
  const sides: Split['sides'] = labels.map(() => 'train');
  if (share === 0) return { sides, words: 'all images train' };
  const groups = groupsOf(labels, videos);
  let due = 0;
  let taken = 0;
  for (const [label, units] of [...groups].sort(([a], [b]) => (a ?? -1) - (b ?? -1))) {
    // What rounding holds back from one class goes to the next, so that small classes add up to the share.
    due += units.reduce((sum, { length }) => sum + length, 0) * share;
    const wanted = Math.max(0, Math.round(due) - taken);
    const order = rng(seed, PURPOSE.split, label === null ? 0 : label + 1).permutation(units.length);
    const chosen = drawn(
      [...order].map((position) => units[position] ?? []),
      wanted,
    );
    for (const index of chosen) sides[index] = 'val';
    taken += chosen.length;
    // What a long video went over the share is not held back from other classes.
    due += Math.max(0, chosen.length - wanted);
  }
  return { sides, words: wordsOf(share, labels, groups, sides) };
}

/** By label, the images that are to stay on one side: all of a video, or a picture by itself. */
type Groups = Map<number | null, number[][]>;

function groupsOf(labels: readonly (number | null)[], videos: readonly (string | null)[]): Groups {
  const groups: Groups = new Map();
  const films = new Map<string, number[]>();
  for (const [i, label] of labels.entries()) {
    const video = videos[i] ?? null;
    const film = video === null ? undefined : films.get(video);
    if (film) {
      film.push(i);
      continue;
    }
    const unit = [i];
    if (video !== null) films.set(video, unit);
    const group = groups.get(label);
    if (group) group.push(unit);
    else groups.set(label, [unit]);
  }
  return groups;
}

/**
 * Of units in the order of a draw those that come near to `wanted` images; where that is not half of them, also the end
 * of another. One unit is left, or the beginning of it.
 */
function drawn(units: readonly number[][], wanted: number): number[] {
  const chosen: number[] = [];
  const left: number[][] = [];
  for (const [i, unit] of units.entries()) {
    const last = i === units.length - 1 && left.length === 0;
    if (last || chosen.length + unit.length / 2 > wanted) left.push(unit);
    else chosen.push(...unit);
  }
  const [first = []] = left;
  if (2 * chosen.length >= wanted) return chosen;
  return [...chosen, ...first.slice(Math.max(1, first.length + chosen.length - wanted))];
}

function wordsOf(
  share: number,
  labels: readonly (number | null)[],
  groups: Groups,
  sides: Split['sides'],
): string {
  const percent = `${Math.round(share * 100)} %`;
  const whole = labels.some((label) => label !== null) ? 'each class' : 'all images';
  const films = [...groups.values()].flat().filter(({ length }) => length > 1);
  if (films.length === 0) return `${percent} of ${whole}, seeded`;
  const cut = films.filter((film) => new Set(film.map((index) => sides[index])).size > 1).length;
  const how =
    cut === 0
      ? 'whole videos'
      : `whole videos where they fit, else the end of one (${cut === 1 ? 'one was' : `${cut} were`} cut)`;
  return `about ${percent} of ${whole}, seeded, ${how}`;
}
