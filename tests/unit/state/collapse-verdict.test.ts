/** The verdict on runs whose figures were measured: docs/decisions/collapse-verdict.md says how. */
import { describe, expect, it } from 'vitest';
import {
  EARLY,
  recent,
  type Signs,
  SPAN,
  type Verdict,
  verdictOf,
} from '../../../src/state/collapse-verdict.ts';

const lnK = Math.log(256);
const width = 96;

/** Entropy and KL in shares of ln K, spread in shares of 1/√width. */
function signs(
  steps: number,
  [entropy, kl, spread]: [number, number, number],
  usage: [perplexity: number, rank: number] | null,
): Signs {
  return {
    steps,
    lnK,
    width,
    loss: (entropy + kl) * lnK,
    teacherEntropy: entropy * lnK,
    kl: kl * lnK,
    featureSpread: spread / Math.sqrt(width),
    notFinite: false,
    usage: usage && { perplexity: usage[0], untrainedPerplexity: 74, rank: usage[1], untrainedRank: 20 },
  };
}

/** Of the samples preset with batches of 8: steps, [entropy, KL, spread], [perplexity, rank], verdict. */
const MEASURED: [string, Signs, Verdict][] = [
  ['as it is, at 50', signs(50, [0.271, 0.679, 0.539], [54.9, 18.6]), 'healthy'],
  ['as it is, at 160', signs(160, [0.427, 0.277, 0.367], [23.9, 21.8]), 'healthy'],
  ['without centering, at 50', signs(50, [0.171, 0.486, 0.569], [19.8, 17.6]), 'healthy'],
  ['without centering, at 100', signs(100, [0.015, 0.0065, 0.549], [1, 17.6]), 'one-dimensional'],
  ['without centering, at 160, not looked at', signs(160, [0, 0.0007, 0.512], null), 'one-dimensional'],
  ['without sharpening, at 50', signs(50, [0.933, 0.113, 0.597], [51.3, 19]), 'healthy'],
  ['without sharpening, at 160', signs(160, [0.994, 0.0068, 0.488], [60.8, 22.5]), 'uniform'],
  ['with a momentum of 0, at 50', signs(50, [0.068, 0.473, 0.444], [2.3, 24.8]), 'one-dimensional'],
  ['K 128, τ_t 0.03, no BatchNorm, lr 2e-3, at 50', signs(50, [0.765, 0.014, 0.186], [1, 21.8]), 'uniform'],
  ['the same, at 160', signs(160, [0.989, 0.0001, 0.079], [1.1, 23.9]), 'uniform'],
  ['with a learning rate of 10, at 50', signs(50, [0.984, 0.039, 0.064], [12.9, 8]), 'uniform'],
  ['with a learning rate of 10, at 160', signs(160, [0.096, 0.056, 0.002], [1, 4.2]), 'one-dimensional'],
  ['with 0.1 and no clipping, at 100', signs(100, [0.3, 0.089, 0.225], [3.9, 9.1]), 'one-dimensional'],
];

describe('the verdict', () => {
  it.each(MEASURED)('%s', (_, measured, verdict) => {
    expect(verdictOf(measured).verdict).toBe(verdict);
  });

  it('waits for the first steps, but not with a loss that is no number', () => {
    const first = signs(EARLY - 1, [0.18, 0.84, 0.5], [74, 20]);
    expect(verdictOf(first).verdict).toBe('early');
    expect(verdictOf({ ...first, notFinite: true }).verdict).toBe('diverged');
    expect(verdictOf({ ...first, loss: Number.NaN }).verdict).toBe('diverged');
  });

  it('calls a loss far above an even guess diverged, and one just above it not', () => {
    expect(verdictOf(signs(80, [0.2, 1.6, 0.5], [40, 20])).verdict).toBe('diverged');
    expect(verdictOf(signs(80, [0.2, 0.9, 0.5], [40, 20])).verdict).toBe('healthy');
  });

  it('takes a teacher that is certain of many prototypes for no collapse', () => {
    expect(verdictOf(signs(900, [0.01, 0.005, 0.6], [24, 20])).verdict).toBe('healthy');
    expect(verdictOf(signs(900, [0.01, 0.005, 0.6], [1.1, 20])).verdict).toBe('one-dimensional');
  });

  it('sees features that no longer tell images apart', () => {
    expect(verdictOf(signs(900, [0.3, 0.2, 0.05], [24, 20])).verdict).toBe('one-dimensional');
    expect(verdictOf(signs(900, [0.3, 0.2, 0.5], [24, 3])).verdict).toBe('one-dimensional');
  });

  it('gives a reason and a remedy, a sentence each', () => {
    for (const [, measured] of MEASURED) {
      const { reason, remedy } = verdictOf(measured);
      for (const sentence of [reason, remedy]) expect(sentence).toMatch(/^[A-Z][^.]+\.$/);
    }
  });
});

it('averages the last steps alone', () => {
  const values = Array.from({ length: SPAN + 5 }, (_, i) => (i < 5 ? 100 : 2));
  expect(recent(values)).toBe(2);
  expect(recent([1, 3])).toBe(2);
});
