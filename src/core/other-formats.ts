/** Names the kinds of file that people drop beside images, so that a refusal can say what it was. */
import type { View } from './bytes-view.ts';

const TIFF_LITTLE = [0x49, 0x49, 0x2a, 0x00];
const TIFF_BIG = [0x4d, 0x4d, 0x00, 0x2a];

const BEGINNINGS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['TIFF', TIFF_LITTLE],
  ['TIFF', TIFF_BIG],
  ['Photoshop', [0x38, 0x42, 0x50, 0x53]],
  ['icon', [0x00, 0x00, 0x01, 0x00]],
  ['JPEG XL', [0xff, 0x0a]],
  ['JPEG XL', [0x00, 0x00, 0x00, 0x0c, 0x4a, 0x58, 0x4c, 0x20]],
  ['JPEG 2000', [0x00, 0x00, 0x00, 0x0c, 0x6a, 0x50, 0x20, 0x20]],
  ['ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
  ['ZIP archive', [0x50, 0x4b, 0x05, 0x06]],
  ['gzip archive', [0x1f, 0x8b]],
  ['Parquet file', [0x50, 0x41, 0x52, 0x31]],
  ['7z archive', [0x37, 0x7a, 0xbc, 0xaf]],
  ['RAR archive', [0x52, 0x61, 0x72, 0x21]],
  ['video', [0x1a, 0x45, 0xdf, 0xa3]],
  ['video', [0x00, 0x00, 0x01, 0xba]],
  ['video', [0x00, 0x00, 0x01, 0xb3]],
];

const HEIF_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);

/** The name of a known kind of file that is not an image we take, or null. */
export function nameOfOther(view: View): string | null {
  for (const [name, bytes] of BEGINNINGS) if (view.startsWith(0, bytes)) return name;
  if (view.text(257, 5) === 'ustar') return 'tar archive';
  if (view.text(4, 4) === 'ftyp') return HEIF_BRANDS.has(view.text(8, 4)) ? 'HEIC' : 'video';
  if (view.text(0, 4) === 'RIFF' && view.text(8, 4) === 'AVI ') return 'video';
  const opening = view.text(0, Math.min(view.length, 1024)).trimStart();
  return /^(ï»¿)?\s*(<svg[\s>]|<(\?xml|!--|!DOCTYPE svg).*<svg[\s>])/is.test(opening) ? 'SVG' : null;
}
