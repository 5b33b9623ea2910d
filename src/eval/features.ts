/** Features of many images, batch by batch, so that a long evaluation can be interrupted and others can work between. */
import * as tf from '@tensorflow/tfjs-core';
import { evaluationFeatures } from '../model/backbone.ts';
import type { Tensors } from '../model/network.ts';
import { type BackboneShape, featureWidth, rowSide } from '../model/shapes.ts';
import { tokenLayout } from '../ops/layout.ts';
import { l2Normalize } from '../ops/normalize.ts';

/** Normalised patch rows [(to − from)·patches, 3·patch²] of images `from` … `to` − 1, as square pictures of `size` px. */
export type RowsOf = (from: number, to: number) => Float32Array;

export interface Evaluation {
  /** Images a batch. */
  batch: number;
  /** Side of the pictures, pixels. */
  size: number;
  /** Awaited between batches; may throw to give up. */
  between: () => Promise<void>;
}

/** L2-normalised features of `count` images: [count, width]; `tensors` has the buffers too. Nothing is left on the device. */
export async function cosineFeatures(
  tensors: Tensors,
  shape: BackboneShape,
  count: number,
  rowsOf: RowsOf,
  { batch, size, between }: Evaluation,
): Promise<Float32Array> {
  const square = rowSide(shape);
  const side = size / square;
  const width = featureWidth(shape);
  const features = new Float32Array(count * width);
  for (let from = 0; from < count; from += batch) {
    const to = Math.min(count, from + batch);
    const unit = tf.tidy(() => {
      const patches = tf.tensor2d(rowsOf(from, to), [(to - from) * side * side, 3 * square ** 2]);
      const layout = tokenLayout([{ sequences: to - from, rows: side, columns: side }]);
      return l2Normalize(evaluationFeatures(tensors, { patches, layout }, shape)); // [batch, width]
    });
    features.set(await unit.data<'float32'>(), from * width);
    unit.dispose();
    await between();
  }
  return features;
}

/** Raw pixels as features: the normalised patch rows of each image, L2-normalised. [count, 3·size²] */
export function pixelFeatures(count: number, rowsOf: RowsOf): Float32Array {
  const rows = rowsOf(0, count);
  return unitLength(rows, rows.length / count);
}

/** Rows scaled to unit length: [n, width]. */
export function unitLength(rows: Float32Array, width: number): Float32Array<ArrayBuffer> {
  const unit = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += width) {
    let sum = 0;
    for (let j = at; j < at + width; j++) sum += (rows[j] ?? 0) ** 2;
    const norm = Math.max(Math.sqrt(sum), 1e-12);
    for (let j = at; j < at + width; j++) unit[j] = (rows[j] ?? 0) / norm;
  }
  return unit;
}
