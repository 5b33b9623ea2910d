/** Backbone and head over views batched by size, [B, N, D], out of stock tfjs ops. */
import * as tf from '@tensorflow/tfjs-core';
import { resampleMatrix } from '../../src/core/positions.ts';
import type { NaiveSettings } from './inputs.ts';
import {
  type BatchMoments,
  batchNorm,
  dense,
  denseOfData,
  gelu,
  l2Normalize,
  layerNorm,
  named,
  selfAttention,
  type Tensors,
  weightNorm,
} from './layers.ts';

export interface Batch {
  /** [sequences, rows·columns, 3·patch²]. */
  patches: tf.Tensor3D;
  rows: number;
  columns: number;
  /** What a branch is multiplied with, [sequences, 1, 1]; null keeps it. */
  keep: (block: number, branch: 0 | 1) => tf.Tensor | null;
}

const kept = new Map<string, tf.Tensor>();

/** Makes a tensor once and holds it. */
function once(key: string, make: () => tf.Tensor): tf.Tensor {
  const held = kept.get(key);
  if (held) return held;
  const made = tf.keep(make());
  kept.set(key, made);
  return made;
}

/** The positional table for a patch grid: [1, 1 + rows·columns, D]. */
function positions(p: Tensors, side: number, rows: number, columns: number): tf.Tensor {
  const table = named(p, 'backbone.pos_embed'); // [1, 1 + side², D]
  if (rows === side && columns === side) return table;
  const dim = table.shape[2] ?? 0;
  const matrix = once(`positions ${side} ${rows} ${columns}`, () =>
    tf.tensor2d(resampleMatrix(side, rows, columns), [rows * columns, side * side]),
  );
  const cls = tf.slice(table, [0, 0, 0], [1, 1, dim]);
  const grid = tf.reshape<tf.Rank.R2>(tf.slice(table, [0, 1, 0], [1, side * side, dim]), [side * side, dim]);
  return tf.concat([cls, tf.reshape(tf.matMul(matrix, grid), [1, rows * columns, dim])], 1);
}

function tokens(p: Tensors, batch: Batch, settings: NaiveSettings): tf.Tensor {
  const { dim, patchSize } = settings.backbone;
  const [sequences] = batch.patches.shape;
  const patches = denseOfData(p, 'backbone.patch_embed.proj', batch.patches); // [B, N − 1, D]
  // tfjs's gradient of tile is two dispatches a repetition; a sum that broadcasts costs one.
  const blank = once(`blank ${sequences} ${dim}`, () => tf.zeros([sequences, 1, dim]));
  const cls = tf.add(blank, named(p, 'backbone.cls_token')); // [B, 1, D]
  const side = settings.views.globalSize / patchSize;
  return tf.add(tf.concat([cls, patches], 1), positions(p, side, batch.rows, batch.columns)); // [B, N, D]
}

function residual(x: tf.Tensor, branch: tf.Tensor, keep: tf.Tensor | null): tf.Tensor {
  return tf.add(x, keep ? tf.mul(branch, keep) : branch);
}

/** CLS features after the final norm: [sequences, D]. */
export function backbone(p: Tensors, batch: Batch, settings: NaiveSettings): tf.Tensor {
  const { depth, heads, dim, qkvBias } = settings.backbone;
  let x = tokens(p, batch, settings); // [B, N, D]
  for (let i = 0; i < depth; i++) {
    const name = `backbone.blocks.${i}`;
    const attended = selfAttention(p, `${name}.attn`, layerNorm(p, `${name}.norm1`, x), heads, qkvBias);
    x = residual(x, attended, batch.keep(i, 0));
    const hidden = gelu(dense(p, `${name}.mlp.fc1`, layerNorm(p, `${name}.norm2`, x)));
    x = residual(x, dense(p, `${name}.mlp.fc2`, hidden), batch.keep(i, 1));
  }
  const [sequences = 0] = x.shape;
  const cls = tf.reshape(tf.slice(x, [0, 0, 0], [sequences, 1, dim]), [sequences, dim]);
  return layerNorm(p, 'backbone.norm', cls);
}

/** [sequences, D] → logits [sequences, K]. */
export function head(
  p: Tensors,
  features: tf.Tensor,
  { head: shape }: NaiveSettings,
  seen: (name: string, moments: BatchMoments) => void,
): tf.Tensor {
  if (shape.bottleneck === null || shape.layers < 2)
    throw new RangeError('The naive head has a bottleneck and at least two layers');
  let x = features;
  let index = 0;
  for (let layer = 0; layer < shape.layers - 1; layer++) {
    x = dense(p, `head.mlp.${index++}`, x);
    if (shape.batchNorm === 'before-gelu') x = batchNorm(p, `head.mlp.${index++}`, x, seen);
    x = gelu(x);
    index++;
    if (shape.batchNorm === 'after-gelu') x = batchNorm(p, `head.mlp.${index++}`, x, seen);
  }
  const bottleneck = l2Normalize(dense(p, `head.mlp.${index}`, x));
  const prototypes = weightNorm(named(p, 'head.last_layer.weight_v'), named(p, 'head.last_layer.weight_g'));
  return tf.matMul(bottleneck, prototypes, false, true);
}
