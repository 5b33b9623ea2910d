/** Multi-head self-attention inside each view of the packed token matrix. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';
import type { Segment, TokenLayout } from './layout.ts';

const transposed = (x: tf.Tensor3D) => tf.transpose(x, [0, 2, 1]);

/** Rows of one segment, split into heads: qkv [tokens, 3·dim] → q, k, v, each [sequences·heads, length, width]. */
function splitHeads(
  qkv: tf.Tensor2D,
  segment: Segment,
  heads: number,
): [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] {
  const { offset, sequences, length } = segment;
  const width = qkv.shape[1] / (3 * heads);
  const rows = tf.slice(qkv, [offset, 0], [sequences * length, qkv.shape[1]]);
  const perHead = tf.transpose(tf.reshape(rows, [sequences, length, 3 * heads, width]), [0, 2, 1, 3]); // [S, 3H, L, d]
  const part = (i: number) =>
    tf.reshape<tf.Rank.R3>(tf.slice(perHead, [0, i * heads, 0, 0], [sequences, heads, length, width]), [
      sequences * heads,
      length,
      width,
    ]);
  return [part(0), part(1), part(2)];
}

/** The reverse of splitHeads for any number of parts: each [S·H, L, d] → [S·L, parts·H·d]. */
function joinHeads(parts: tf.Tensor3D[], segment: Segment, heads: number): tf.Tensor2D {
  const { sequences, length } = segment;
  const width = parts[0]?.shape[2] ?? 0;
  const perHead = tf.concat(
    parts.map((part) => tf.reshape<tf.Rank.R4>(part, [sequences, heads, length, width])),
    1,
  ); // [S, parts·H, L, d]
  return tf.reshape(tf.transpose(perHead, [0, 2, 1, 3]), [sequences * length, parts.length * heads * width]);
}

/** softmax(q·kᵀ/√d) of one segment: [S·H, L, L]. */
function weights(q: tf.Tensor3D, k: tf.Tensor3D): tf.Tensor3D {
  const scores = tf.matMul<tf.Tensor3D>(tf.mul(q, constant(1 / Math.sqrt(q.shape[2]))), transposed(k)); // [S·H, L, L]
  return softmaxRows(scores);
}

function softmaxRows(scores: tf.Tensor3D): tf.Tensor3D {
  const [batch, rows, columns] = scores.shape;
  // tfjs's WebGPU softmax writes wrong values beyond 65,535 rows, so it is spelled out.
  const flat = tf.reshape<tf.Rank.R2>(scores, [batch * rows, columns]);
  const exponents = tf.exp(tf.sub(flat, tf.max(flat, 1, true)));
  return tf.reshape(tf.div(exponents, tf.sum(exponents, 1, true)), scores.shape);
}

/** qkv [tokens, 3·dim] (q, k, v thirds, heads in order within each) → [tokens, dim]. */
export function attention(qkv: tf.Tensor2D, layout: TokenLayout, heads: number): tf.Tensor2D {
  const kernel = fusedKernel('Attention');
  const gradientKernel = fusedKernel('AttentionGradient');
  if (!kernel || !gradientKernel) return composition(qkv, layout, heads);
  const settings = {
    segments: layout.segments.flatMap(({ offset, sequences, length }) => [offset, sequences, length]),
    heads,
  };
  return differentiable([qkv], () => {
    // The logarithm of each row's sum of exponents, with which the gradient works the weights out again: [tokens, heads].
    const [value, lse] = kernel<[tf.Tensor2D, tf.Tensor2D]>({ qkv }, settings);
    return {
      value,
      saved: [qkv, value, lse],
      gradient: (dy, [rows, out, sums]) => gradientKernel({ dy, qkv: rows, out, lse: sums }, settings),
    };
  });
}

function composition(qkv: tf.Tensor2D, layout: TokenLayout, heads: number): tf.Tensor2D {
  return differentiable([qkv], () => {
    const saved: tf.Tensor3D[] = [];
    const outputs = layout.segments.map((segment) => {
      const [q, k, v] = splitHeads(qkv, segment, heads);
      const p = weights(q, k); // [S·H, L, L]
      saved.push(q, k, v, p);
      return joinHeads([tf.matMul<tf.Tensor3D>(p, v)], segment, heads);
    });
    return {
      value: concatRows(outputs),
      saved,
      gradient: (dy, kept) => {
        const parts = layout.segments.map((segment, i) => {
          const [q, k, v, p] = kept.slice(4 * i, 4 * i + 4);
          if (!q || !k || !v || !p) throw new RangeError(`Segment ${i} saved nothing`);
          const out = headsOf(dy, segment, heads); // [S·H, L, d]
          const dv = tf.matMul<tf.Tensor3D>(transposed(p), out);
          const dp = tf.matMul<tf.Tensor3D>(out, transposed(v)); // [S·H, L, L]
          const ds = tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), 2, true))); // [S·H, L, L]
          const scaled = tf.mul<tf.Tensor3D>(ds, constant(1 / Math.sqrt(q.shape[2])));
          const dq = tf.matMul<tf.Tensor3D>(scaled, k);
          const dk = tf.matMul<tf.Tensor3D>(transposed(scaled), q);
          return joinHeads([dq, dk, dv], segment, heads);
        });
        return [concatRows(parts)];
      },
    };
  });
}

/** Rows of one segment of x [tokens, dim] as [sequences·heads, length, width]. */
function headsOf(x: tf.Tensor2D, { offset, sequences, length }: Segment, heads: number): tf.Tensor3D {
  const width = x.shape[1] / heads;
  const rows = tf.slice(x, [offset, 0], [sequences * length, x.shape[1]]);
  return tf.reshape(tf.transpose(tf.reshape(rows, [sequences, length, heads, width]), [0, 2, 1, 3]), [
    sequences * heads,
    length,
    width,
  ]);
}

/**
 * What `count` tokens of every sequence, from token `first` on, attend to, without gradient:
 * [sequences, heads, count, length]; all tokens where nothing is said.
 */
export function attentionWeights(
  qkv: tf.Tensor2D,
  segment: Segment,
  heads: number,
  { first, count } = { first: 0, count: segment.length },
): tf.Tensor4D {
  const [q, k] = splitHeads(qkv, segment, heads);
  const [sequences, , width] = q.shape;
  const asking = tf.slice(q, [0, first, 0], [sequences, count, width]);
  return tf.reshape(weights(asking, k), [segment.sequences, heads, count, segment.length]);
}

function concatRows(parts: tf.Tensor2D[]): tf.Tensor2D {
  const [first] = parts;
  return parts.length === 1 && first ? first : tf.concat(parts, 0);
}
