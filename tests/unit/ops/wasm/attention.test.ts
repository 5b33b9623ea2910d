/** Attention of our WASM module against the op's composition, forward and back. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention } from '../../../../src/ops/attention.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import { type TokenLayout, tokenLayout } from '../../../../src/ops/layout.ts';
import { startBackend } from '../../../../tools/node-backend.ts';
import { asMatrix } from '../tensors.ts';
import { expectClose, random, runKernel, worstError } from './kernels.ts';

/** Exponents and sums of a few hundred terms: a few roundings of 6e-8 each. */
const TOLERANCE = 5e-6;

beforeAll(async () => {
  await startBackend('wasm');
});

const CASES = [
  { name: 'the presets’ views', groups: [grid(4, 8, 8), grid(8, 4, 4)], heads: 3, width: 32 },
  { name: 'odd lengths, heads of 12', groups: [grid(5, 3, 2), grid(3, 1, 1)], heads: 2, width: 12 },
  { name: 'heads of 3, two tokens', groups: [grid(2, 1, 1)], heads: 3, width: 3 },
  { name: 'a sequence of several blocks', groups: [grid(1, 14, 14), grid(1, 6, 16)], heads: 2, width: 8 },
];

function grid(sequences: number, rows: number, columns: number) {
  return { sequences, rows, columns };
}

const settingsOf = ({ segments }: TokenLayout, heads: number) => ({
  segments: segments.flatMap(({ offset, sequences, length }) => [offset, sequences, length]),
  heads,
});

describe.each(CASES)('$name', ({ groups, heads, width }) => {
  const layout = tokenLayout(groups);

  it('gives the composition’s outputs and gradient', () => {
    const qkv = random([layout.tokens, 3 * heads * width], 1.5);
    const dy = random([layout.tokens, heads * width]);
    const wanted = composed(() =>
      tf.engine().gradients(() => attention(asMatrix(qkv), layout, heads), [qkv], dy),
    );
    const settings = settingsOf(layout, heads);
    const [out, lse] = runKernel('Attention', { qkv }, settings);
    expectClose([out], [wanted.value], TOLERANCE);
    expect(lse?.shape).toEqual([layout.tokens, heads]);
    const found = runKernel('AttentionGradient', { dy, qkv, out: out ?? null, lse: lse ?? null }, settings);
    expectClose(found, wanted.grads, TOLERANCE);
  });

  it('is the same on every call, whichever thread does what', () => {
    const qkv = random([layout.tokens, 3 * heads * width]);
    const once = runKernel('Attention', { qkv }, settingsOf(layout, heads)).map((t) => t.dataSync());
    const again = runKernel('Attention', { qkv }, settingsOf(layout, heads)).map((t) => t.dataSync());
    expect(again).toEqual(once);
  });
});

describe('the comparison', () => {
  it('notices heads that were mixed up', () => {
    const layout = tokenLayout([grid(2, 2, 2)]);
    const qkv = random([layout.tokens, 48]);
    const wanted = composed(() => attention(asMatrix(qkv), layout, 2)).dataSync();
    const right = runKernel('Attention', { qkv }, settingsOf(layout, 2))[0]?.dataSync() ?? [];
    const wrong = runKernel('Attention', { qkv }, settingsOf(layout, 4))[0]?.dataSync() ?? [];
    expect(worstError(right, wanted)).toBeLessThan(TOLERANCE);
    expect(worstError(wrong, wanted)).toBeGreaterThan(1e-2);
  });

  it('lets NaN through', () => {
    const layout = tokenLayout([grid(1, 2, 2)]);
    const values = new Float32Array(layout.tokens * 9).fill(0.5);
    values[3] = Number.NaN;
    const qkv = tf.tensor2d(values, [layout.tokens, 9]);
    const [out] = runKernel('Attention', { qkv }, settingsOf(layout, 1));
    expect(out?.dataSync().every(Number.isNaN)).toBe(true);
  });
});
