/** Views as jobs for the GPU: what was drawn, and the integers that the CPU would work with, as words. */
import { JOB, JOB_WORDS, NO_BLUR, NO_SOLARIZE, TABLES, TAPS } from '../core/view-job.ts';
import { NORMALIZED } from './augment.ts';
import { blurBox } from './blur.ts';
import { HUE, hueShift, SATURATION } from './color.ts';
import type { ViewDraw } from './crop-plan.ts';
import { axisWeights } from './resize.ts';

/** Where a job finds its image and the weights of its axes, in words of their buffers. */
export interface JobPlaces {
  image: number;
  /** Pixels a row of the image. */
  stride: number;
  across: number;
  down: number;
  /** Rows of the view that are made at a time. */
  chunk: number;
}

/** The jobs of a step: one buffer, filled anew for each. */
export class JobList {
  readonly words: Uint32Array<ArrayBuffer>;
  private readonly floats: Float32Array;

  constructor(readonly count: number) {
    this.words = new Uint32Array(count * JOB_WORDS);
    this.floats = new Float32Array(this.words.buffer);
  }

  set(job: number, draw: ViewDraw, places: JobPlaces): void {
    const { words, floats } = this;
    const at = job * JOB_WORDS;
    const { box, jitter } = draw;
    words[at + JOB.image] = places.image;
    words[at + JOB.stride] = places.stride;
    words[at + JOB.left] = box.left;
    words[at + JOB.top] = box.top;
    words[at + JOB.across] = places.across;
    words[at + JOB.down] = places.down;
    words[at + JOB.chunk] = places.chunk;
    words[at + JOB.flip] = Number(draw.flip);
    words[at + JOB.order] = (jitter?.order ?? []).reduce<number>(
      (order, step, place) => order | ((1 + step) << (4 * place)),
      0,
    );
    floats[at + JOB.brightness] = jitter?.brightness ?? 1;
    floats[at + JOB.contrast] = jitter?.contrast ?? 1;
    floats[at + JOB.saturation] = jitter?.saturation ?? 1;
    words[at + JOB.hue] = hueShift(jitter?.hue ?? 0);
    words[at + JOB.grayscale] = Number(draw.grayscale);
    const blur = draw.blurSigma === null ? null : blurBox(draw.blurSigma);
    words[at + JOB.blur] = blur?.radius ?? NO_BLUR;
    words[at + JOB.blurInner] = blur?.inner ?? 0;
    words[at + JOB.blurOuter] = blur?.outer ?? 0;
    words[at + JOB.solarize] = draw.solarize ?? NO_SOLARIZE;
    words[at + JOB.zero] = 0;
  }
}

/** The kernel's constants, laid out as TABLES says. */
export function viewTables(): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(TABLES.words);
  const bytes = new Uint8Array(words.buffer);
  for (const [channel, values] of NORMALIZED.entries())
    new Float32Array(words.buffer).set(values, TABLES.normalized + 256 * channel);
  bytes.set(SATURATION, 4 * TABLES.saturation);
  bytes.set(HUE, 4 * TABLES.hue);
  return words;
}

/** Most source pixels that weigh in on one of `to`, of at most `from`. */
export const mostTaps = (from: number, to: number): number => Math.ceil(2 * Math.max(from / to, 1)) * 2 + 1;

/** Words of the weights of an axis. */
export const tapWords = (from: number, to: number): number => (TAPS.weights + mostTaps(from, to)) * to;

/** The weights from `from` pixels to `to`, laid out as TAPS says. */
export function axisTaps(from: number, to: number): Int32Array<ArrayBuffer> {
  const { starts, counts, width, taps } = axisWeights(from, to);
  const words = new Int32Array((TAPS.weights + width) * to);
  words.set(starts, TAPS.starts * to);
  words.set(counts, TAPS.counts * to);
  for (let x = 0; x < to; x++)
    for (let k = 0; k < width; k++) words[(TAPS.weights + k) * to + x] = taps[x * width + k] ?? 0;
  return words;
}

/**
 * Rows of a view that can be made at a time from at most `rows` rows, where the image has `from` and the view `to`. Fewer
 * the larger `from` is. `rows` is at least `mostTaps`.
 */
export function chunkOf(from: number, to: number, rows: number): number {
  if (from <= rows) return to;
  const scale = from / to;
  const under = 4 * Math.max(scale, 1) + 1;
  return Math.min(to, Math.max(1, Math.floor((rows - under) / scale) + 1));
}
