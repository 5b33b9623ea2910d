/** Attention of any token in any block, followed through the blocks (rollout), and how far it reaches. */
import * as tf from '@tensorflow/tfjs-core';
import { attentionWeights } from '../ops/attention.ts';
import type { Segment } from '../ops/layout.ts';
import { product } from '../ops/matmul.ts';
import { blockOf, type Opened } from './opened.ts';
import type { Between } from './pace.ts';

/** The CLS token comes first; patch i is token 1 + i. */
export const CLS = 0;

/** What a token of block `i` attends to among the patches, a map a head: [heads, rows, columns], flat. Its own CLS share is left out. */
export async function tokenAttention(
  opened: Opened,
  i: number,
  token: number,
): Promise<Float32Array<ArrayBuffer>> {
  const { segment, heads } = opened;
  const maps = tf.tidy(() => {
    const weights = attentionWeights(blockOf(opened, i).qkv, segment, heads, { first: token, count: 1 }); // [1, heads, 1, length]
    return tf.slice(weights, [0, 0, 0, 1], [1, heads, 1, segment.length - 1]);
  });
  return taken(maps);
}

/** Weights that are on the device at a time, where nothing else is said: 16 MiB of them. */
const PIECE = 2 ** 22;

/** Tokens from `first` on whose attention is looked at together. */
function pieces(
  { length }: Segment,
  heads: number,
  first: number,
  weights: number,
): { first: number; count: number }[] {
  const most = Math.max(1, Math.floor(weights / (heads * length)));
  const found: { first: number; count: number }[] = [];
  for (let at = first; at < length; at += most) found.push({ first: at, count: Math.min(most, length - at) });
  return found;
}

/**
 * Attention rollout (Abnar & Zuidema 2020, §3) from a token of block `last` down to the picture: with Â = ½·(mean of the
 * heads' attention) + ½·I of each block, the token's row of Â_last · … · Â_0, its patches' part: [rows, columns], flat.
 */
export async function rollout(
  opened: Opened,
  last: number,
  token: number,
  between: Between,
  weightsAtATime = PIECE,
): Promise<Float32Array<ArrayBuffer>> {
  const { segment, heads } = opened;
  const { length } = segment;
  // One row is wanted, so it goes through the product from the left: no [length, length] matrix is ever whole.
  const start = new Float32Array(length);
  start[token] = 1;
  let row = tf.tensor2d(start, [1, length]);
  try {
    for (let i = last; i >= 0; i--) {
      const { qkv } = blockOf(opened, i);
      const before = row;
      row = await throughBlock(before, qkv, segment, heads, between, weightsAtATime);
      before.dispose();
    }
    return await taken(tf.tidy(() => tf.slice(row, [0, 1], [1, length - 1])));
  } finally {
    row.dispose();
  }
}

/** row · Â of one block, [1, length]; `row` stays. */
async function throughBlock(
  row: tf.Tensor2D,
  qkv: tf.Tensor2D,
  segment: Segment,
  heads: number,
  between: Between,
  weightsAtATime: number,
): Promise<tf.Tensor2D> {
  let sum = tf.tidy(() => tf.mul<tf.Tensor2D>(row, 0.5));
  try {
    for (const piece of pieces(segment, heads, 0, weightsAtATime)) {
      await between();
      const before = sum;
      sum = tf.tidy(() => {
        const weights = attentionWeights(qkv, segment, heads, piece); // [1, heads, count, length]
        const asking = tf.mul<tf.Tensor2D>(tf.slice(row, [0, piece.first], [1, piece.count]), 0.5 / heads); // [1, count]
        const everyHead = tf.concat(
          Array.from({ length: heads }, () => asking),
          1,
        ); // [1, heads·count]
        const flat = tf.reshape<tf.Rank.R2>(weights, [heads * piece.count, segment.length]);
        return tf.add<tf.Tensor2D>(before, product(everyHead, flat));
      });
      before.dispose();
    }
    return sum;
  } catch (error) {
    sum.dispose();
    throw error;
  }
}

/**
 * Mean attention distance (Dosovitskiy et al. 2021, Fig. 7 and App. D.7) of every block and head, in pixels of the picture:
 * the distance from a patch to the patches that it attends to, each weighted by its share of the attention on patches,
 * between their centers, mean over the patches. [blocks][heads]
 */
export async function attentionDistances(
  opened: Opened,
  patchSize: number,
  between: Between,
  weightsAtATime = PIECE,
): Promise<number[][]> {
  const { segment, heads, blocks } = opened;
  const patches = segment.length - 1;
  const sums = blocks.map(() => new Float64Array(heads));
  for (const piece of pieces(segment, heads, 1, weightsAtATime)) {
    const reach = tf.tensor3d(distancesFrom(piece, segment, patchSize), [1, piece.count, patches]);
    try {
      for (const [i, { qkv }] of blocks.entries()) {
        await between();
        const means = tf.tidy(() => {
          const weights = attentionWeights(qkv, segment, heads, piece);
          const onPatches = tf.slice(weights, [0, 0, 0, 1], [1, heads, piece.count, patches]);
          const shares = tf.reshape<tf.Rank.R3>(onPatches, [heads, piece.count, patches]);
          const far = tf.div(tf.sum(tf.mul(shares, reach), 2), tf.sum(shares, 2)); // [heads, count]
          return tf.sum(far, 1);
        });
        const values = await taken(means);
        for (let head = 0; head < heads; head++)
          sums[i]?.set([(sums[i]?.[head] ?? 0) + (values[head] ?? 0)], head);
      }
    } finally {
      reach.dispose();
    }
  }
  return sums.map((perHead) => [...perHead].map((sum) => sum / patches));
}

/** From the patches of some tokens to all patches, between centers, pixels: [count, patches]. */
function distancesFrom(
  { first, count }: { first: number; count: number },
  { rows, columns }: { rows: number; columns: number },
  patchSize: number,
): Float32Array {
  const patches = rows * columns;
  const distances = new Float32Array(count * patches);
  for (let i = 0; i < count; i++) {
    const from = first - 1 + i;
    for (let to = 0; to < patches; to++) {
      const down = Math.floor(from / columns) - Math.floor(to / columns);
      const right = (from % columns) - (to % columns);
      distances[i * patches + to] = patchSize * Math.sqrt(down * down + right * right);
    }
  }
  return distances;
}

async function taken(tensor: tf.Tensor): Promise<Float32Array<ArrayBuffer>> {
  try {
    return Float32Array.from(await tensor.data<'float32'>());
  } finally {
    tensor.dispose();
  }
}
