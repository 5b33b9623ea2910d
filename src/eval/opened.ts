/** A network opened up on one picture of any shape: what every block's attention is made of, and the tokens after it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../model/network.ts';
import type { VitShape } from '../model/shapes.ts';
import { block, embed, finalNorm } from '../model/vit.ts';
import { type Segment, tokenLayout } from '../ops/layout.ts';
import type { Between } from './pace.ts';

export interface OpenedBlock {
  /** Queries, keys and values, [1 + patches, 3·dim]. */
  qkv: tf.Tensor2D;
  /** The tokens after the block, through the final norm as the official get_intermediate_layers does it: [1 + patches, dim]. */
  tokens: tf.Tensor2D;
}

/** It stays on the device until `close`. */
export interface Opened {
  segment: Segment;
  heads: number;
  blocks: readonly OpenedBlock[];
}

/** One picture of rows × columns patches, given as normalised patch rows [rows·columns, 3·patch²]. */
export async function openNetwork(
  parameters: Tensors,
  shape: VitShape,
  patches: Float32Array,
  grid: { rows: number; columns: number },
  between: Between,
): Promise<Opened> {
  const layout = tokenLayout([{ sequences: 1, ...grid }]);
  const [segment] = layout.segments;
  if (!segment) throw new RangeError('There is no picture to look at');
  const blocks: OpenedBlock[] = [];
  let x = tf.tidy(() => {
    const rows = tf.tensor2d(patches, [grid.rows * grid.columns, 3 * shape.patchSize ** 2]);
    return embed(parameters, { patches: rows, layout });
  });
  try {
    for (let i = 0; i < shape.depth; i++) {
      await between();
      const before = x;
      const made = tf.tidy(() => {
        const { tokens, qkv } = block(parameters, i, before, layout, shape);
        return { x: tokens, qkv, tokens: finalNorm(parameters, tokens) };
      });
      before.dispose();
      x = made.x;
      blocks.push({ qkv: made.qkv, tokens: made.tokens });
    }
  } catch (error) {
    close({ segment, heads: shape.heads, blocks });
    throw error;
  } finally {
    x.dispose();
  }
  return { segment, heads: shape.heads, blocks };
}

export function close({ blocks }: Opened): void {
  for (const { qkv, tokens } of blocks) tf.dispose([qkv, tokens]);
}

/** Bytes that an opened network takes on the device. */
export const bytesOf = ({ blocks }: Opened): number =>
  blocks.reduce((sum, { qkv, tokens }) => sum + 4 * (qkv.size + tokens.size), 0);

/** The block's tensors. @throws RangeError where there is no such block. */
export function blockOf({ blocks }: Opened, i: number): OpenedBlock {
  const found = blocks[i];
  if (!found) throw new RangeError(`There is no block ${i}: choose one of 0 to ${blocks.length - 1}`);
  return found;
}
