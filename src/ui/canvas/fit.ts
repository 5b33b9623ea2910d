/** Sizes at which pixels stay square and equal. */

export interface Size {
  width: number;
  height: number;
}

/**
 * The size in CSS pixels of a picture within a box. Enlarged, every pixel of it covers a whole number of device pixels;
 * larger than the box, it shrinks to fit. The shape is kept.
 */
export function crispSize(picture: Size, box: Size, pixelRatio: number): Size {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const device = scale * pixelRatio;
  const crisp = device >= 1 ? Math.floor(device + 1e-6) / pixelRatio : scale;
  return { width: picture.width * crisp, height: picture.height * crisp };
}
