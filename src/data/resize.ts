/** Crop and resize with Pillow's antialiased bicubic filter, integer for integer. */
import type { Pixels, Rgb } from '../core/pixels.ts';

/** A picture of either layout; alpha is ignored. */
export type Picture = Pixels | Rgb;

/** A rectangle of source pixels. */
export interface CropBox {
  top: number;
  left: number;
  height: number;
  width: number;
}

export class CropOutsideImageError extends Error {
  override name = 'CropOutsideImageError';
  constructor(
    readonly box: CropBox,
    readonly image: { width: number; height: number },
  ) {
    super(
      `The crop ${box.width} × ${box.height} at (${box.left}, ${box.top}) leaves the image, ${image.width} × ${image.height}: draw it from the image's own size.`,
    );
  }
}

const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);
/** Pillow's bicubic uses a = −0.5 (browsers and OpenCV −0.75 or others). */
const A = -0.5;
const CACHED_AXES = 1024;

export interface AxisWeights {
  /** First source pixel of each output pixel, [out]. */
  starts: Int32Array;
  /** How many source pixels weigh in, [out]. */
  counts: Int32Array;
  /** Most of them; the row length of `taps`. */
  width: number;
  /** Weights × 2²², [out, width]. */
  taps: Int32Array;
}

function bicubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
  return 0;
}

/** Source of the formula: Pillow 9.4, src/libImaging/Resample.c, precompute_coeffs and normalize_coeffs_8bpc. */
function computeWeights(from: number, to: number): AxisWeights {
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = 2 * filterScale;
  const width = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const taps = new Int32Array(to * width);
  const weights = new Float64Array(width);
  for (let x = 0; x < to; x++) {
    const center = (x + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const count = Math.min(Math.trunc(center + support + 0.5), from) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = bicubic((k + start - center + 0.5) * (1 / filterScale));
      weights[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < count; k++) {
      const scaled = ((weights[k] ?? 0) / sum) * (1 << PRECISION_BITS);
      taps[x * width + k] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
    starts[x] = start;
    counts[x] = count;
  }
  return { starts, counts, width, taps };
}

const axes = new Map<number, AxisWeights>();

/** Weights depend on the two lengths alone, because torchvision cuts the box out before it resizes. */
export function axisWeights(from: number, to: number): AxisWeights {
  const key = from * 65_536 + to;
  let weights = axes.get(key);
  if (!weights) {
    weights = computeWeights(from, to);
    if (axes.size >= CACHED_AXES) axes.clear();
    axes.set(key, weights);
  }
  return weights;
}

let scratch = new Uint8ClampedArray(0);

/** The rows between the two passes; one buffer for all views, because a fresh one per view costs more than the pass. */
function scratchOf(length: number): Uint8ClampedArray {
  if (scratch.length < length) scratch = new Uint8ClampedArray(length);
  return scratch;
}

/** One array type for both layouts keeps the inner loops monomorphic. */
function bytesOf(image: Picture): { bytes: Uint8Array; stride: 3 | 4 } {
  return 'rgba' in image
    ? { bytes: new Uint8Array(image.rgba.buffer, image.rgba.byteOffset, image.rgba.length), stride: 4 }
    : { bytes: image.data, stride: 3 };
}

function horizontalPass(image: Picture, box: CropBox, width: number, out: Uint8ClampedArray): void {
  const { bytes, stride } = bytesOf(image);
  const { starts, counts, width: row, taps } = axisWeights(box.width, width);
  let to = 0;
  for (let y = 0; y < box.height; y++) {
    const line = ((box.top + y) * image.width + box.left) * stride;
    for (let x = 0; x < width; x++) {
      let from = line + (starts[x] ?? 0) * stride;
      let tap = x * row;
      const end = tap + (counts[x] ?? 0);
      let r = HALF;
      let g = HALF;
      let b = HALF;
      for (; tap < end; tap++, from += stride) {
        const weight = taps[tap] ?? 0;
        r = (r + Math.imul(weight, bytes[from] ?? 0)) | 0;
        g = (g + Math.imul(weight, bytes[from + 1] ?? 0)) | 0;
        b = (b + Math.imul(weight, bytes[from + 2] ?? 0)) | 0;
      }
      out[to] = r >> PRECISION_BITS;
      out[to + 1] = g >> PRECISION_BITS;
      out[to + 2] = b >> PRECISION_BITS;
      to += 3;
    }
  }
}

/** `rows` is [from, width·3]; writes [height, width·3]. */
function verticalPass(
  rows: Uint8ClampedArray,
  from: number,
  width: number,
  height: number,
  out: Uint8ClampedArray,
): void {
  const line = width * 3;
  const { starts, counts, width: row, taps } = axisWeights(from, height);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const first = (starts[y] ?? 0) * line;
    const tapStart = y * row;
    const tapEnd = tapStart + (counts[y] ?? 0);
    for (let x = 0; x < line; x++) {
      let at = first + x;
      let sum = HALF;
      for (let tap = tapStart; tap < tapEnd; tap++, at += line)
        sum = (sum + Math.imul(taps[tap] ?? 0, rows[at] ?? 0)) | 0;
      out[to++] = sum >> PRECISION_BITS;
    }
  }
}

/** Typed arrays answer a read beyond their end with silence, so the box is checked once. */
function requireInside(box: CropBox, image: Picture): void {
  const { top, left, height, width } = box;
  const fits = top >= 0 && left >= 0 && left + width <= image.width && top + height <= image.height;
  if (!fits || width < 1 || height < 1) throw new CropOutsideImageError(box, image);
}

/** Cuts `box` out; whole pixels, no filter. Throws CropOutsideImageError. */
export function crop(image: Picture, box: CropBox): Rgb {
  const { top, left, height, width } = box;
  requireInside(box, image);
  const { bytes, stride } = bytesOf(image);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    let from = ((top + y) * image.width + left) * stride;
    for (let x = 0; x < width; x++, from += stride, to += 3) {
      data[to] = bytes[from] ?? 0;
      data[to + 1] = bytes[from + 1] ?? 0;
      data[to + 2] = bytes[from + 2] ?? 0;
    }
  }
  return { width, height, data };
}

/**
 * torchvision's resized_crop on a Pillow image: cuts `box` out and resizes it to [height, width], bicubic and antialiased.
 * Horizontal pass first, clipped to 8 bits, then the vertical one; a pass that changes nothing is left out, as in Pillow.
 * Throws CropOutsideImageError.
 */
export function cropResize(image: Picture, box: CropBox, width: number, height: number): Rgb {
  if (box.width === width) {
    const cut = crop(image, box);
    if (box.height === height) return cut;
    const data = new Uint8Array(width * height * 3);
    verticalPass(
      new Uint8ClampedArray(cut.data.buffer),
      box.height,
      width,
      height,
      new Uint8ClampedArray(data.buffer),
    );
    return { width, height, data };
  }
  requireInside(box, image);
  const data = new Uint8Array(width * height * 3);
  const out = new Uint8ClampedArray(data.buffer);
  if (box.height === height) {
    horizontalPass(image, box, width, out);
  } else {
    const rows = scratchOf(box.height * width * 3);
    horizontalPass(image, box, width, rows);
    verticalPass(rows, box.height, width, height, out);
  }
  return { width, height, data };
}

/** torchvision's Resize(side): the shorter side becomes `side`, the longer is truncated to whole pixels. */
export function resizeShorter(image: Picture, side: number): Rgb {
  const { width, height } = image;
  const shorter = Math.min(width, height);
  const longer = Math.trunc((side * Math.max(width, height)) / shorter);
  const whole = { top: 0, left: 0, width, height };
  return width <= height ? cropResize(image, whole, side, longer) : cropResize(image, whole, longer, side);
}

/** Python's round: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** torchvision's CenterCrop(side) of an image that is at least `side` each way. Throws CropOutsideImageError. */
export function centerCrop(image: Picture, side: number): Rgb {
  const top = roundHalfEven((image.height - side) / 2);
  const left = roundHalfEven((image.width - side) / 2);
  return crop(image, { top, left, height: side, width: side });
}
