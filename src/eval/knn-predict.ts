/** The class that k-NN gives each image, at several k in one pass: weighted (Wu et al. 2018) or by plain majority. */
import { majorityVote, nearest, votes, winner } from './knn.ts';
import { type Labels, labelAt } from './labels.ts';
import type { Likeness } from './likeness.ts';
import { type Between, paced } from './pace.ts';

export type Vote = { kind: 'weighted'; temperature: number } | { kind: 'majority' };

export interface NeighborSettings {
  ks: readonly number[];
  classes: number;
  vote: Vote;
  /** The test rows are the training rows, and each is judged without itself. */
  leaveOneOut: boolean;
}

export interface NeighborPredictions {
  k: number;
  /** k cut to the training rows that there are. */
  used: number;
  /** [test] */
  predictions: Int32Array<ArrayBuffer>;
}

/** One result per k, in the order of `ks`. A training label of −1 has no vote. */
export async function predictByNeighbors(
  likeness: Likeness,
  trainLabels: Labels,
  { ks, classes, vote, leaveOneOut }: NeighborSettings,
  between: Between,
): Promise<NeighborPredictions[]> {
  const train = trainLabels.length;
  const others = leaveOneOut ? train - 1 : train;
  for (let i = 0; i < train; i++) if (trainLabels[i] !== -1) labelAt(trainLabels, i, classes);
  if (others < 1) throw new RangeError('There are no images to compare with');
  const most = Math.min(Math.max(...ks), others);
  const found: number[][] = ks.map(() => []);
  const breathe = paced(between);
  await likeness(async (values, firstRow, rows) => {
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * train, (row + 1) * train);
      const neighbors = nearest(own, most, leaveOneOut ? firstRow + row : -1);
      for (const [at, k] of ks.entries()) {
        const near = neighbors.slice(0, k);
        const prediction =
          vote.kind === 'majority'
            ? majorityVote(near, trainLabels, classes)
            : winner(votes(near, trainLabels, classes, vote.temperature));
        found[at]?.push(prediction);
      }
      await breathe();
    }
  });
  return ks.map((k, at) => ({
    k,
    used: Math.min(k, others),
    predictions: Int32Array.from(found[at] ?? []),
  }));
}
