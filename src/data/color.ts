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

/** Hue in bytes: Pillow's sixth of the circle, and how far into it. */
const SECTOR = Uint8Array.from({ length: 256 }, (_, h) => Math.floor((h * 6) / 255));
const WITHIN = Float32Array.from({ length: 256 }, (_, h) => (h * 6) / 255 - Math.floor((h * 6) / 255));
const SHARE = Float32Array.from({ length: 256 }, (_, s) => s / 255);

/**
 * Turns the hue by `factor` of a full circle, −0.5 … 0.5. The way leads through Pillow's 8-bit HSV, so even a factor of 0
 * changes pixels. Source: Pillow 9.4, src/libImaging/Convert.c, rgb2hsv_row and hsv2rgb; torchvision adds trunc(255·factor).
 */
export function adjustHue({ width, height, data }: Rgb, factor: number): Rgb {
  const out = new Uint8Array(data.length);
  const shift = Math.trunc(factor * 255);
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i] ?? 0;
    const g = data[i + 1] ?? 0;
    const b = data[i + 2] ?? 0;
    const max = Math.max(r, g, b);
    const range = max - Math.min(r, g, b);
    let hue = 0;
    let saturation = 0;
    if (range > 0) {
      saturation = Math.trunc(f(range / max) * 255);
      let turn: number;
      if (r === max) turn = f(f((max - b) / range) - f((max - g) / range));
      else if (g === max) turn = f(2 + f((max - r) / range) - f((max - b) / range));
      else turn = f(4 + f((max - g) / range) - f((max - r) / range));
      hue = Math.trunc(f((turn / 6 + 1) % 1) * 255);
    }
    if (saturation === 0) {
      out[i] = max;
      out[i + 1] = max;
      out[i + 2] = max;
      continue;
    }
    hue = (hue + shift) & 255;
    const share = SHARE[saturation] ?? 0;
    const within = WITHIN[hue] ?? 0;
    const low = Math.floor(max * (1 - share) + 0.5);
    const falling = Math.floor(max * (1 - f(share * within)) + 0.5);
    const rising = Math.floor(max * (1 - share * (1 - within)) + 0.5);
    let red = max;
    let green = max;
    let blue = max;
    switch (SECTOR[hue]) {
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
