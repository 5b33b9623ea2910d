/** Weighted k-NN against the official maths. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { countCorrect, nearest, votes, winner } from '../../../src/eval/knn.ts';

const { tensors } = readSafetensors(readFileSync('tests/fixtures/knn.safetensors'));
const values = (name: string): number[] => {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`The fixture has no ${name}`);
  return Array.from(tensor.data, Number);
};

function similarityMatrix(test: number[], train: number[], dim: number): Float32Array {
  const rows = test.length / dim;
  const columns = train.length / dim;
  const matrix = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += (test[r * dim + d] ?? 0) * (train[c * dim + d] ?? 0);
      matrix[r * columns + c] = sum;
    }
  return matrix;
}

const train = values('train_features');
const trainLabels = values('train_labels');

describe.each(['test', 'test200'])('on %s', (set) => {
  const labels = values(`${set}_labels`);
  const matrix = similarityMatrix(values(`${set}_features`), train, 16);

  it.each([1, 5, 20])('k = %i gives the official neighbors, votes, predictions and accuracy', (k) => {
    const neighbors = values(`${set}/k${k}/neighbors`);
    const similarities = values(`${set}/k${k}/similarities`);
    const probabilities = values(`${set}/k${k}/probs`);
    const predictions = values(`${set}/k${k}/pred`);
    const largest = Math.max(...probabilities);
    for (let row = 0; row < labels.length; row++) {
      const found = nearest(matrix.subarray(row * 200, (row + 1) * 200), k);
      expect(found.map(({ index }) => index)).toEqual(neighbors.slice(row * k, (row + 1) * k));
      for (const [i, { similarity }] of found.entries())
        expect(Math.abs(similarity - (similarities[row * k + i] ?? Number.NaN))).toBeLessThan(1e-6);
      const sums = votes(found, trainLabels, 5, 0.07);
      for (const [c, sum] of sums.entries())
        expect(Math.abs(sum - (probabilities[row * 5 + c] ?? Number.NaN))).toBeLessThan(1e-5 * largest);
      expect(winner(sums)).toBe(predictions[row]);
    }
    const correct = countCorrect(matrix, trainLabels, labels, { k, temperature: 0.07, classes: 5 });
    expect((100 * correct) / labels.length).toBeCloseTo(values(`${set}/k${k}/top1`)[0] ?? Number.NaN, 4);
  });
});

describe('nearest', () => {
  it('gives what there is when k is larger, and leaves the image itself out', () => {
    const row = Float32Array.of(0.1, 0.9, 0.5);
    expect(nearest(row, 10).map(({ index }) => index)).toEqual([1, 2, 0]);
    expect(nearest(row, 10, 1).map(({ index }) => index)).toEqual([2, 0]);
  });

  it('prefers the earlier of equals', () => {
    expect(nearest(Float32Array.of(0.5, 0.7, 0.7, 0.5), 3).map(({ index }) => index)).toEqual([1, 2, 0]);
  });
});
