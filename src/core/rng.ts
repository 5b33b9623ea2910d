/**
 * A counter-based random generator: every draw is a pure function of (seed, purpose, counters), so no state is saved.
 * Philox 4×32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */

/** What a stream of draws is for. The numbers are part of a run's identity: never reuse or renumber one. */
export const PURPOSE = {
  shuffle: 1,
  crop: 2,
  init: 3,
  dropPath: 4,
  split: 5,
  samples: 6,
  evaluation: 7,
  clusters: 8,
  probe: 9,
  finetune: 10,
  embedding: 11,
  runName: 12,
} as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers, in 32-bit arithmetic throughout. */
function mulHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** One Philox block: four 32-bit words from a 128-bit counter and a 64-bit key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0);
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

export interface Rng {
  /** Uniform 32-bit unsigned integer. */
  bits(): number;
  /** Uniform in [0, 1), 24 bits. */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** Fisher–Yates permutation of 0 … n−1. */
  permutation(n: number): Uint32Array;
}

/** The draws of one purpose, at up to three counters (epoch, image id, view index, …). */
export function rng(seed: number, purpose: Purpose, a = 0, b = 0, c = 0): Rng {
  const key = [seed >>> 0, purpose] as const;
  let block = 0;
  let words: [number, number, number, number] = [0, 0, 0, 0];
  let used = 4;
  const bits = () => {
    if (used === 4) {
      words = philox([block++, a >>> 0, b >>> 0, c >>> 0], key);
      used = 0;
    }
    return words[used++] ?? 0;
  };
  const uniform = () => (bits() >>> 8) / 0x1000000;
  const below = (n: number) => Math.floor(uniform() * n);
  return {
    bits,
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    below,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    permutation: (n) => {
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = below(i + 1);
        const held = order[i] ?? 0;
        order[i] = order[j] ?? 0;
        order[j] = held;
      }
      return order;
    },
  };
}
