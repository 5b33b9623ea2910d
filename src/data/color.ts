/** Color adjustments as Pillow and torchvision do them on 8-bit images, truncation and all. */
import type { Rgb } from '../core/pixels.ts';

const f = Math.fround;

/** ITU-R 601 luma in 16-bit fixed point: Pillow's conversion to mode L. */
function luma(r: number, g: number, b: number): number {
  return (19_595 * r + 38_470 * g + 7471 * b + 0x8000) >> 16;
}

/** Pillow's Image.blend of two bytes, in float32 and truncated; clipped where the factor leaves [0, 1]. */
function blend(from: number, to: number, factor: number): number {
  const value = f(from + f(factor * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/** Blending with one value everywhere depends on the byte alone. */
function blendWithConstant({ width, height, data }: Rgb, constant: number, factor: number): Rgb {
  const table = Uint8Array.from({ length: 256 }, (_, value) => blend(constant, value, f(factor)));
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = table[data[i] ?? 0] ?? 0;
  return { width, height, data: out };
}

/** `factor` 0 gives black, 1 the image itself. */
export function adjustBrightness(image: Rgb, factor: number): Rgb {
  return blendWithConstant(image, 0, factor);
}

/** Blends with the mean luma of this image, rounded to a byte. */
export function adjustContrast(image: Rgb, factor: number): Rgb {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += luma(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0);
  return blendWithConstant(image, Math.trunc(sum / (data.length / 3) + 0.5), factor);
}

/** `factor` 0 gives the grayscale image, 1 the image itself. */
export function adjustSaturation({ width, height, data }: Rgb, factor: number): Rgb {
  const out = new Uint8ClampedArray(data.length);
  const factor32 = f(factor);
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i] ?? 0;
    const g = data[i + 1] ?? 0;
    const b = data[i + 2] ?? 0;
    const gray = luma(r, g, b);
    out[i] = Math.trunc(f(gray + f(factor32 * (r - gray))));
    out[i + 1] = Math.trunc(f(gray + f(factor32 * (g - gray))));
    out[i + 2] = Math.trunc(f(gray + f(factor32 * (b - gray))));
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}

/**
 * Pillow's 8-bit saturation, trunc(255·range/max), by range·256 + max. As a table because Pillow's float32 quotients decide
 * whether a whole number is reached, and a GPU's need not be the same.
 */
export const SATURATION = saturationTable();

/**
 * Pillow's 8-bit hue by (sextant·256 + range)·256 + (max − middle), where range is max − min and middle the third channel.
 * Sextants: 0 red is largest and blue smallest, 1 red green, 2 green blue, 3 green red, 4 blue red, 5 blue green.
 */
export const HUE = hueTable();

function saturationTable(): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(256 * 256);
  for (let max = 1; max < 256; max++)
    for (let range = 1; range <= max; range++) table[range * 256 + max] = Math.trunc(f(range / max) * 255);
  return table;
}

/** Source: Pillow 9.4, src/libImaging/Convert.c, rgb2hsv_row. */
function hueTable(): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(6 * 256 * 256);
  for (let range = 1; range < 256; range++)
    for (let below = 0; below <= range; below++) {
      const share = f(below / range);
      const turns = [
        f(1 - share),
        f(share - 1),
        f(2 + share - 1),
        f(3 - share),
        f(4 + share - 1),
        f(5 - share),
      ];
      for (const [sextant, turn] of turns.entries())
        table[(sextant * 256 + range) * 256 + below] = Math.trunc(f((turn / 6 + 1) % 1) * 255);
    }
  return table;
}

/** 255², the common denominator of what hue and saturation in bytes take off a channel. */
const WHOLE = 65_025;

/** max·(1 − taken/255²), rounded to a byte; a half never occurs, so float64 and float32 give the same. */
const lessened = (max: number, taken: number): number =>
  Math.floor((2 * max * (WHOLE - taken) + WHOLE) / (2 * WHOLE));

/**
 * Turns the hue by `factor` of a full circle, −0.5 … 0.5. The way leads through Pillow's 8-bit HSV, so even a factor of 0
 * changes pixels. Source: Pillow 9.4, src/libImaging/Convert.c, rgb2hsv_row and hsv2rgb; torchvision adds trunc(255·factor).
 */
export function adjustHue({ width, height, data }: Rgb, factor: number): Rgb {
  const out = new Uint8Array(data.length);
  const shift = hueShift(factor);
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i] ?? 0;
    const g = data[i + 1] ?? 0;
    const b = data[i + 2] ?? 0;
    const max = Math.max(r, g, b);
    const min = Math.min(r, g, b);
    const range = max - min;
    const saturation = SATURATION[range * 256 + max] ?? 0;
    if (saturation === 0) {
      out[i] = max;
      out[i + 1] = max;
      out[i + 2] = max;
      continue;
    }
    const sextant = r === max ? (b === min ? 0 : 1) : g === max ? (b === min ? 2 : 3) : r === min ? 4 : 5;
    const below = 2 * max + min - r - g - b;
    const hue = ((HUE[(sextant * 256 + range) * 256 + below] ?? 0) + shift) & 255;
    const within = (hue * 6) % 255;
    const low = lessened(max, saturation * 255);
    const falling = lessened(max, saturation * within);
    const rising = lessened(max, saturation * (255 - within));
    let red = max;
    let green = max;
    let blue = max;
    switch (Math.floor((hue * 6) / 255)) {
      case 1:
        red = falling;
        blue = low;
        break;
      case 2:
        red = low;
        blue = rising;
        break;
      case 3:
        red = low;
        green = falling;
        break;
      case 4:
        red = rising;
        green = low;
        break;
      case 5:
        green = low;
        blue = falling;
        break;
      default:
        green = rising;
        blue = low;
    }
    out[i] = red;
    out[i + 1] = green;
    out[i + 2] = blue;
  }
  return { width, height, data: out };
}

/** Bytes of hue that a turn by `factor` adds, modulo 256. */
export const hueShift = (factor: number): number => Math.trunc(factor * 255) & 255;

/** Luma in all three channels. */
export function grayscale({ width, height, data }: Rgb): Rgb {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const gray = luma(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0);
    out[i] = gray;
    out[i + 1] = gray;
    out[i + 2] = gray;
  }
  return { width, height, data: out };
}

/** Inverts every byte at or above `threshold` (0 … 256). */
export function solarize({ width, height, data }: Rgb, threshold: number): Rgb {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    out[i] = value < threshold ? value : 255 - value;
  }
  return { width, height, data: out };
}
