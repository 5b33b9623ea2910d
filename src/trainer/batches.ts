/** The views of one step, made from the crop plan and packed as patch rows. */
import type * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../config/schema.ts';
import type { Rgb } from '../core/pixels.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { epochOrder, GLOBAL_VIEWS, planView } from '../data/crop-plan.ts';
import { makeView, patchRows } from '../data/view.ts';
import { upload } from '../ops/assign.ts';
import { type TokenLayout, tokenLayout } from '../ops/layout.ts';

/** Ids of the images of each step; the last batch of an epoch is dropped if it is not full. */
export function batchPlan(catalogue: Catalogue, config: RunConfig, stepsPerEpoch: number) {
  const { seed, batchSize } = config.training;
  let held: { epoch: number; order: Uint32Array } | null = null;
  return (step: number): { epoch: number; ids: Uint32Array } => {
    const epoch = Math.floor(step / stepsPerEpoch);
    if (held?.epoch !== epoch) held = { epoch, order: epochOrder(seed, epoch, catalogue.trainCount) };
    const first = (step % stepsPerEpoch) * batchSize;
    return { epoch, ids: held.order.subarray(first, first + batchSize) };
  };
}

/** The view of an image exactly as the student gets it, before normalisation: [size, size, 3]. */
export function viewOf(
  catalogue: Catalogue,
  config: RunConfig,
  epoch: number,
  id: number,
  index: number,
): Rgb {
  const image = catalogue.images[id];
  if (!image) throw new RangeError(`There is no image ${id}`);
  return makeView(image, planView(config, config.training.seed, epoch, id, index, image.width, image.height));
}

/** Makes the views of each step into the rows that the step reads. */
export interface ViewSource {
  layout: TokenLayout;
  /** Numbers of a patch, 3·patch². */
  patchInputs: number;
  /** Fills patches [Σ sequences·patches, 3·patch²] in place: view by view, global views first, each of all images. */
  fill(step: number, patches: tf.Tensor2D): void | Promise<void>;
  dispose(): void;
}

export function viewSource(catalogue: Catalogue, config: RunConfig, stepsPerEpoch: number): ViewSource {
  const { globalSize, localSize, localCount } = config.views;
  const { batchSize } = config.training;
  const { patchSize } = config.backbone;
  const batchOf = batchPlan(catalogue, config, stepsPerEpoch);
  const values = batchSize * 3 * (GLOBAL_VIEWS * globalSize ** 2 + localCount * localSize ** 2);
  const rows = new Float32Array(values);
  const global = globalSize / patchSize;
  const local = localSize / patchSize;
  return {
    layout: tokenLayout([
      { sequences: GLOBAL_VIEWS * batchSize, rows: global, columns: global },
      { sequences: localCount * batchSize, rows: local, columns: local },
    ]),
    patchInputs: 3 * patchSize ** 2,
    fill: (step, patches) => {
      const { epoch, ids } = batchOf(step);
      let at = 0;
      for (let index = 0; index < GLOBAL_VIEWS + localCount; index++)
        for (const id of ids) {
          const view = viewOf(catalogue, config, epoch, id, index);
          patchRows([view], patchSize, rows, at);
          at += view.data.length;
        }
      upload(patches, rows);
    },
    dispose: () => undefined,
  };
}
