/** How PyTorch fine-tunes a small network (make_finetune.py), in our layouts. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { classifierLayers, type Kept } from '../../../src/eval/classifier.ts';
import { type Body, Tuning } from '../../../src/eval/tuning.ts';
import { storedShape, toOfficial, toStored } from '../../../src/model/border.ts';
import type { VitShape } from '../../../src/model/shapes.ts';
import { networkSpec, type ParameterSpec } from '../../../src/model/specs.ts';
import { clsFeatures } from '../../../src/model/vit.ts';
import { tokenLayout } from '../../../src/ops/layout.ts';
import { LEAST_HEAD } from './least-head.ts';

const file = readSafetensors(readFileSync(new URL('../../fixtures/finetune.safetensors', import.meta.url)));
const config = z
  .object({
    img_size: z.int(),
    patch_size: z.int(),
    embed_dim: z.int(),
    depth: z.int(),
    num_heads: z.int(),
    mlp_ratio: z.number(),
    width: z.int(),
    hidden: z.array(z.int()),
    classes: z.int(),
    steps: z.int(),
    batch: z.int(),
    lr: z.number(),
    weight_decay: z.number(),
  })
  .parse(JSON.parse(file.metadata.config ?? ''));

export const { steps: STEPS, batch: BATCH, classes: CLASSES } = config;
export type Name = 'head' | 'whole';

/** PyTorch's numbers of this name. */
export function numbers(name: string): Float32Array {
  const found = file.tensors.get(name)?.data;
  if (!(found instanceof Float32Array)) throw new Error(`The fixture lacks "${name}"`);
  return found;
}

export const labelsOf = (name: Name, step: number): number[] =>
  Array.from(file.tensors.get(`${name}/labels`)?.data ?? [], Number).slice(step * BATCH, (step + 1) * BATCH);

export const backbone: VitShape = {
  patchSize: config.patch_size,
  dim: config.embed_dim,
  depth: config.depth,
  heads: config.num_heads,
  mlpRatio: config.mlp_ratio,
  qkvBias: true,
};
export const layers = classifierLayers(config.width, CLASSES, config.hidden);

const classifierSpecs: ParameterSpec[] = layers.flatMap(({ name, from, to }): ParameterSpec[] => [
  { name: `${name}.weight`, shape: [to, from], layout: 'linear', init: { kind: 'constant', value: 0 } },
  { name: `${name}.bias`, shape: [to], layout: 'as-is', init: { kind: 'constant', value: 0 } },
]);
const backboneSpecs = networkSpec({
  imageSize: config.img_size,
  backbone,
  head: LEAST_HEAD,
}).parameters.filter(({ name }) => name.startsWith('backbone.'));

export const specsOf = (name: Name) =>
  name === 'whole' ? [...backboneSpecs, ...classifierSpecs] : classifierSpecs;

const tensorsOf = (prefix: string, specs: readonly ParameterSpec[]) =>
  new Map(
    specs.map((spec) => [
      spec.name,
      tf.tensor(toStored(spec, numbers(`${prefix}/${spec.name}`)), storedShape(spec), 'float32'),
    ]),
  );

/** Normalised patch rows of an image of the run, numbered over all steps. */
function patchesOf(image: number): Float32Array {
  const { img_size: size, patch_size: patch } = config;
  const pixels = numbers('whole/images').subarray(3 * size * size * image, 3 * size * size * (image + 1));
  const rows = new Float32Array(pixels.length);
  let at = 0;
  for (let row = 0; row < size; row += patch)
    for (let column = 0; column < size; column += patch)
      for (let channel = 0; channel < 3; channel++)
        for (let y = row; y < row + patch; y++)
          for (let x = column; x < column + patch; x++)
            rows[at++] = pixels[(channel * size + y) * size + x] ?? 0;
  return rows;
}

function bodyOf(name: Name): Body {
  if (name === 'head')
    return {
      parameters: new Map(),
      features: (_, images) => {
        const rows = [...images].flatMap((image) => [
          ...numbers('head/features').subarray(config.width * image, config.width * (image + 1)),
        ]);
        return tf.tensor2d(rows, [images.length, config.width]);
      },
    };
  const side = config.img_size / config.patch_size;
  return {
    parameters: tensorsOf('whole/start', backboneSpecs),
    features: (p, images) => {
      const patches = tf.tensor2d(
        [...images].flatMap((image) => [...patchesOf(image)]),
        [images.length * side * side, 3 * config.patch_size ** 2],
      );
      const layout = tokenLayout([{ sequences: images.length, rows: side, columns: side }]);
      return clsFeatures(p, { patches, layout }, backbone);
    },
  };
}

/** The run before its first step. */
export function tuningOf(name: Name): Tuning {
  const body = bodyOf(name);
  const start = tensorsOf(`${name}/start`, classifierSpecs);
  const tuning = new Tuning(body, layers, start, { rate: config.lr, weightDecay: config.weight_decay });
  tf.dispose([...body.parameters.values(), ...start.values()]);
  return tuning;
}

export function keptOf(name: Name, step: number): Kept {
  return config.hidden.map((width, i) => tf.tensor2d(numbers(`${name}/keep/${step}/${i}`), [BATCH, width]));
}

/** A parameter of ours as PyTorch has it. */
export async function official(tensor: tf.Tensor | undefined, spec: ParameterSpec): Promise<Float32Array> {
  if (!tensor) throw new Error(`There is no ${spec.name}`);
  return toOfficial(spec, Float32Array.from(await tensor.data<'float32'>()));
}
