/** Pictures for the page: thumbnails, and an image with every view that the student gets of it. */
import type { RunConfig } from '../config/schema.ts';
import { pixelsOf } from '../core/pixels.ts';
import type { Catalogue, CatalogueImage } from '../data/catalogue.ts';
import { GLOBAL_VIEWS, planView } from '../data/crop-plan.ts';
import { cropResize } from '../data/resize.ts';
import { augmentationsAlone, describeDraw, makeView } from '../data/view.ts';
import type { Crops, ImageCard, Pixels } from '../protocol/values.ts';

const THUMBNAIL = 64;

/** Cards of those ids that exist. */
export function cardsOf(catalogue: Catalogue, ids: readonly number[]): ImageCard[] {
  return ids.flatMap((id) => {
    const image = catalogue.images[id];
    if (!image) return [];
    const label = image.label === null ? null : (catalogue.classes[image.label] ?? null);
    return [{ id, path: image.path, split: image.split, label, thumbnail: thumbnailOf(image) }];
  });
}

function thumbnailOf(image: CatalogueImage): Pixels {
  const shrink = Math.min(1, THUMBNAIL / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * shrink));
  const height = Math.max(1, Math.round(image.height * shrink));
  const whole = { top: 0, left: 0, width: image.width, height: image.height };
  return pixelsOf(cropResize(image, whole, width, height));
}

/** The image's views in `epoch`, and each augmentation by itself; null when there is no such image. */
export function cropsOf(catalogue: Catalogue, config: RunConfig, id: number, epoch: number): Crops | null {
  const image = catalogue.images[id];
  if (!image) return null;
  const { width, height } = image;
  const views = viewsOf(image, config, id, epoch);
  const alone = augmentationsAlone(image, config.augment).map(({ name, detail, off, on }) => ({
    name,
    detail,
    off: pixelsOf(off),
    on: pixelsOf(on),
  }));
  // The catalogue keeps its pixels: what is sent is transferred, so it is a copy.
  return { id, epoch, original: { width, height, rgba: image.rgba.slice() }, views, alone };
}

/** Every view that a step of `epoch` has of the image: box, draw and pixels, globals first. */
export function viewsOf(image: CatalogueImage, config: RunConfig, id: number, epoch: number): Crops['views'] {
  const { width, height } = image;
  return Array.from({ length: GLOBAL_VIEWS + config.views.localCount }, (_, index) => {
    const draw = planView(config, config.training.seed, epoch, id, index, width, height);
    const { kind, box } = draw;
    return { kind, index, box, applied: describeDraw(draw), pixels: pixelsOf(makeView(image, draw)) };
  });
}
