/** The vision transformer (Dosovitskiy et al. 2021, as in the official DINO code), over the tokens of all views at once. */
import type * as tf from '@tensorflow/tfjs-core';
import { attention, attentionWeights } from '../ops/attention.ts';
import { assembleTokens, leadingRows, positionsFor, selectCls } from '../ops/embed.ts';
import { layerNorm, layerNormBeside } from '../ops/layer-norm.ts';
import type { Segment, TokenLayout } from '../ops/layout.ts';
import { addLinear, type Layer, linear, linearOfData } from '../ops/linear.ts';
import { addMlp } from '../ops/mlp.ts';
import { cube, matrix, type Tensors, vector } from './network.ts';
import type { VitShape } from './shapes.ts';

/** Patches of all views as rows, [Σ sequences·patches, 3·patch²], and where each view's tokens will lie. */
export interface PackedViews {
  patches: tf.Tensor2D;
  layout: TokenLayout;
}

/** What a branch is multiplied with, row by row ([rows, 1]); null keeps it. Branch 0 is attention, 1 the MLP. */
export type DropPath = (block: number, branch: 0 | 1) => tf.Tensor2D | null;

/** The global views alone: the first segment. */
export function globalViews({ patches, layout }: PackedViews): PackedViews {
  const [globals, ...rest] = layout.segments;
  if (!globals) throw new RangeError('There are no views');
  if (rest.length === 0) return { patches, layout };
  const { sequences, rows, columns, length } = globals;
  return {
    patches: leadingRows(patches, sequences * rows * columns),
    layout: { segments: [globals], tokens: sequences * length, sequences },
  };
}

const keepAll: DropPath = () => null;

/** Patches → tokens before the first block, [tokens, dim]: patch projection, CLS, positions of each resolution. */
export function embed(p: Tensors, { patches, layout }: PackedViews): tf.Tensor2D {
  const projected = linearOfData(
    patches,
    matrix(p, 'backbone.patch_embed.proj.weight'),
    vector(p, 'backbone.patch_embed.proj.bias'),
  ); // [Σ S·N, dim]
  const positions = positionsFor(cube(p, 'backbone.pos_embed'), layout); // [Σ 1 + N, dim]
  return assembleTokens(projected, cube(p, 'backbone.cls_token'), positions, layout); // [tokens, dim]
}

const norm = (p: Tensors, name: string, x: tf.Tensor2D) =>
  layerNorm(x, vector(p, `${name}.weight`), vector(p, `${name}.bias`));

const layer = (p: Tensors, name: string): Layer => ({
  w: matrix(p, `${name}.weight`),
  b: vector(p, `${name}.bias`),
});

/** The normed tokens for a branch, and the tokens for the residual connection around it: [rows, dim] both. */
const fork = (p: Tensors, name: string, x: tf.Tensor2D) =>
  layerNormBeside(x, vector(p, `${name}.weight`), vector(p, `${name}.bias`));

function qkv(p: Tensors, block: string, normed: tf.Tensor2D, shape: VitShape): tf.Tensor2D {
  const bias = shape.qkvBias ? vector(p, `${block}.attn.qkv.bias`) : null;
  return linear(normed, matrix(p, `${block}.attn.qkv.weight`), bias); // [tokens, 3·dim]
}

/**
 * What attention makes of the tokens, before its projection, and the tokens themselves: [tokens, dim] both; and what it
 * is made of, queries, keys and values: [tokens, 3·dim].
 */
function attend(
  p: Tensors,
  i: number,
  tokens: tf.Tensor2D,
  layout: TokenLayout,
  shape: VitShape,
): { attended: tf.Tensor2D; x: tf.Tensor2D; rows: tf.Tensor2D } {
  const name = `backbone.blocks.${i}`;
  const [normed, x] = fork(p, `${name}.norm1`, tokens);
  const rows = qkv(p, name, normed, shape);
  return { attended: attention(rows, layout, shape.heads), x, rows };
}

/** The rest of the block, row by row: attention's projection and the MLP. x and attended [rows, dim] → [rows, dim]. */
function afterAttention(
  p: Tensors,
  i: number,
  { attended, x }: { attended: tf.Tensor2D; x: tf.Tensor2D },
  dropPath: DropPath,
): tf.Tensor2D {
  const name = `backbone.blocks.${i}`;
  const projected = addLinear(x, attended, layer(p, `${name}.attn.proj`), dropPath(i, 0)); // [rows, dim]
  const [normed, y] = fork(p, `${name}.norm2`, projected);
  const [fc1, fc2] = [layer(p, `${name}.mlp.fc1`), layer(p, `${name}.mlp.fc2`)];
  return addMlp(y, normed, fc1, fc2, dropPath(i, 1)); // [rows, dim]
}

/** Tokens after the first `blocks` blocks, before the final norm: [tokens, dim]. */
function tokensAfter(
  p: Tensors,
  views: PackedViews,
  shape: VitShape,
  blocks: number,
  dropPath: DropPath,
): tf.Tensor2D {
  let x = embed(p, views);
  for (let i = 0; i < blocks; i++) x = afterAttention(p, i, attend(p, i, x, views.layout, shape), dropPath);
  return x;
}

/** One block by itself: the tokens after it [tokens, dim], and its queries, keys and values [tokens, 3·dim]. */
export function block(
  p: Tensors,
  i: number,
  tokens: tf.Tensor2D,
  layout: TokenLayout,
  shape: VitShape,
): { tokens: tf.Tensor2D; qkv: tf.Tensor2D } {
  const inside = attend(p, i, tokens, layout, shape);
  return { tokens: afterAttention(p, i, inside, keepAll), qkv: inside.rows };
}

/** The norm after the last block: [tokens, dim] → [tokens, dim]. */
export const finalNorm = (p: Tensors, tokens: tf.Tensor2D): tf.Tensor2D => norm(p, 'backbone.norm', tokens);

/** CLS features after the final norm, view by view: [sequences, dim]. */
export function clsFeatures(
  p: Tensors,
  views: PackedViews,
  shape: VitShape,
  dropPath: DropPath = keepAll,
): tf.Tensor2D {
  const last = shape.depth - 1;
  const tokens = tokensAfter(p, views, shape, last, dropPath); // [tokens, dim]
  const { attended, x } = attend(p, last, tokens, views.layout, shape); // [tokens, dim] both
  // Only attention mixes rows: after the last one it is enough to go on with those that are used.
  const cls = (rows: tf.Tensor2D) => selectCls(rows, views.layout);
  const dropCls: DropPath = (i, branch) => {
    const keep = dropPath(i, branch);
    return keep && cls(keep);
  };
  return finalNorm(p, afterAttention(p, last, { attended: cls(attended), x: cls(x) }, dropCls));
}

/**
 * CLS features of the last `blocks` blocks, each after the final norm, first block first (official
 * get_intermediate_layers, of which eval_linear takes the CLS tokens): a [sequences, dim] each.
 */
export function lastClsFeatures(
  p: Tensors,
  views: PackedViews,
  shape: VitShape,
  blocks: number,
): tf.Tensor2D[] {
  const first = shape.depth - blocks;
  let x = tokensAfter(p, views, shape, first, keepAll);
  return Array.from({ length: blocks }, (_, i) => {
    x = afterAttention(p, first + i, attend(p, first + i, x, views.layout, shape), keepAll);
    return norm(p, 'backbone.norm', selectCls(x, views.layout));
  });
}

/** All tokens after the final norm (official get_intermediate_layers(x, 1)): [tokens, dim]. */
export function tokenFeatures(p: Tensors, views: PackedViews, shape: VitShape): tf.Tensor2D {
  return finalNorm(p, tokensAfter(p, views, shape, shape.depth, keepAll));
}

/** Self-attention of the last block (official get_last_selfattention), a segment each: [sequences, heads, length, length]. */
export function lastAttention(p: Tensors, views: PackedViews, shape: VitShape): tf.Tensor4D[] {
  const last = shape.depth - 1;
  const x = tokensAfter(p, views, shape, last, keepAll);
  const block = `backbone.blocks.${last}`;
  const rows = qkv(p, block, norm(p, `${block}.norm1`, x), shape); // [tokens, 3·dim]
  return views.layout.segments.map((segment: Segment) => attentionWeights(rows, segment, shape.heads));
}
