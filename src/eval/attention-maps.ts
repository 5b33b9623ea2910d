/** Attention of the last block's CLS token to the patches (official visualize_attention.py). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../model/network.ts';
import type { VitShape } from '../model/shapes.ts';
import { lastAttention } from '../model/vit.ts';
import { tokenLayout } from '../ops/layout.ts';

/**
 * Maps of `images` square pictures of `size` px, given as normalised patch rows: [images, heads, rows, columns], flat.
 * What the CLS token attends to in itself is left out, so a map sums to at most 1.
 */
export async function clsAttention(
  parameters: Tensors,
  shape: VitShape,
  rows: Float32Array,
  images: number,
  size: number,
): Promise<Float32Array<ArrayBuffer>> {
  const side = size / shape.patchSize;
  const maps = tf.tidy(() => {
    const patches = tf.tensor2d(rows, [images * side * side, 3 * shape.patchSize ** 2]);
    const layout = tokenLayout([{ sequences: images, rows: side, columns: side }]);
    const [attention] = lastAttention(parameters, { patches, layout }, shape); // [images, heads, 1 + n, 1 + n]
    if (!attention) throw new RangeError('There are no images to look at');
    return tf.slice(attention, [0, 0, 0, 1], [images, shape.heads, 1, side * side]);
  });
  const values = Float32Array.from(await maps.data<'float32'>());
  maps.dispose();
  return values;
}
