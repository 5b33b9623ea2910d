/** A run that the cluster's project goes on with: its state after a few steps, the views of the next ones, and where they lead. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunTree, writeTree } from '../../src/checkpoint/state.ts';
import type { RunConfig } from '../../src/config/schema.ts';
import { type StoredTensor, writeSafetensors } from '../../src/core/safetensors.ts';
import { rowSide } from '../../src/model/shapes.ts';
import type { PackedViews } from '../../src/model/vit.ts';
import { TrainingRun } from '../../src/trainer/training-run.ts';
import { sampleCatalogue } from '../../tools/sample-catalogue.ts';

export interface Continued {
  before: RunTree;
  losses: number[];
  after: RunTree;
}

/** Writes what the project starts from into a folder, and takes the same steps here. */
export async function continueHere(
  folder: string,
  config: RunConfig,
  images: number,
  [before, steps]: [before: number, steps: number],
): Promise<Continued> {
  const run = new TrainingRun(config, sampleCatalogue(images, 0), { recorded: false });
  await run.prepare();
  for (let i = 0; i < before; i++) await (await run.advance()).figures;
  const start = await run.tree();
  const views = new Map<string, StoredTensor>();
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const pending = await run.advance(async ({ inputs }) => {
      const images = await imagesOf(inputs.views, config);
      for (const [view, tensor] of images.entries()) views.set(`${step}/${view}`, tensor);
    });
    losses.push((await pending.figures).loss);
  }
  const after = await run.tree();
  run.dispose();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'state.safetensors'), writeTree(start));
  writeFileSync(join(folder, 'config.json'), start.config);
  writeFileSync(
    join(folder, 'images.json'),
    JSON.stringify(Array.from({ length: images }, (_, i) => `${i}`)),
  );
  writeFileSync(join(folder, 'views.safetensors'), writeSafetensors({ metadata: {}, tensors: views }));
  return { before: start, losses, after };
}

/** Patches back into images: a [batch, 3, size, size] a view. */
async function imagesOf({ patches, layout }: PackedViews, config: RunConfig): Promise<StoredTensor[]> {
  const { batchSize } = config.training;
  const side = rowSide(config.backbone);
  const rows = await patches.data<'float32'>();
  const images: StoredTensor[] = [];
  let from = 0;
  for (const { sequences, rows: down, columns } of layout.segments) {
    const size = down * side;
    for (let view = 0; view < sequences / batchSize; view++) {
      const data = new Float32Array(batchSize * 3 * size * size);
      for (let i = 0; i < batchSize; i++)
        for (let patch = 0; patch < down * columns; patch++)
          for (let channel = 0; channel < 3; channel++)
            for (let y = 0; y < side; y++)
              for (let x = 0; x < side; x++) {
                const top = Math.floor(patch / columns) * side + y;
                const left = (patch % columns) * side + x;
                data[((i * 3 + channel) * size + top) * size + left] = rows[from++] ?? Number.NaN;
              }
      images.push({ dtype: 'F32', shape: [batchSize, 3, size, size], data });
    }
  }
  return images;
}

export interface Gap {
  name: string;
  /** Largest |difference| of an element. */
  most: number;
  /** Root of the mean of the squares of the differences, and of how far the tensor came in these steps. */
  apart: number;
  moved: number;
}

/**
 * Without the biases of keys, the middle third of qkv's: attention does not depend on them, so their true gradient is 0,
 * and what moves them is rounding.
 */
const moving = (name: string, values: Float32Array) =>
  name.endsWith('attn.qkv.bias')
    ? values.filter((_, i) => Math.floor((3 * i) / values.length) !== 1)
    : values;

/** How far two ways of going on have come apart, tensor by tensor. */
export function gaps(before: RunTree, here: RunTree, there: RunTree): Gap[] {
  return [...here.tensors].map(([name, tensor]) => {
    const [data, first, other] = [tensor, before.tensors.get(name), there.tensors.get(name)].map(
      (found) => found && moving(name, found.data),
    );
    if (!data || !first || other?.length !== data.length)
      throw new RangeError(`"${name}" is not in all of the states`);
    const apart = data.map((value, i) => value - (other[i] ?? Number.NaN));
    const moved = data.map((value, i) => value - (first[i] ?? Number.NaN));
    const largest = apart.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
    return { name, most: largest, apart: rootMeanSquare(apart), moved: rootMeanSquare(moved) };
  });
}

const rootMeanSquare = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
