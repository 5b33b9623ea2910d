/** The optimizer's loops of our WASM module against the same in plain JavaScript. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostValues } from '../../../../src/ops/assign.ts';
import type { OptimizerSettings } from '../../../../src/ops/optimizers.ts';
import { hostLoops, type UpdateLoops } from '../../../../src/ops/update-loops.ts';
import { moduleOf } from '../../../../src/ops/wasm/module.ts';
import { wasmLoops } from '../../../../src/ops/wasm/update.ts';
import { startBackend } from '../../../../tools/node-backend.ts';
import { random, worstError } from './kernels.ts';

/** Floats against doubles that are rounded at the end. */
const TOLERANCE = 1e-6;
const NUMBERS = {
  lr: 0.01,
  weightDecay: 0.1,
  keep: 0.999,
  stepSize: 0.02,
  secondCorrection: 3,
  active: 1,
  coefficient: 0.7,
};
const settings = (kind: OptimizerSettings['kind']): OptimizerSettings => ({
  kind,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  sgdMomentum: 0.9,
});

let loops: UpdateLoops;

beforeAll(async () => {
  await startBackend('wasm');
  loops = wasmLoops(moduleOf(tf.backend()));
});

/** Values in plain arrays, and the same on the heap. */
function drawn(count: number, positive = false) {
  const tensor = positive ? tf.square(random([count])) : random([count]);
  return { plain: Float32Array.from(tensor.dataSync()), tensor };
}

describe.each([1, 7, 4096, 40_003])('%i values', (count) => {
  it.each(['adamw', 'adam'] as const)('%s', (kind) => {
    const all = [drawn(count), drawn(count), drawn(count), drawn(count, true)] as const;
    const [p, g, m, v] = all;
    hostLoops.adam(p.plain, g.plain, m.plain, v.plain, NUMBERS, settings(kind));
    const [hp, hg, hm, hv] = [p, g, m, v].map(({ tensor }) => hostValues(tensor));
    if (!hp || !hg || !hm || !hv) throw new RangeError('No values');
    loops.adam(hp, hg, hm, hv, NUMBERS, settings(kind));
    for (const { plain, tensor } of all)
      expect(worstError(hostValues(tensor), plain)).toBeLessThan(TOLERANCE);
  });

  it('sgd, the blend, and the sum of squares', () => {
    const [p, g, b] = [drawn(count), drawn(count), drawn(count)];
    hostLoops.sgd(p.plain, g.plain, b.plain, NUMBERS, settings('sgd'));
    loops.sgd(hostValues(p.tensor), hostValues(g.tensor), hostValues(b.tensor), NUMBERS, settings('sgd'));
    hostLoops.blend(g.plain, p.plain, 0.99, 0.01);
    loops.blend(hostValues(g.tensor), hostValues(p.tensor), 0.99, 0.01);
    for (const { plain, tensor } of [p, g, b])
      expect(worstError(hostValues(tensor), plain)).toBeLessThan(TOLERANCE);
    const wanted = hostLoops.sumOfSquares(p.plain);
    expect(Math.abs(loops.sumOfSquares(hostValues(p.tensor)) - wanted) / wanted).toBeLessThan(TOLERANCE);
  });
});

it('NaN and infinity come out of the sum of squares', () => {
  const values = new Float32Array(100).fill(1);
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
    values[57] = odd;
    expect(Number.isFinite(loops.sumOfSquares(hostValues(tf.tensor1d(values))))).toBe(false);
  }
});
