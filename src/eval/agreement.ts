/** How well groups that were found without labels agree with labels. */
import type { Labels } from './labels.ts';

/** How many rows are in group a and of class b, by a and then b. Rows with a value below 0 on either side are left out. */
function contingency(a: Labels, b: Labels): { table: Map<number, Map<number, number>>; rows: number } {
  if (a.length !== b.length)
    throw new RangeError(`${a.length} groups do not belong to ${b.length} labels: there must be one a row`);
  const table = new Map<number, Map<number, number>>();
  let rows = 0;
  for (let i = 0; i < a.length; i++) {
    const [group = -1, label = -1] = [a[i], b[i]];
    if (group < 0 || label < 0) continue;
    const own = table.get(group) ?? new Map<number, number>();
    own.set(label, (own.get(label) ?? 0) + 1);
    table.set(group, own);
    rows++;
  }
  return { table, rows };
}

/** Share of rows that are of the commonest class of their group, 0 … 1 (Manning et al. 2008, 16.3); 0 without rows. */
export function purity(assignment: Labels, labels: Labels): number {
  const { table, rows } = contingency(assignment, labels);
  let common = 0;
  for (const own of table.values()) common += Math.max(...own.values());
  return rows > 0 ? common / rows : 0;
}

/** −Σ p ln p of the shares of the counts. */
function entropy(counts: Iterable<number>, total: number): number {
  let sum = 0;
  for (const count of counts) sum -= (count / total) * Math.log(count / total);
  return sum;
}

/**
 * Mutual information ÷ the mean of the two entropies, 0 … 1: scikit-learn's normalized_mutual_info_score with its
 * arithmetic mean. 1 where both sides know a single group only, or there are no rows.
 */
export function normalizedMutualInformation(a: Labels, b: Labels): number {
  const { table, rows } = contingency(a, b);
  const ofA = new Map<number, number>();
  const ofB = new Map<number, number>();
  for (const [group, own] of table)
    for (const [label, count] of own) {
      ofA.set(group, (ofA.get(group) ?? 0) + count);
      ofB.set(label, (ofB.get(label) ?? 0) + count);
    }
  if (ofA.size <= 1 && ofB.size <= 1) return 1;
  let information = 0;
  for (const [group, own] of table)
    for (const [label, count] of own)
      information +=
        (count / rows) * Math.log((count * rows) / ((ofA.get(group) ?? 0) * (ofB.get(label) ?? 0)));
  const mean = (entropy(ofA.values(), rows) + entropy(ofB.values(), rows)) / 2;
  return Math.min(1, Math.max(0, information / mean));
}
