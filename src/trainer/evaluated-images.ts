/** Which images evaluations look at, and how these are shown to a network. */
import type { RunConfig } from '../config/schema.ts';
import { PURPOSE, rng } from '../core/rng.ts';
import { evalView, wholeView } from '../data/augment.ts';
import type { Catalogue, CatalogueImage } from '../data/catalogue.ts';
import { patchRows } from '../data/view.ts';
import type { RowsOf } from '../eval/features.ts';

/** Raw pixels are compared at this size at most: 2,000 pictures of 224 px would take over a gigabyte. */
const MOST_PIXELS = 32;

/** Side at which raw pixels are compared, pixels. */
export const pixelSide = ({ views }: RunConfig): number => Math.min(MOST_PIXELS, views.globalSize);

/** A fixed, seeded choice of at most `most` of the ids, in their order. */
export function chosen(ids: number[], most: number, seed: number, which: number): number[] {
  if (ids.length <= most) return ids;
  const order = rng(seed, PURPOSE.evaluation, which).permutation(ids.length);
  return [...order.subarray(0, most)].sort((a, b) => a - b).map((i) => ids[i] ?? 0);
}

export const idsOf = (catalogue: Catalogue, split: 'train' | 'val', labelled: boolean): number[] =>
  catalogue.images.flatMap((image, id) =>
    image.split === split && (image.label !== null || !labelled) ? [id] : [],
  );

/** The labelled images of a split that scores are made of, at most as many as the settings allow. */
export function scoredIds(
  catalogue: Catalogue,
  { evaluation, training }: RunConfig,
  split: 'train' | 'val',
): number[] {
  const ids = idsOf(catalogue, split, true);
  return split === 'train'
    ? chosen(ids, evaluation.knnTrain, training.seed, 0)
    : chosen(ids, evaluation.knnVal, training.seed, 1);
}

/** @throws RangeError when there is no such image. */
export function imageOf(catalogue: Catalogue, id: number): CatalogueImage {
  const image = catalogue.images[id];
  if (!image) throw new RangeError(`There is no image ${id}`);
  return image;
}

/** Patch rows of the images as they are evaluated: resized to `size` px, cut into patches of `patch` px. */
export const evalRows =
  (
    catalogue: Catalogue,
    { evaluation }: RunConfig,
    ids: readonly number[],
    size: number,
    patch: number,
  ): RowsOf =>
  (from, to) => {
    const view = evaluation.centerCrop ? evalView : wholeView;
    return patchRows(
      ids.slice(from, to).map((id) => view(imageOf(catalogue, id), size)),
      patch,
    );
  };
