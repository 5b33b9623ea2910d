/** The network and picture of attention_studio.safetensors, and NumPy's numbers for them. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { storedShape, toStored } from '../../../src/model/border.ts';
import type { Tensors } from '../../../src/model/network.ts';
import type { VitShape } from '../../../src/model/shapes.ts';
import { networkSpec } from '../../../src/model/specs.ts';
import { LEAST_HEAD } from './least-head.ts';

const file = readSafetensors(
  readFileSync(new URL('../../fixtures/attention_studio.safetensors', import.meta.url)),
);
const config = z
  .object({
    img_size: z.int(),
    patch_size: z.int(),
    embed_dim: z.int(),
    depth: z.int(),
    num_heads: z.int(),
    mlp_ratio: z.number(),
    rows: z.int(),
    columns: z.int(),
    from_patch: z.int(),
  })
  .parse(JSON.parse(file.metadata.config ?? ''));

export const SHAPE: VitShape = {
  patchSize: config.patch_size,
  dim: config.embed_dim,
  depth: config.depth,
  heads: config.num_heads,
  mlpRatio: config.mlp_ratio,
  qkvBias: true,
};
export const GRID = { rows: config.rows, columns: config.columns };
export const FROM_PATCH = config.from_patch;

/** NumPy's numbers of this name. */
export function numbers(name: string): Float32Array {
  const found = file.tensors.get(name)?.data;
  if (!(found instanceof Float32Array)) throw new Error(`The fixture lacks "${name}"`);
  return found;
}

/** The backbone on the present backend. */
export function studioNetwork(): Tensors {
  const { parameters } = networkSpec({ imageSize: config.img_size, backbone: SHAPE, head: LEAST_HEAD });
  return new Map(
    parameters
      .filter(({ name }) => name.startsWith('backbone.'))
      .map((spec) => [
        spec.name,
        tf.tensor(toStored(spec, numbers(spec.name)), storedShape(spec), 'float32'),
      ]),
  );
}

export function largestDifference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.NaN;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs((found[i] ?? Number.NaN) - (wanted[i] ?? Number.NaN));
    if (Number.isNaN(difference)) return Number.NaN;
    largest = Math.max(largest, difference);
  }
  return largest;
}
