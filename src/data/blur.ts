/** Pillow's GaussianBlur: three extended box blurs a direction, integer for integer. */
import type { Rgb } from '../core/pixels.ts';

const f = Math.fround;
const PASSES = 3;

export interface BlurBox {
  /** Whole pixels on each side of the middle one. */
  radius: number;
  /** Weight × 2²⁴ of a whole pixel, and of the two fractional ones at the ends. */
  inner: number;
  outer: number;
}

/**
 * The box whose three passes have the variance sigma². Pillow computes in float32, and so does this: a weight off by one
 * shows in the picture. Source: Pillow 9.4, src/libImaging/BoxBlur.c (P. Gwosdek et al. 2011, "Theoretical foundations of
 * Gaussian convolution by extended box filtering").
 */
export function blurBox(sigma: number): BlurBox {
  const sigma2 = f(f(f(sigma) * f(sigma)) / PASSES);
  const length = f(Math.sqrt(12 * sigma2 + 1));
  const whole = Math.floor((length - 1) / 2);
  const numerator = f((2 * whole + 1) * (whole * (whole + 1) - 3 * sigma2));
  const fraction = f(numerator / f(6 * f(sigma2 - (whole + 1) * (whole + 1))));
  const extended = f(whole + fraction);
  const radius = Math.trunc(extended);
  const inner = Math.trunc(f(0x1000000 / f(f(extended * 2) + 1)));
  return { radius, inner, outer: (0x1000000 - (radius * 2 + 1) * inner) >>> 1 };
}

/**
 * Blurs a line that lies between margins of `radius + 1` bytes; the margins are filled here with the edge, again before each
 * pass. `spare` has the same length; the result is in the one of the two that is returned. Each byte is read twice a pass,
 * once as it enters and once as it leaves the box: this loop is half the cost of a large view.
 */
function blurLine(padded: Uint8Array, spare: Uint8Array, length: number, box: BlurBox): Uint8Array {
  const { radius, inner, outer } = box;
  const margin = radius + 1;
  const last = margin + length - 1;
  let from = padded;
  let to = spare;
  for (let pass = 0; pass < PASSES; pass++) {
    const left = from[margin] ?? 0;
    const right = from[last] ?? 0;
    for (let i = 0; i < margin; i++) {
      from[i] = left;
      from[last + 1 + i] = right;
    }
    let sum = 0;
    for (let i = 1; i < margin + radius; i++) sum += from[i] ?? 0;
    let before = from[0] ?? 0;
    let entering = from[margin + radius] ?? 0;
    for (let x = margin; x <= last; x++) {
      const after = from[x + margin] ?? 0;
      sum = (sum + entering) | 0;
      const weighted = (Math.imul(sum, inner) + Math.imul(before + after, outer)) | 0;
      to[x] = (weighted + 0x800000) >>> 24;
      before = from[x - radius] ?? 0;
      sum = (sum - before) | 0;
      entering = after;
    }
    const held = from;
    from = to;
    to = held;
  }
  return from;
}

/** Blurs `lines` × 3 channels in place; neighbours on a line are `step` bytes apart, lines `stride` bytes. */
function blurLines(
  data: Uint8Array,
  length: number,
  step: number,
  lines: number,
  stride: number,
  box: BlurBox,
): void {
  const margin = box.radius + 1;
  const padded = new Uint8Array(length + 2 * margin);
  const spare = new Uint8Array(length + 2 * margin);
  for (let line = 0; line < lines; line++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = line * stride + channel;
      for (let i = 0, at = start; i < length; i++, at += step) padded[margin + i] = data[at] ?? 0;
      const blurred = blurLine(padded, spare, length, box);
      for (let i = 0, at = start; i < length; i++, at += step) data[at] = blurred[margin + i] ?? 0;
    }
  }
}

/** `sigma` in pixels of this image (Pillow's "radius"). */
export function gaussianBlur({ width, height, data }: Rgb, sigma: number): Rgb {
  const out = data.slice();
  const box = blurBox(sigma);
  blurLines(out, width, 3, height, width * 3, box);
  blurLines(out, height, width * 3, width, 3, box);
  return { width, height, data: out };
}
