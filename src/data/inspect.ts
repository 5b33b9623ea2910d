/** Looks at the first bytes of a source: is it an image, and of a size worth decoding? */
import { type ImageFormat, sniffImage } from '../core/image-header.ts';
import { reasonOf } from './intake-errors.ts';
import type { Source } from './source.ts';

export type Finding =
  | { kind: 'image'; format: ImageFormat; width: number; height: number }
  | { kind: 'table' }
  | { kind: 'refused'; reason: string };

export const MAX_PIXELS = 100_000_000;
export const MAX_SIDE = 16_384;

const HEAD_BYTES = 64 * 1024;
/** Photographs with long notes before the picture reach some MiB; nothing sound goes beyond. */
const LONGEST_HEAD_BYTES = 32 * 2 ** 20;
const ARCHIVES = new Set(['ZIP archive', 'gzip archive', 'tar archive', 'Parquet file']);
const OTHER_IMAGES = new Set(['HEIC', 'TIFF', 'SVG', 'Photoshop', 'icon', 'JPEG XL', 'JPEG 2000']);

export const FORMAT_NAMES: Record<ImageFormat, string> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
  bmp: 'BMP',
  gif: 'GIF',
};

/** Reads as much of the head as it takes. Reading failures become a reason, too. */
export async function inspect(source: Source): Promise<Finding> {
  try {
    for (let asked = HEAD_BYTES; ; asked *= 8) {
      const head = await source.head(asked);
      const found = sniffImage(head);
      if (found?.format === 'unread' && found.cutOff && head.length >= asked && asked < LONGEST_HEAD_BYTES)
        continue;
      return judge(source, head.length, found);
    }
  } catch (error) {
    return refused(`could not be read: ${reasonOf(error)}`);
  }
}

function refused(reason: string): Finding {
  return { kind: 'refused', reason };
}

function judge(source: Source, bytes: number, found: ReturnType<typeof sniffImage>): Finding {
  if (bytes === 0) return refused('an empty file');
  if (found === null) return /\.csv$/i.test(source.path) ? { kind: 'table' } : refused('not an image');
  if (found.format === 'unread')
    return refused(`broken ${FORMAT_NAMES[found.image]}: its size cannot be read`);
  if (found.format === 'unsupported') {
    if (OTHER_IMAGES.has(found.name))
      return refused(`${found.name} images are not read; save it as JPEG or PNG`);
    if (source.packed && ARCHIVES.has(found.name))
      return refused('an archive inside of an archive is not opened');
    return refused(`not an image: ${found.name}`);
  }
  const { format, width, height } = found;
  const size = `${width.toLocaleString('en')} × ${height.toLocaleString('en')} px`;
  if (width === 0 || height === 0) return refused(`broken ${FORMAT_NAMES[format]}: ${size}`);
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
    return refused(`${size} is too large`);
  return { kind: 'image', format, width, height };
}
