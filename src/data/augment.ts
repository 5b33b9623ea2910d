/**
 * The specification of augmentation: what Pillow 9.4 and torchvision 0.14 do to 8-bit RGB, integer for integer.
 * Every function gives a new image and leaves its argument alone.
 */
import type { Rgb } from '../core/pixels.ts';
import { centerCrop, type Picture, resizeShorter } from './resize.ts';

export { gaussianBlur } from './blur.ts';
export {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  grayscale,
  solarize,
} from './color.ts';
export {
  type CropBox,
  CropOutsideImageError,
  centerCrop,
  crop,
  cropResize,
  type Picture,
  resizeShorter,
} from './resize.ts';

/** Mean and standard deviation of ImageNet's channels, of values in [0, 1]. */
export const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
export const IMAGENET_STD = [0.229, 0.224, 0.225] as const;

/** Left becomes right. */
export function flip({ width, height, data }: Rgb): Rgb {
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    let from = ((y + 1) * width - 1) * 3;
    for (let x = 0; x < width; x++, to += 3, from -= 3) {
      out[to] = data[from] ?? 0;
      out[to + 1] = data[from + 1] ?? 0;
      out[to + 2] = data[from + 2] ?? 0;
    }
  }
  return { width, height, data: out };
}

/** The official evaluation transform, Resize(size·256/224) on the shorter side and CenterCrop(size): [size, size, 3]. */
export function evalView(image: Picture, size: number): Rgb {
  return centerCrop(resizeShorter(image, Math.floor((size * 256) / 224)), size);
}

/** The largest central square, resized so that nothing more is cut: what attention maps are drawn on. [size, size, 3] */
export function wholeView(image: Picture, size: number): Rgb {
  return centerCrop(resizeShorter(image, size), size);
}

/** Byte → normalised float32 of each channel, as ToTensor and Normalize compute it, [3, 256]. */
export const NORMALIZED: readonly [Float32Array, Float32Array, Float32Array] = [
  normalizedBytes(IMAGENET_MEAN[0], IMAGENET_STD[0]),
  normalizedBytes(IMAGENET_MEAN[1], IMAGENET_STD[1]),
  normalizedBytes(IMAGENET_MEAN[2], IMAGENET_STD[2]),
];

function normalizedBytes(mean: number, std: number): Float32Array {
  const f = Math.fround;
  return Float32Array.from({ length: 256 }, (_, byte) => f(f(byte / 255) - f(mean)) / f(std));
}

/** ToTensor and Normalize: [3, height, width]. */
export function normalize({ width, height, data }: Rgb): Float32Array<ArrayBuffer> {
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  const [red, green, blue] = NORMALIZED;
  for (let i = 0, at = 0; i < plane; i++, at += 3) {
    out[i] = red[data[at] ?? 0] ?? 0;
    out[plane + i] = green[data[at + 1] ?? 0] ?? 0;
    out[2 * plane + i] = blue[data[at + 2] ?? 0] ?? 0;
  }
  return out;
}
