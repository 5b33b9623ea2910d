/** The views of a step: of which images, drawn how, and as rows of patches. Pure, and without tfjs, as workers use it. */
import type { RunConfig } from '../config/schema.ts';
import type { Pixels } from '../core/pixels.ts';
import { epochOrder, GLOBAL_VIEWS, planView, type ViewDraw } from '../data/crop-plan.ts';
import { makeView, patchRows } from '../data/view.ts';
import { rowSide } from '../model/shapes.ts';

/** The images of a step, by their ids. */
export interface BatchPlan {
  epoch: number;
  ids: readonly number[];
}

/** What of a batch its views depend on. */
export interface Batch {
  epoch: number;
  images: readonly BatchImage[];
}

export interface BatchImage extends Pixels {
  id: number;
}

export interface PlannedView {
  image: BatchImage;
  draw: ViewDraw;
}

export interface Resolution {
  /** Side of a view, pixels. */
  size: number;
  /** Views of a step. */
  views: number;
}

/** Ids of the images of each step; the last batch of an epoch is dropped if it is not full. */
export function batchPlan(
  { training }: RunConfig,
  trainCount: number,
  stepsPerEpoch: number,
): (step: number) => BatchPlan {
  const { seed, batchSize } = training;
  let held: { epoch: number; order: Uint32Array } | null = null;
  return (step) => {
    const epoch = Math.floor(step / stepsPerEpoch);
    if (held?.epoch !== epoch) held = { epoch, order: epochOrder(seed, epoch, trainCount) };
    const first = (step % stepsPerEpoch) * batchSize;
    return { epoch, ids: [...held.order.subarray(first, first + batchSize)] };
  };
}

/** Global views first, then the local ones. */
export function resolutions({ views, training }: RunConfig): [Resolution, Resolution] {
  return [
    { size: views.globalSize, views: GLOBAL_VIEWS * training.batchSize },
    { size: views.localSize, views: views.localCount * training.batchSize },
  ];
}

/** View by view, each of all images: the order of sequences and rows. */
export function planViews(config: RunConfig, { epoch, images }: Batch): PlannedView[] {
  const { seed } = config.training;
  return Array.from({ length: GLOBAL_VIEWS + config.views.localCount }, (_, index) =>
    images.map((image) => ({
      image,
      draw: planView(config, seed, epoch, image.id, index, image.width, image.height),
    })),
  ).flat();
}

/** Numbers in all rows of a step. */
export const rowsLength = (config: RunConfig): number =>
  resolutions(config).reduce((sum, { size, views }) => sum + views * 3 * size * size, 0);

/** Fills `rows` [Σ views·patches, 3·patch²] with the normalised patches of all views. */
export function packViews(config: RunConfig, batch: Batch, rows: Float32Array<ArrayBuffer>): void {
  let at = 0;
  for (const { image, draw } of planViews(config, batch)) {
    const view = makeView(image, draw);
    patchRows([view], rowSide(config.backbone), rows, at);
    at += view.data.length;
  }
}
