/** Weighted k-nearest-neighbor classification (Wu et al. 2018, as in the official eval_knn.py). */

export interface Neighbor {
  /** Row of the training features. */
  index: number;
  similarity: number;
}

/** The k largest of a row of similarities, most similar first; the earlier index wins a tie. k is cut to what is there. */
export function nearest(similarities: Float32Array | Float64Array, k: number, except = -1): Neighbor[] {
  const best: Neighbor[] = [];
  for (let index = 0; index < similarities.length; index++) {
    const similarity = similarities[index] ?? 0;
    const last = best[best.length - 1];
    if (index === except || (best.length === k && last && similarity <= last.similarity)) continue;
    let at = best.length;
    while (at > 0 && (best[at - 1]?.similarity ?? 0) < similarity) at--;
    best.splice(at, 0, { index, similarity });
    if (best.length > k) best.pop();
  }
  return best;
}

/** Σ exp(similarity/temperature) of each class over the neighbors: [classes]. */
export function votes(
  neighbors: readonly Neighbor[],
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
): Float64Array {
  const sums = new Float64Array(classes);
  for (const { index, similarity } of neighbors) {
    const label = labels[index] ?? -1;
    if (label >= 0) sums[label] = (sums[label] ?? 0) + Math.exp(similarity / temperature);
  }
  return sums;
}

/** The class of most neighbors, the lowest of equals: scikit-learn's KNeighborsClassifier with uniform weights. */
export function majorityVote(
  neighbors: readonly Neighbor[],
  labels: ArrayLike<number>,
  classes: number,
): number {
  const counts = new Float64Array(classes);
  for (const { index } of neighbors) {
    const label = labels[index] ?? -1;
    if (label >= 0) counts[label] = (counts[label] ?? 0) + 1;
  }
  return winner(counts);
}

/** The class with the most votes, the lowest of equals. */
export function winner(sums: Float64Array): number {
  let best = 0;
  for (let c = 1; c < sums.length; c++) if ((sums[c] ?? 0) > (sums[best] ?? 0)) best = c;
  return best;
}

export interface KnnSettings {
  k: number;
  temperature: number;
  classes: number;
}

/** How many of a block of test rows are classified right; similarities [rows, train] row by row. */
export function countCorrect(
  similarities: Float32Array | Float64Array,
  trainLabels: ArrayLike<number>,
  testLabels: ArrayLike<number>,
  { k, temperature, classes }: KnnSettings,
): number {
  const train = trainLabels.length;
  let correct = 0;
  for (let row = 0; row < testLabels.length; row++) {
    const neighbors = nearest(similarities.subarray(row * train, (row + 1) * train), k);
    if (winner(votes(neighbors, trainLabels, classes, temperature)) === testLabels[row]) correct++;
  }
  return correct;
}
