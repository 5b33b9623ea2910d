/** How one view is written down for the GPU: a row of 32-bit words, filled by `data` and read by the kernel. */

/** Position of each word. Factors are float32 bits, all others unsigned integers. */
export const JOB = {
  /** First pixel of the image in the buffer of pixels, and pixels a row. */
  image: 0,
  stride: 1,
  /** The crop's corner. */
  left: 2,
  top: 3,
  /** Where the weights of both axes begin: see `TAPS`. */
  across: 4,
  down: 5,
  /** Rows of the view that are made at a time, so that the rows of the image under them fit the kernel's memory. */
  chunk: 6,
  flip: 7,
  /** Four bits a step, first step lowest: 1 + the step's number; 0 ends the list. */
  order: 8,
  brightness: 9,
  contrast: 10,
  saturation: 11,
  /** Bytes that are added to Pillow's 8-bit hue. */
  hue: 12,
  grayscale: 13,
  /** Whole pixels on each side of the box, or `NO_BLUR`; then the weights × 2²⁴ of whole and outer pixels. */
  blur: 14,
  blurInner: 15,
  blurOuter: 16,
  /** Bytes from here on are inverted. */
  solarize: 17,
  /** Always 0, which the compiler of a kernel cannot know: it keeps a product from melting into the sum after it. */
  zero: 18,
} as const;

/** Words of a job. */
export const JOB_WORDS = 20;

export const NO_BLUR = 0xffff_ffff;
/** No byte is as large. */
export const NO_SOLARIZE = 256;

/**
 * The weights of an axis, as integers: starts [to], counts [to], then weights × 2²² [width, to], so that neighboring
 * pixels of the view lie beside each other.
 */
export const TAPS = { starts: 0, counts: 1, weights: 2 } as const;

/** Parts of the kernel's table of constants, as words: normalised float32 [3, 256], then the bytes of color.ts. */
export const TABLES = {
  normalized: 0,
  saturation: 3 * 256,
  hue: 3 * 256 + (256 * 256) / 4,
  words: 3 * 256 + (7 * 256 * 256) / 4,
} as const;
