/** Images that are nearly the same to the network: copies, crops, neighbouring frames, leaks between the splits. */
import { nearDuplicates } from '../../eval/duplicates.ts';
import type { Study } from '../../protocol/studies.ts';
import type { Findings } from './knn.ts';
import { cosine, unitRows } from './likeness.ts';
import { inWords, type Workbench } from './workbench.ts';

/** Pairs that are kept one by one; groups are made of all. */
const MOST_PAIRS = 100_000;
const MOST_GROUPS = 500;

export async function duplicateStudy(
  { threshold }: Extract<Study, { kind: 'duplicates' }>,
  bench: Workbench,
): Promise<Findings> {
  const train = bench.split('train', false).ids;
  const val = bench.split('val', false).ids;
  const ids = [...train, ...val];
  const features = unitRows(await bench.features('network', ids));
  const { pairs, found, groups } = await nearDuplicates(
    cosine(bench, features, features, 'Comparing every image with every other'),
    ids.length,
    { threshold, most: MOST_PAIRS },
    bench.between,
  );
  const groupOf = new Map(groups.flatMap((group, g) => group.map((i) => [i, g] as const)));
  // The pairs come most alike first.
  const similarity = new Map<number, number>();
  for (const pair of pairs) {
    const group = groupOf.get(pair.a);
    if (group !== undefined && !similarity.has(group)) similarity.set(group, pair.similarity);
  }
  const across = groups.filter(
    (group) => group.some((i) => i < train.length) && group.some((i) => i >= train.length),
  );
  return {
    train: train.length,
    val: val.length,
    classes: bench.catalogue.classes.length,
    scores: [],
    notes: [
      `${inWords(ids.length)} images compared, ${inWords(found)} pairs at a cosine of ${threshold} or more.`,
      ...(across.length > 0
        ? [
            `${across.length === 1 ? '1 group has' : `${inWords(across.length)} groups have`} images of both splits: these make scores look better than they are.`,
          ]
        : []),
      ...(groups.length > MOST_GROUPS ? [`The ${inWords(MOST_GROUPS)} largest groups are kept.`] : []),
    ],
    finding: {
      kind: 'duplicates',
      pairs: found,
      groups: groups
        .map((group, g) => ({
          ids: group.map((i) => ids[i] ?? 0),
          similarity: similarity.get(g) ?? threshold,
        }))
        .slice(0, MOST_GROUPS),
    },
  };
}
