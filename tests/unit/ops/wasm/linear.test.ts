/** Products of our WASM module against tfjs's own kernels, at sizes that fill tiles and at sizes that do not. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { gelu } from '../../../../src/ops/gelu.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import { startBackend } from '../../../../tools/node-backend.ts';
import { asMatrix } from '../tensors.ts';
import { expectClose, random, runKernel, worstError } from './kernels.ts';

/** Sums of up to a thousand products in another order and with fused multiply-add: some roundings of 6e-8. */
const TOLERANCE = 3e-6;

beforeAll(async () => {
  await startBackend('wasm');
});

const SIZES = [
  { m: 96, k: 48, n: 64 },
  { m: 97, k: 37, n: 101 },
  { m: 1, k: 5, n: 3 },
  { m: 6, k: 1, n: 8 },
  { m: 300, k: 12, n: 36 },
  { m: 7, k: 1030, n: 9 },
];

const gate = (x: tf.Tensor) => composed(() => gelu(x));
const product = (a: tf.Tensor, b: tf.Tensor, ta = false, tb = false) =>
  tf.matMul(asMatrix(a), asMatrix(b), ta, tb);

describe.each(SIZES)('$m rows, $k to $n', ({ m, k, n }) => {
  const inputs = () => ({
    x: random([m, k]),
    w: random([k, n]),
    b: random([n]),
    residual: random([m, n]),
    keep: random([m, 1]),
  });

  it('Linear with every combination of bias, residual and dropped rows', () => {
    const { x, w, b, residual, keep } = inputs();
    for (const bias of [b, null])
      for (const added of [residual, null])
        for (const kept of [keep, null]) {
          const given = { x, w, b: bias, residual: added, keep: kept };
          let wanted: tf.Tensor = product(x, w);
          if (bias) wanted = tf.add(wanted, bias);
          if (kept) wanted = tf.mul(wanted, kept);
          if (added) wanted = tf.add(wanted, added);
          expectClose(runKernel('Linear', given, { gelu: false }), [wanted], TOLERANCE);
        }
  });

  it('Linear with GELU gives what went into it too', () => {
    const { x, w, b } = inputs();
    const pre = tf.add(product(x, w), b);
    expectClose(runKernel('Linear', { x, w, b }, { gelu: true }), [gate(pre), pre], TOLERANCE);
  });

  it('LinearInputGradient, through GELU and dropped rows or not', () => {
    const { x: pre, w, residual: dy, keep } = inputs();
    const slope = tf.grad(gate)(pre);
    const plain = product(dy, w, false, true);
    const dropped = product(tf.mul(dy, keep), w, false, true);
    expectClose(runKernel('LinearInputGradient', { dy, w }), [plain], TOLERANCE);
    expectClose(runKernel('LinearInputGradient', { dy, w, keep }), [dropped], TOLERANCE);
    expectClose(runKernel('LinearInputGradient', { dy, w, pre }), [tf.mul(plain, slope)], TOLERANCE);
  });

  it('LinearWeightGradient, with the bias and dropped rows or not', () => {
    const { x, w: weight, b: bias, residual: dy, keep } = inputs();
    const kept = tf.mul(dy, keep);
    expectClose(runKernel('LinearWeightGradient', { x, dy, weight }), [product(x, dy, true)], TOLERANCE);
    expectClose(
      runKernel('LinearWeightGradient', { x, dy, keep, weight, bias }),
      [product(x, kept, true), tf.sum(kept, 0)],
      TOLERANCE,
    );
  });

  it('Product in its three forms', () => {
    const [a, b] = [random([m, k]), random([k, n])];
    const wanted = product(a, b);
    const flags = (transposeA: boolean, transposeB: boolean) => ({ transposeA, transposeB });
    expectClose(runKernel('Product', { a, b }, flags(false, false)), [wanted], TOLERANCE);
    expectClose(runKernel('Product', { a, b: tf.transpose(b) }, flags(false, true)), [wanted], TOLERANCE);
    expectClose(runKernel('Product', { a: tf.transpose(a), b }, flags(true, false)), [wanted], TOLERANCE);
  });
});

describe('the comparison', () => {
  it('notices a product of which one value is wrong', () => {
    const [a, b] = [random([20, 30]), random([30, 40])];
    const [found] = runKernel('Product', { a, b });
    const values = found?.dataSync() ?? new Float32Array();
    const wrong = Float32Array.from(values, (value, i) => (i === 799 ? value + 1e-3 : value));
    expect(worstError(values, product(a, b).dataSync())).toBeLessThan(TOLERANCE);
    expect(worstError(wrong, product(a, b).dataSync())).toBeGreaterThan(TOLERANCE);
  });

  it('sees NaN in a result where an input was NaN', () => {
    const x = tf.tensor2d([1, Number.NaN, 2, 3], [2, 2]);
    const [hidden] = runKernel('Linear', { x, w: tf.ones([2, 5]) }, { gelu: true });
    expect([...(hidden?.dataSync() ?? [])].slice(0, 5).every(Number.isNaN)).toBe(true);
    expect([...(hidden?.dataSync() ?? [])].slice(5).some(Number.isNaN)).toBe(false);
  });
});

describe('GELU', () => {
  it('is exact to float32 over its whole range, and its slope too', () => {
    const count = 4001;
    const x = Float32Array.from({ length: count }, (_, i) => (i - 2000) / 200);
    const one = tf.ones([1, 1]);
    const pre = tf.tensor2d(x, [1, count]);
    const [hidden] = runKernel('Linear', { x: one, w: pre }, { gelu: true });
    const [slope] = runKernel('LinearInputGradient', { dy: one, w: tf.ones([count, 1]), pre });
    const found = hidden?.dataSync() ?? [];
    const found2 = slope?.dataSync() ?? [];
    let worst = 0;
    let worstSlope = 0;
    x.forEach((value, i) => {
      const cdf = normalCdf(value);
      const density = Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
      worst = Math.max(
        worst,
        Math.abs((found[i] ?? Number.NaN) - value * cdf) / Math.max(1, Math.abs(value)),
      );
      worstSlope = Math.max(worstSlope, Math.abs((found2[i] ?? Number.NaN) - (cdf + value * density)));
    });
    // One rounding of a number near 1 is 6e-8.
    expect(worst).toBeLessThan(1.5e-7);
    expect(worstSlope).toBeLessThan(3e-7);
  });
});

/** Φ in double precision: its Taylor series about 0, which needs many terms and is exact enough up to 6. */
function normalCdf(x: number): number {
  if (x < -6 || x > 6) return x < 0 ? 0 : 1;
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / (2 * n);
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}
