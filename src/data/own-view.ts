/** A picture of any size as a network can look at it: in its own shape, cut to whole patches. */
import type { Rgb } from '../core/pixels.ts';
import { type CropBox, cropResize, type Picture } from './resize.ts';

/** Patches a side at most: attention grows with the fourth power of the side. */
export const MOST_PATCHES = 60;

export class PictureTooNarrowError extends Error {
  override name = 'PictureTooNarrowError';
  constructor(
    readonly picture: { width: number; height: number },
    readonly patch: number,
    longest: number,
  ) {
    super(
      `A picture of ${picture.width} × ${picture.height} px is too narrow: brought to ${longest} patches of ${patch} px on its long side, its short side has less than one. Crop it first.`,
    );
  }
}

/** The part of a picture that is looked at, in its pixels, and the size that it is brought to. */
export interface ViewShape {
  box: CropBox;
  width: number;
  height: number;
}

/**
 * The picture at its own resolution, cut around its middle to whole patches; shrunk where a side has more than
 * MOST_PATCHES of them, and enlarged where it has less than one. [rows·patch, columns·patch]
 * @throws PictureTooNarrowError where both cannot be.
 */
export function ownView(picture: Picture, patch: number): Rgb {
  const { box, width, height } = ownShape(picture, patch, MOST_PATCHES);
  return cropResize(picture, box, width, height);
}

/** What `ownView` takes of a picture of this size, where `longest` patches a side are the most. */
export function ownShape(size: { width: number; height: number }, patch: number, longest: number): ViewShape {
  const { width, height } = size;
  const most = longest * patch;
  const shrink = Math.min(1, most / width, most / height);
  const scale = Math.max(shrink, patch / Math.min(width, height));
  if (scale > shrink && Math.max(width, height) * scale > most)
    throw new PictureTooNarrowError({ width, height }, patch, longest);
  // The small addend keeps 60 patches from being 59.99….
  const whole = (side: number) => patch * Math.max(1, Math.floor((side * scale) / patch + 1e-6));
  const target = { width: whole(width), height: whole(height) };
  return { box: middle(size, target, scale), ...target };
}

/** The middle square of a picture, brought to the size that training sees. */
export function squareShape({ width, height }: { width: number; height: number }, side: number): ViewShape {
  const shorter = Math.min(width, height);
  return {
    box: middle({ width, height }, { width: shorter, height: shorter }, 1),
    width: side,
    height: side,
  };
}

/** The part of the picture that fills the target at this scale, whole pixels. */
function middle(
  { width, height }: { width: number; height: number },
  target: { width: number; height: number },
  scale: number,
): CropBox {
  const box = {
    width: Math.min(width, Math.round(target.width / scale)),
    height: Math.min(height, Math.round(target.height / scale)),
  };
  return { ...box, left: Math.floor((width - box.width) / 2), top: Math.floor((height - box.height) / 2) };
}
