/** The built-in samples: texture families in gray tones, each with a pale object of its own shape, and where the object is. */
import { PURPOSE, rng } from '../core/rng.ts';

/** Side of a sample, pixels. */
export const SAMPLE_SIDE = 64;
/** Names of the families' textures; a label is a position in this list. */
export const SAMPLE_CLASSES = [
  'stripes',
  'checks',
  'dots',
  'waves',
  'bricks',
  'grid',
  'marble',
  'dashes',
] as const;

/** Drawn at twice the side and averaged, so that edges are smooth. */
const SUPERSAMPLING = 2;
const FINE = SAMPLE_SIDE * SUPERSAMPLING;
const TURN = 2 * Math.PI;
/** Color of the object before its shading. */
const PALE = [0.9, 0.9, 0.85] as const;
/** Standard deviation of the grain in the final picture: 0.02 a fine pixel, four of them averaged. */
const GRAIN = 0.02 / SUPERSAMPLING;
/** Standard deviation of the tint of each color in the tinted set. */
const TINT = 0.06;

export interface SampleKey {
  seed: number;
  split: 'train' | 'val';
  /** Position within its split. */
  index: number;
  tinted: boolean;
}

export interface Sample {
  label: number;
  /** RGBA8, [64, 64, 4]. */
  rgba: Uint8ClampedArray<ArrayBuffer>;
  /** 1 where the object covers more than half of the pixel, [64, 64]. */
  mask: Uint8Array<ArrayBuffer>;
}

/** Value in [0, 1] of a family's texture at (u, v), in its own turned and scaled coordinates. */
type Texture = (u: number, v: number) => number;

const fraction = (value: number) => value - Math.floor(value);

/** A period of the sine, in turns: 40 M sines make a set, and a look-up is off by less than a tenth of a gray level. */
const PERIOD = 4096;
const SINES = Float32Array.from({ length: PERIOD }, (_, i) => Math.sin((TURN * (i + 0.5)) / PERIOD));
const sine = (turns: number) => SINES[(turns * PERIOD) & (PERIOD - 1)] ?? 0;

const TEXTURES: readonly Texture[] = [
  (u) => 0.5 + 0.5 * sine(u),
  (u, v) => (Math.floor(u * 1.6) + Math.floor(v * 1.6)) & 1,
  (u, v) => (sine(u) * sine(v) > 0.3 ? 1 : 0),
  (u, v) => 0.5 + 0.5 * sine(u + 0.35 * sine(v / 2)),
  (u, v) => {
    const row = v * 1.4;
    return fraction(row) < 0.2 || fraction(u * 0.8 + (Math.floor(row) & 1) * 0.5) < 0.13 ? 1 : 0;
  },
  (u, v) => (sine(u) > 0.75 || sine(v) > 0.75 ? 1 : 0),
  (u, v) => 0.5 + 0.5 * sine(u / 2) * sine(1.5 * v + (3 / TURN) * sine((3 / TURN) * u)),
  (u, v) => (fraction(v * 0.9) > 0.5 ? Math.abs(fraction(u * 1.2) - 0.5) * 2 : 0),
];

/** Whether (x, y), in radii of the object and in its own turned coordinates, lies on the object. */
type Shape = (x: number, y: number) => boolean;

const STAR_TURN = TURN / 5;

const SHAPES: readonly Shape[] = [
  // Disc, square, triangle, star, cross, ring, crescent, bar.
  (x, y) => x * x + y * y < 0.95 * 0.95,
  (x, y) => Math.abs(x) < 0.8 && Math.abs(y) < 0.8,
  (x, y) => y > -0.55 && y < 1 - 1.73 * Math.abs(x),
  (x, y) => {
    const off = Math.abs(fraction(Math.atan2(y, x) / STAR_TURN) - 0.5) * 2;
    return Math.sqrt(x * x + y * y) < 0.5 + 0.5 * off ** 1.2;
  },
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.33 && Math.max(Math.abs(x), Math.abs(y)) < 0.95,
  (x, y) => {
    const squared = x * x + y * y;
    return squared < 0.95 * 0.95 && squared > 0.45 * 0.45;
  },
  (x, y) => x * x + y * y < 0.95 * 0.95 && (x - 0.45) ** 2 + y * y > 0.4,
  (x, y) => Math.abs(x) < 0.98 && Math.abs(y) < 0.4,
];
/** No shape reaches further from its middle, in radii. */
const REACH = 1.15;

/** Quantiles of the standard normal, so that a grain costs one look-up: 12 k of them an image. */
const QUANTILES = 4096;
const NORMAL = normalQuantiles();

/** Samples of a Box–Muller grid, sorted: the inverse distribution without its special functions. */
function normalQuantiles(): Float32Array {
  const values = new Float32Array(QUANTILES);
  const side = Math.sqrt(QUANTILES);
  for (let i = 0; i < side; i++)
    for (let j = 0; j < side; j++)
      values[i * side + j] = Math.sqrt(-2 * Math.log((i + 0.5) / side)) * Math.cos((TURN * (j + 0.5)) / side);
  return values;
}

/** The texture, shifted to mean 0 and scaled to standard deviation ½, [128, 128]: families must not differ in tone. */
function textureField(texture: Texture, turn: number, scale: number, u0: number, v0: number): Float32Array {
  const field = new Float32Array(FINE * FINE);
  const du = (scale * Math.cos(turn)) / FINE;
  const dv = (scale * Math.sin(turn)) / FINE;
  let sum = 0;
  let squares = 0;
  for (let y = 0, at = 0; y < FINE; y++) {
    let u = u0 + y * dv;
    let v = v0 + y * du;
    for (let x = 0; x < FINE; x++, u += du, v -= dv) {
      const value = texture(u, v);
      field[at++] = value;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / field.length;
  const scaleTo = 0.5 / (Math.sqrt(Math.max(0, squares / field.length - mean * mean)) + 1e-6);
  for (let i = 0; i < field.length; i++) field[i] = ((field[i] ?? 0) - mean) * scaleTo;
  return field;
}

/**
 * One sample, a pure function of its key. The tinted set has the same labels, shapes and textures: only every picture's own
 * shift of color is added, and that alone is enough for a network to tell pictures apart without looking at them.
 */
export function makeSample({ seed, split, index, tinted }: SampleKey): Sample {
  const draws = rng(seed, PURPOSE.samples, split === 'train' ? 0 : 1, index);
  const label = draws.below(SAMPLE_CLASSES.length);
  const turn = draws.uniform() * TURN;
  const scale = draws.between(3.5, 5.5);
  const u0 = draws.uniform() * 10;
  const v0 = draws.uniform() * 10;
  const radius = draws.between(0.14, 0.24);
  const centerX = draws.between(0.25, 0.75);
  const centerY = draws.between(0.25, 0.75);
  const objectTurn = draws.uniform() * TURN;
  const tint = [draws.normal() * TINT, draws.normal() * TINT, draws.normal() * TINT];
  const grainSeed = draws.bits();

  const tone = textureField(TEXTURES[label] ?? (() => 0), turn, scale, u0, v0);
  for (let i = 0; i < tone.length; i++) tone[i] = 0.5 + 0.4 * Math.max(-1, Math.min(1, tone[i] ?? 0));
  const shading = objectShading(SHAPES[label] ?? (() => false), radius, centerX, centerY, objectTurn);
  return paint(tone, shading, tinted ? tint : [0, 0, 0], grainSeed, label);
}

/** Brightness of the object's surface on the fine grid, lighter towards one side; 0 where there is no object. */
function objectShading(
  shape: Shape,
  radius: number,
  centerX: number,
  centerY: number,
  turn: number,
): Float32Array {
  const shading = new Float32Array(FINE * FINE);
  const cos = Math.cos(turn) / radius;
  const sin = Math.sin(turn) / radius;
  const reach = REACH * radius;
  const first = (center: number) => Math.max(0, Math.floor((center - reach) * FINE));
  const last = (center: number) => Math.min(FINE - 1, Math.ceil((center + reach) * FINE));
  for (let y = first(centerY); y <= last(centerY); y++) {
    for (let x = first(centerX); x <= last(centerX); x++) {
      const dx = x / FINE - centerX;
      const dy = y / FINE - centerY;
      const across = dx * cos + dy * sin;
      const along = dy * cos - dx * sin;
      if (shape(across, along)) shading[y * FINE + x] = 1 + 0.25 * Math.max(-1, Math.min(1, along));
    }
  }
  return shading;
}

function paint(
  tone: Float32Array,
  shading: Float32Array,
  tint: readonly number[],
  grainSeed: number,
  label: number,
): Sample {
  const rgba = new Uint8ClampedArray(SAMPLE_SIDE * SAMPLE_SIDE * 4);
  const mask = new Uint8Array(SAMPLE_SIDE * SAMPLE_SIDE);
  let grain = grainSeed | 1;
  for (let y = 0, pixel = 0; y < SAMPLE_SIDE; y++) {
    for (let x = 0; x < SAMPLE_SIDE; x++, pixel++) {
      let background = 0;
      let light = 0;
      let blue = 0;
      let covered = 0;
      for (let sub = 0; sub < 4; sub++) {
        const at = (2 * y + (sub >> 1)) * FINE + 2 * x + (sub & 1);
        const surface = shading[at] ?? 0;
        if (surface === 0) {
          background += tone[at] ?? 0;
        } else {
          covered++;
          light += Math.min(1, PALE[0] * surface);
          blue += Math.min(1, PALE[2] * surface);
        }
      }
      // Marsaglia's xorshift32: a new grain for each color.
      for (let color = 0; color < 3; color++) {
        grain ^= grain << 13;
        grain ^= grain >>> 17;
        grain ^= grain << 5;
        const value = (background + (color === 2 ? blue : light)) / 4 + (tint[color] ?? 0);
        rgba[pixel * 4 + color] = Math.floor(255 * (value + GRAIN * (NORMAL[grain >>> 20] ?? 0)));
      }
      rgba[pixel * 4 + 3] = 255;
      if (covered > 2) mask[pixel] = 1;
    }
  }
  return { label, rgba, mask };
}
