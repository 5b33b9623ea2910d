/** Invented pictures and maps with a known object, for panels to draw. */
import type { Pixels } from '../../../src/core/pixels.ts';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import type { CropBox } from '../../../src/protocol/values.ts';

export const CLASSES = ['stripes', 'checks', 'waves', 'bricks'];

export interface Scene {
  label: number;
  /** Middle and radius of the object, shares of width and height. */
  x: number;
  y: number;
  radius: number;
}

export function sceneOf(id: number): Scene {
  const draw = rng(11, PURPOSE.samples, id);
  return {
    label: draw.below(CLASSES.length),
    x: draw.between(0.3, 0.7),
    y: draw.between(0.3, 0.7),
    radius: draw.between(0.15, 0.25),
  };
}

function texture(label: number, u: number, v: number): number {
  if (label === 0) return 0.5 + 0.4 * Math.sin(u * 40 + v * 12);
  if (label === 1) return (Math.floor(u * 9) + Math.floor(v * 9)) % 2 ? 0.75 : 0.3;
  if (label === 2) return 0.5 + 0.4 * Math.sin(u * 30 + 3 * Math.sin(v * 14));
  return (u * 6 + (Math.floor(v * 9) % 2) * 0.5) % 1 < 0.12 || (v * 9) % 1 < 0.2 ? 0.8 : 0.35;
}

/** The part of a scene inside `box` (shares of the scene), at a size. */
export function render(id: number, width: number, height: number, box: CropBox, contrast = 1): Pixels {
  const scene = sceneOf(id);
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const u = box.left + ((x + 0.5) / width) * box.width;
      const v = box.top + ((y + 0.5) / height) * box.height;
      const inside = Math.hypot(u - scene.x, v - scene.y) < scene.radius;
      const tone = inside ? 0.92 - 0.2 * (v - scene.y) : 0.5 + (texture(scene.label, u, v) - 0.5) * contrast;
      rgba.set([255 * tone, 255 * tone, 250 * tone, 255], 4 * (y * width + x));
    }
  return { width, height, rgba };
}

export const WHOLE: CropBox = { top: 0, left: 0, width: 1, height: 1 };

/** Share of each patch that the object covers. */
export function coverage(id: number, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const { x, y, radius } = sceneOf(id);
  const fine = 8;
  return Float32Array.from({ length: rows * columns }, (_, patch) => {
    let covered = 0;
    for (let k = 0; k < fine * fine; k++) {
      const v = (Math.floor(patch / columns) + (Math.floor(k / fine) + 0.5) / fine) / rows;
      const u = ((patch % columns) + ((k % fine) + 0.5) / fine) / columns;
      if (Math.hypot(u - x, v - y) < radius) covered += 1;
    }
    return covered / (fine * fine);
  });
}

/** Maps of some heads: the second looks at the object, the others elsewhere; each sums to 0.93. */
export function attention(id: number, heads: number, rows: number, columns: number, focus: number) {
  const object = coverage(id, rows, columns);
  const draw = rng(5, PURPOSE.evaluation, id, heads);
  const maps = new Float32Array(heads * rows * columns);
  for (let head = 0; head < heads; head++) {
    const cells = object.map(
      (covered) => Math.exp(0.6 * draw.normal()) * (1 + (head === 1 ? focus : 0.15 * focus) * covered),
    );
    const total = cells.reduce((sum, value) => sum + value, 0);
    maps.set(
      cells.map((value) => (0.93 * value) / total),
      head * rows * columns,
    );
  }
  return maps;
}
