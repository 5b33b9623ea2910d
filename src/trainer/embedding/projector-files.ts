/**
 * The files of TensorBoard's Embedding Projector, as its documentation and projector_config.proto describe them: vectors
 * and metadata as tab-separated values, one sprite with all thumbnails, and a config that names the three.
 */
import { type Pixels, pixelsOf } from '../../core/pixels.ts';
import type { Catalogue } from '../../data/catalogue.ts';
import { cropResize } from '../../data/resize.ts';
import { imageOf } from '../evaluated-images.ts';

export const VECTORS = 'vectors.tsv';
export const METADATA = 'metadata.tsv';
export const SPRITE = 'sprite.png';
export const CONFIG = 'projector_config.pbtxt';

/** The projector takes no larger sprite, pixels a side. */
const LARGEST_SPRITE = 8192;
const THUMBNAIL = 48;

/** Rows `from` … `to` − 1 of rows [n, width], seven digits a number: as many as float32 has. No heading. */
export function vectorLines(rows: Float32Array, width: number, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++)
    text += `${Array.from(rows.subarray(i * width, (i + 1) * width), shortened).join('\t')}\n`;
  return text;
}

const shortened = (value: number): string => String(Number(value.toPrecision(7)));

/** With a heading, as there are several columns. */
export function metadataLines({ images, classes }: Catalogue, ids: Iterable<number>): string {
  const lines = ['label\tfile\tsplit\timage'];
  for (const id of ids) {
    const image = images[id];
    const label = image?.label === null ? undefined : classes[image?.label ?? -1];
    lines.push(
      [label ?? 'no label', image?.path ?? '', image?.split ?? '', String(id)].map(field).join('\t'),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A field ends at a tab and a row at a line's end. */
const field = (text: string): string => text.replaceAll(/[\t\r\n]+/g, ' ');

/** How the thumbnails of `count` images lie in a sprite: row by row in a square. */
export function spriteGrid(count: number): { columns: number; side: number } {
  const columns = Math.max(1, Math.ceil(Math.sqrt(count)));
  return { columns, side: Math.min(THUMBNAIL, Math.floor(LARGEST_SPRITE / columns)) };
}

/** An empty sprite, white. */
export function emptySprite(count: number): Pixels {
  const { columns, side } = spriteGrid(count);
  const width = columns * side;
  return { width, height: width, rgba: new Uint8ClampedArray(width * width * 4).fill(255) };
}

/** Puts the image into place `at` of the sprite, whole and in the middle of its square. */
export function addThumbnail(
  sprite: Pixels,
  catalogue: Catalogue,
  id: number,
  at: number,
  count: number,
): void {
  const { columns, side } = spriteGrid(count);
  const image = imageOf(catalogue, id);
  const scale = side / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const whole = { top: 0, left: 0, width: image.width, height: image.height };
  const { rgba } = pixelsOf(cropResize(image, whole, width, height));
  const left = (at % columns) * side + Math.floor((side - width) / 2);
  const top = Math.floor(at / columns) * side + Math.floor((side - height) / 2);
  for (let y = 0; y < height; y++)
    sprite.rgba.set(rgba.subarray(4 * y * width, 4 * (y + 1) * width), 4 * ((top + y) * sprite.width + left));
}

/** @param name what the projector calls the vectors. */
export function projectorConfig(name: string, count: number): string {
  const { side } = spriteGrid(count);
  return [
    'embeddings {',
    `  tensor_name: ${JSON.stringify(name)}`,
    `  tensor_path: "${VECTORS}"`,
    `  metadata_path: "${METADATA}"`,
    '  sprite {',
    `    image_path: "${SPRITE}"`,
    `    single_image_dim: ${side}`,
    `    single_image_dim: ${side}`,
    '  }',
    '}',
    '',
  ].join('\n');
}
