/** Layouts in the plane and what they are made of, against scikit-learn, SciPy and NumPy (make_embedding.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { principalComponents } from '../../../src/eval/pca.ts';
import {
  conditionalAffinities,
  jointAffinities,
  neighborsFor,
  type SparseMatrix,
} from '../../../src/eval/projections/affinities.ts';
import { faithfulness } from '../../../src/eval/projections/faithfulness.ts';
import { nearestNeighbors } from '../../../src/eval/projections/neighbors.ts';
import { aligned } from '../../../src/eval/projections/procrustes.ts';
import { QuadTree } from '../../../src/eval/projections/quadtree.ts';
import { TSNE, TSNE_STEPS, Tsne, tsneGradient, tsneLoss } from '../../../src/eval/projections/tsne.ts';
import { Umap } from '../../../src/eval/projections/umap.ts';
import { curveOf, fuzzyGraph } from '../../../src/eval/projections/umap-graph.ts';
import { atOnce, farthest } from './evaluation-fixture.ts';

const numbers = z.array(z.number());
const votes = z.object({ clear: z.int(), right: z.int() });
const fixture = z
  .object({
    width: z.int(),
    rows: numbers,
    labels: numbers,
    k: z.int(),
    perplexity: z.number(),
    neighbors: z.array(numbers),
    distances: z.array(numbers),
    joint: z.array(numbers),
    start: numbers,
    exact: z.object({ loss: z.number(), gradient: numbers }),
    tsne: z.object({ positions: numbers, loss: z.number(), trustworthiness: z.number(), agreement: votes }),
    pca: z.object({ trustworthiness: z.number() }),
    features: z.object({ agreement: votes }),
    procrustes: z.object({ positions: numbers, moved: numbers }),
    fuzzy: z.object({ k: z.int(), rows: z.array(numbers) }),
    curves: z.array(z.object({ minDist: z.number(), a: z.number(), b: z.number() })),
  })
  .parse(JSON.parse(readFileSync('tests/fixtures/embedding.json', 'utf8')));

const { width, perplexity, k } = fixture;
const rows = Float32Array.from(fixture.rows);
const n = rows.length / width;
const labels = Int32Array.from(fixture.labels);
const everyone = Array.from({ length: n }, (_, i) => i);
const neighbors = nearestNeighbors(rows, width, neighborsFor(perplexity));
const affinities = jointAffinities(neighbors, perplexity);

/** A row of a sparse matrix, written out. */
function dense({ offsets, columns, values }: SparseMatrix, row: number): number[] {
  const found = new Array<number>(n).fill(0);
  for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++)
    found[columns[at] ?? 0] = values[at] ?? 0;
  return found;
}

const trust = (positions: ArrayLike<number>) =>
  faithfulness({ rows, width, positions: Float32Array.from(positions), labels }, everyone, k)
    ?.trustworthiness ?? Number.NaN;

describe('neighbors', () => {
  it('are those of scikit-learn, at its distances', () => {
    const found = nearestNeighbors(rows, width, k);
    for (const [row, expected] of fixture.neighbors.entries()) {
      expect([...found.indices.subarray(row * k, (row + 1) * k)]).toEqual(expected);
      expect(
        farthest(found.distances.subarray(row * k, (row + 1) * k), fixture.distances[row] ?? []),
      ).toBeLessThan(1e-6);
    }
  });

  it('are all others where there are no more, and refused where there is nobody else', () => {
    expect([...nearestNeighbors(Float32Array.of(0, 5, 1), 1, 9).indices]).toEqual([2, 1, 2, 0, 0, 1]);
    expect(() => nearestNeighbors(Float32Array.of(1, 2), 2, 3)).toThrow(RangeError);
  });
});

describe('affinities', () => {
  it('have the perplexity that was asked for, in every row', () => {
    const found = conditionalAffinities(neighbors, perplexity);
    for (let row = 0; row < n; row++) {
      const own = [...found.subarray(row * neighbors.k, (row + 1) * neighbors.k)];
      const entropy = -own.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
      expect(Math.exp(entropy)).toBeCloseTo(perplexity, 3);
    }
  });

  it('are those of scikit-learn, symmetric, and sum to 1', () => {
    // Both end the search for β when the entropy is within 1e-5.
    for (const [row, expected] of fixture.joint.entries())
      expect(
        farthest(
          dense(affinities, row).map((p) => p * n),
          expected,
        ),
      ).toBeLessThan(2e-6);
    expect(affinities.values.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    const some = [0, 7, 100].map((row) => dense(affinities, row));
    expect(some[0]?.[7]).toBe(some[1]?.[0]);
    expect(some[1]?.[100]).toBe(some[2]?.[7]);
  });
});

describe('t-SNE', () => {
  const start = Float64Array.from(fixture.start);

  it('has the exact gradient and loss where every point counts for itself', () => {
    const gradient = new Float64Array(2 * n);
    const z = tsneGradient(affinities, start, new QuadTree(n, 0), 1, gradient);
    const largest = Math.max(...fixture.exact.gradient.map(Math.abs));
    // The affinities are found to 1e-5 of their entropy.
    expect(farthest(gradient, fixture.exact.gradient) / largest).toBeLessThan(1e-5);
    expect(tsneLoss(affinities, start, z)).toBeCloseTo(fixture.exact.loss, 5);
  });

  it('comes near that gradient with the tree', () => {
    const gradients = [0, 0.5].map((theta) => {
      const gradient = new Float64Array(2 * n);
      tsneGradient(affinities, start, new QuadTree(n, theta), 1, gradient);
      return gradient;
    });
    const [exact, near] = gradients;
    const largest = Math.max(...fixture.exact.gradient.map(Math.abs));
    const off = farthest(near ?? [], [...(exact ?? [])]) / largest;
    expect(off).toBeGreaterThan(0);
    expect(off).toBeLessThan(0.03);
  });

  it('bears points that lie at one place, and those that all do', () => {
    const few = nearestNeighbors(Float32Array.of(0, 0, 0, 1, 1, 4), 1, 5);
    const joint = jointAffinities(few, 2);
    for (const at of [[3, 3, 3, 1, 1, 8].flatMap((x) => [x, 2 * x]), new Array(12).fill(0.3)]) {
      const gradient = new Float64Array(12);
      const z = tsneGradient(joint, Float64Array.from(at), new QuadTree(6, 0), 1, gradient);
      let sum = 0;
      for (let i = 0; i < 6; i++)
        for (let j = 0; j < 6; j++)
          if (i !== j)
            sum +=
              1 /
              (1 +
                ((at[2 * i] ?? 0) - (at[2 * j] ?? 0)) ** 2 +
                ((at[2 * i + 1] ?? 0) - (at[2 * j + 1] ?? 0)) ** 2);
      expect(z).toBeCloseTo(sum, 9);
      expect([...gradient].every(Number.isFinite)).toBe(true);
    }
  });

  it("falls to scikit-learn's loss, and its layout is as trustworthy", () => {
    const layout = new Tsne(affinities, start);
    const losses: number[] = [];
    while (layout.iteration < TSNE_STEPS) {
      layout.step();
      if (layout.iteration >= TSNE.early && layout.iteration % 125 === 0) losses.push(layout.loss());
    }
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses.at(-1)).toBeLessThan(fixture.tsne.loss + 0.03);
    expect(trust(layout.positions)).toBeGreaterThan(fixture.tsne.trustworthiness - 0.02);
    const again = new Tsne(affinities, start);
    for (let i = 0; i < 20; i++) again.step();
    const third = new Tsne(affinities, start);
    for (let i = 0; i < 20; i++) third.step();
    expect(third.positions).toEqual(again.positions);
  });
});

describe('UMAP', () => {
  it('has the graph that its formulas give', () => {
    const graph = fuzzyGraph(nearestNeighbors(rows, width, fixture.fuzzy.k - 1));
    for (const [row, expected] of fixture.fuzzy.rows.entries())
      expect(farthest(dense(graph, row), expected)).toBeLessThan(2e-5);
  });

  it.each(fixture.curves)(
    'fits the curve for a least distance of $minDist as SciPy does',
    ({ minDist, a, b }) => {
      const found = curveOf(minDist);
      expect(found.a).toBeCloseTo(a, 4);
      expect(found.b).toBeCloseTo(b, 4);
    },
  );

  it('lays out like rows together, the same again for the same seed', () => {
    const graph = fuzzyGraph(nearestNeighbors(rows, width, 14));
    const made = (epochs?: number) => {
      const layout = new Umap(graph, fixture.start, 0.1, rng(3, PURPOSE.embedding), epochs);
      while (layout.iteration < layout.epochs) layout.step();
      return layout.positions;
    };
    expect(trust(made())).toBeGreaterThan(fixture.tsne.trustworthiness - 0.02);
    expect(made(20)).toEqual(made(20));
  });
});

describe('Procrustes', () => {
  it('turns and mirrors as SciPy does, and keeps the size', () => {
    const { positions, moved } = fixture.procrustes;
    const found = aligned(Float64Array.from(positions), fixture.tsne.positions);
    expect(farthest(found, moved)).toBeLessThan(1e-9);
    const doubled = fixture.tsne.positions.map((value) => 2 * value + 7);
    expect(farthest(aligned(Float64Array.from(positions), doubled), moved)).toBeLessThan(1e-9);
  });

  it('leaves what lies at one place there', () => {
    expect([...aligned(new Float64Array(4).fill(3), [0, 1, 2, 3])]).toEqual([0, 0, 0, 0]);
  });
});

describe('faithfulness', () => {
  it('is the trustworthiness of scikit-learn', async () => {
    const { projected } = await principalComponents(rows, width, 2, atOnce);
    expect(trust(fixture.tsne.positions)).toBeCloseTo(fixture.tsne.trustworthiness, 6);
    expect(trust(projected)).toBeCloseTo(fixture.pca.trustworthiness, 6);
    const random = rng(1, PURPOSE.embedding);
    expect(trust(Float64Array.from({ length: 2 * n }, () => random.uniform()))).toBeLessThan(0.6);
  });

  it('counts labels of neighbors as scikit-learn finds them, and neighbors that are kept', () => {
    const found = faithfulness(
      { rows, width, positions: Float32Array.from(fixture.tsne.positions), labels },
      everyone,
      k,
    );
    const between = ({ clear, right }: z.output<typeof votes>, percent = Number.NaN) => {
      expect((percent * n) / 100).toBeGreaterThanOrEqual(right);
      expect((percent * n) / 100).toBeLessThanOrEqual(right + n - clear);
    };
    between(fixture.features.agreement, found?.agreement?.features);
    between(fixture.tsne.agreement, found?.agreement?.map);
    const same = faithfulness(
      {
        rows: Float32Array.from(fixture.start),
        width: 2,
        positions: Float32Array.from(fixture.start),
        labels,
      },
      everyone,
      k,
    );
    expect(same).toMatchObject({ trustworthiness: 1, kept: 1 });
    expect(
      faithfulness(
        { rows, width, positions: Float32Array.from(fixture.start), labels: labels.map(() => -1) },
        everyone,
        k,
      )?.agreement,
    ).toBeNull();
    expect(
      faithfulness(
        { rows: new Float32Array(2), width: 1, positions: Float32Array.of(0, 0, 1, 1), labels },
        [0],
        k,
      ),
    ).toBeNull();
  });
});
