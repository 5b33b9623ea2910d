/** Linear layers, MLP and products on WebGPU: the fused kernels against the compositions, and double precision. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { gelu } from '../../../../src/ops/gelu.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import { addLinear, linear, linearOfData, linearTransposed } from '../../../../src/ops/linear.ts';
import { product, productTransposedA, productTransposedB } from '../../../../src/ops/matmul.ts';
import { addMlp } from '../../../../src/ops/mlp.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { tuningOf } from '../../../../src/ops/webgpu/tuning.ts';
import { asMatrix, asVector } from '../tensors.ts';
import {
  expectComposition,
  observed,
  random,
  startGpu,
  VARIANTS,
  type Variant,
  worstError,
} from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

interface Size {
  rows: number;
  from: number;
  to: number;
}

// Small and odd ones, multiples of four that are multiples of no tile, a single row, and some that need several tiles
// each way and parts of the sum over the rows.
const SIZES: Size[] = [
  { rows: 1, from: 3, to: 1 },
  { rows: 33, from: 101, to: 12 },
  { rows: 1, from: 512, to: 516 },
  { rows: 203, from: 52, to: 60 },
  { rows: 1301, from: 33, to: 42 },
  { rows: 1301, from: 96, to: 40 },
];
const CASES = SIZES.flatMap((size) => VARIANTS.map((variant) => ({ ...size, variant })));
// The longer ops are made of the same products: one size that no tile divides and one that the software adapter's does.
// Most of a case is the compilation of its shaders there.
const FEW_CASES = CASES.filter(({ rows }) => rows === 33 || rows === 203);

/** One of three rows dropped where there are many, none where there are few. */
const keepOf = (rows: number) =>
  rows < 100
    ? null
    : tf.tensor2d(
        Float32Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 0 : 1.25)),
        [rows, 1],
      );

// Sums of up to 1,301 products, whose roundings (6e-8 each) grow with the root of their number.
const TOLERANCE = 3e-6;

/** What an op dispatched, sums of parts aside: whether k is split depends on the size. */
const expectOp = (
  op: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  dispatches: string[],
  variant: Variant,
) => expectComposition(gpu, { op, inputs, dispatches, tolerance: TOLERANCE, variant, ignore: / parts$/ });

/**
 * The smallest tile for all shapes that no test has chosen one for: what an op adds to a product is the same text in any
 * tile, a large one compiles for seconds here, and each has a test of its own below.
 */
function preferSmallTiles(): void {
  const tuning = tuningOf(gpu);
  const choose = tuning.choose.bind(tuning);
  vi.spyOn(tuning, 'choose').mockImplementation((shape, contest) => {
    const chosen = choose(shape, contest);
    const small = contest.candidates.find(({ name }) => name === 'block 32×32, 4×4 each');
    return chosen === contest.fallback && small ? small : chosen;
  });
}

describe('on the software adapter', () => {
  beforeAll(preferSmallTiles);

  it.each(CASES)('linear of $rows rows, $from → $to, $variant', async ({ rows, from, to, variant }) => {
    await expectOp(
      ([x, w, b]) => linear(asMatrix(x), asMatrix(w), asVector(b)),
      [random([rows, from]), random([from, to]), random([to])],
      ['Linear', 'LinearInputGradient', 'LinearWeightGradient'],
      variant,
    );
  });

  it.each(FEW_CASES)(
    'addMlp of $rows rows, $to → $from → $to, $variant',
    async ({ rows, from, to, variant }) => {
      const keep = keepOf(rows);
      await expectOp(
        ([x, normed, w1, b1, w2, b2]) =>
          addMlp(
            asMatrix(x),
            asMatrix(normed),
            { w: asMatrix(w1), b: asVector(b1) },
            { w: asMatrix(w2), b: asVector(b2) },
            keep,
          ),
        [
          random([rows, to]),
          random([rows, to]),
          random([to, from], to ** -0.5),
          random([from]),
          random([from, to], from ** -0.5),
          random([to]),
        ],
        [
          'Linear',
          'Linear',
          'LinearInputGradient',
          'LinearInputGradient',
          'LinearWeightGradient',
          'LinearWeightGradient',
        ],
        variant,
      );
    },
  );

  it.each(FEW_CASES)(
    'addLinear of $rows rows, $from → $to, $variant',
    async ({ rows, from, to, variant }) => {
      const keep = keepOf(rows);
      await expectOp(
        ([x, branch, w, b]) =>
          addLinear(asMatrix(x), asMatrix(branch), { w: asMatrix(w), b: asVector(b) }, keep),
        [random([rows, to]), random([rows, from]), random([from, to]), random([to])],
        ['Linear', 'LinearInputGradient', 'LinearWeightGradient'],
        variant,
      );
    },
  );

  it.each(FEW_CASES)('linearTransposed of $rows rows, $from → $to, $variant', async (size) => {
    await expectOp(
      ([x, w]) => linearTransposed(asMatrix(x), asMatrix(w)),
      [random([size.rows, size.from]), random([size.to, size.from])],
      ['Product', 'Product', 'Product'],
      size.variant,
    );
  });

  it.each(VARIANTS)('linear without bias, and of data, %s', async (variant) => {
    await expectOp(
      ([x, w]) => linear(asMatrix(x), asMatrix(w), null),
      [random([203, 52]), random([52, 60])],
      ['Linear', 'LinearInputGradient', 'LinearWeightGradient'],
      variant,
    );
    const data = asMatrix(random([203, 52]));
    await expectOp(
      ([w, b]) => linearOfData(data, asMatrix(w), asVector(b)),
      [random([52, 60]), random([60])],
      ['Linear', 'LinearWeightGradient'],
      variant,
    );
  });

  it.each(VARIANTS)('gelu of any shape, %s', async (variant) => {
    for (const shape of [[3, 7], [64, 96], [5]])
      await expectOp(([x]) => gelu(x ?? tf.scalar(0)), [random(shape, 2)], ['Gelu', 'GeluGradient'], variant);
  });

  it('gelu and its slope are exact to float32', async () => {
    const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 200);
    const given = tf.tensor1d(x);
    const { value, grads } = tf.engine().gradients(() => gelu(given), [given], tf.onesLike(given));
    const wanted = Array.from(x, exactGelu);
    const values = await value.data();
    const slopes = (await grads[0]?.data()) ?? [];
    for (const [i, { value: gelued, slope }] of wanted.entries()) {
      const scale = Math.max(1, Math.abs(x[i] ?? 0));
      expect(Math.abs((values[i] ?? Number.NaN) - gelued) / scale).toBeLessThan(2.5e-7);
      expect(Math.abs((slopes[i] ?? Number.NaN) - slope)).toBeLessThan(4e-7);
    }
  });

  it('reaches tiles beyond the 65,535 workgroups of one dimension', async () => {
    const [m, n, k] = [32 * 65_536 + 3, 4, 4];
    const a = tf.tensor2d(
      Float32Array.from({ length: m * k }, (_, i) => (i % k === 1 ? Math.floor(i / k) % 1000 : 0)),
      [m, k],
    );
    const b = tf.tensor2d([0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0], [k, n]);
    const y = product(a, b);
    const values = await y.data();
    for (const row of [0, 1, 999, m - 4, m - 1])
      expect([...values.slice(row * n, row * n + n)]).toEqual([1, 2, 3, 4].map((c) => c * (row % 1000)));
    tf.dispose([a, b, y]);
  });

  // Every block of the GPUs' kernel, in all forms, on a shape that no block divides, and one on a shape that it does.
  // The odd sizes above take the smallest.
  it.each([
    ...['128×128, 8×8', '128×64, 8×8', '64×64, 8×8', '64×32, 8×4', '32×32, 4×4'].map((block) => ({
      block,
      m: 132,
      n: 76,
      k: 520,
    })),
    { block: '64×64, 8×8', m: 128, n: 128, k: 64 },
  ])('block $block each: products of $m × $n over $k', async ({ block, m, n, k }) => {
    tuningOf(gpu).restore(
      Object.fromEntries(['NN', 'NT', 'TN'].map((form) => [`${form} ${m}×${n}×${k}`, `block ${block} each`])),
    );
    const [a, b] = [asMatrix(random([m, k])), asMatrix(random([k, n]))];
    const [aTurned, bTurned] = [tf.transpose(a), tf.transpose(b)];
    const { result, names } = observed(gpu, 'GPU', () => [
      product(a, b),
      productTransposedB(a, bTurned),
      productTransposedA(aTurned, b),
    ]);
    expect(names.filter((name) => name === 'Product').length).toBe(3);
    const wanted = await composed(() => product(a, b)).data();
    for (const found of result) expect(worstError(await found.data(), wanted)).toBeLessThan(TOLERANCE);
  });

  it('gives the same bits twice', async () => {
    const [a, b] = [asMatrix(random([1301, 96])), asMatrix(random([1301, 40]))];
    const [first, second] = [productTransposedA(a, b), productTransposedA(a, b)];
    expect([...(await first.data())]).toEqual([...(await second.data())]);
  });

  it.each(VARIANTS)('products agree with sums in double precision, %s', async (variant) => {
    const [m, n, k] = [44, 96, 260];
    const [a, b] = [random([m, k]), random([k, n])];
    const [left, right] = [await a.data(), await b.data()];
    const wanted = Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let t = 0; t < k; t++)
        sum += (left[Math.floor(at / n) * k + t] ?? 0) * (right[t * n + (at % n)] ?? 0);
      return sum;
    });
    const { result } = observed(gpu, variant, () => [
      product(asMatrix(a), asMatrix(b)),
      productTransposedB(asMatrix(a), tf.transpose(asMatrix(b))),
      productTransposedA(tf.transpose(asMatrix(a)), asMatrix(b)),
    ]);
    for (const found of result) expect(worstError(await found.data(), wanted)).toBeLessThan(TOLERANCE);
  });
});

/** x·Φ(x) and Φ(x) + x·φ(x) in double precision, Φ by Simpson's rule over the density. */
function exactGelu(x: number): { value: number; slope: number } {
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  const pieces = 4000;
  const h = x / pieces;
  let sum = density(0) + density(x);
  for (let i = 1; i < pieces; i++) sum += density(i * h) * (i % 2 === 1 ? 4 : 2);
  const cdf = 0.5 + (sum * h) / 3;
  return { value: x * cdf, slope: cdf + x * density(x) };
}
