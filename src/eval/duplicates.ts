/** Images that are nearly the same: pairs of features above a cosine threshold, and the groups that they form. */
import type { Likeness } from './likeness.ts';
import { type Between, paced } from './pace.ts';

export interface Pair {
  /** Always the earlier row. */
  a: number;
  b: number;
  similarity: number;
}

export interface NearDuplicates {
  /** Most alike first; of equals the earlier. */
  pairs: Pair[];
  /** All pairs above the threshold, kept or not. */
  found: number;
  /** Rows that are joined by pairs, also in a chain, each in order; largest group first. */
  groups: number[][];
}

export interface DuplicateSettings {
  /** Least likeness of a pair. */
  threshold: number;
  /** Pairs to keep: a collapsed network makes every pair alike. */
  most: number;
}

/** Pairs among `count` rows from their likeness with each other. */
export async function nearDuplicates(
  likeness: Likeness,
  count: number,
  { threshold, most }: DuplicateSettings,
  between: Between,
): Promise<NearDuplicates> {
  const parents = Int32Array.from({ length: count }, (_, i) => i);
  const rootOf = (row: number): number => {
    let at = row;
    while (parents[at] !== at) {
      // Each row on the way is hung higher, so that long chains are walked once.
      parents[at] = parents[parents[at] ?? at] ?? at;
      at = parents[at] ?? at;
    }
    return at;
  };
  const pairs: Pair[] = [];
  let found = 0;
  /** What a pair must surpass once there are enough: rows come in order, so of equals the earlier is there already. */
  let floor = Number.NEGATIVE_INFINITY;
  const keepBest = () => {
    pairs.sort((x, y) => y.similarity - x.similarity || x.a - y.a || x.b - y.b);
    if (pairs.length < most) return;
    pairs.length = most;
    floor = pairs.at(-1)?.similarity ?? floor;
  };
  const breathe = paced(between);
  await likeness(async (values, firstRow, rows) => {
    for (let row = 0; row < rows; row++) {
      const a = firstRow + row;
      for (let b = a + 1; b < count; b++) {
        const similarity = values[row * count + b] ?? 0;
        if (!(similarity >= threshold)) continue;
        found++;
        if (similarity > floor) pairs.push({ a, b, similarity });
        const [rootA, rootB] = [rootOf(a), rootOf(b)];
        parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
      }
      // Sorted now and then only: memory stays within twice what is kept and a row's pairs.
      if (pairs.length > 2 * most) keepBest();
      await breathe();
    }
  });
  keepBest();
  const groups = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const root = rootOf(row);
    const group = groups.get(root);
    if (group) group.push(row);
    else groups.set(root, [row]);
  }
  return {
    pairs,
    found,
    groups: [...groups.values()].filter(({ length }) => length > 1).sort((x, y) => y.length - x.length),
  };
}
