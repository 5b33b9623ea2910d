/** What a file is and how large its picture, read from its first bytes and never from its name. */
import { avifSize } from './avif-header.ts';
import { bytesView, type View } from './bytes-view.ts';
import { jpegSize } from './jpeg-header.ts';
import { nameOfOther } from './other-formats.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'bmp' | 'gif';

export interface ImageHeader {
  format: ImageFormat;
  /** Pixels, as a viewer shows the picture: upright where the file says how it was held. */
  width: number;
  height: number;
  /** EXIF orientation 1 … 8, where a JPEG has one. */
  orientation?: number;
}

/** A known kind of file that is not taken, under the name that a person knows it by. */
export interface UnsupportedFile {
  format: 'unsupported';
  name: string;
}

/** Begins as an image we take, but its size is not in these bytes. */
export interface UnreadHeader {
  format: 'unread';
  image: ImageFormat;
  /** True where the bytes ended too early, false where they contradict the format. */
  cutOff: boolean;
}

export type Sniffed = ImageHeader | UnsupportedFile | UnreadHeader | null;

/** A size, or why there is none: the bytes end before it, or are not what the format asks for. */
export type SizeOrWhy = { width: number; height: number; orientation?: number } | 'cut-off' | 'broken';

/**
 * Says what a file is from its first bytes (64 KiB are nearly always enough). Never throws and never reads past the
 * end; null for content that nothing here recognises.
 */
export function sniffImage(bytes: Uint8Array): Sniffed {
  const view = bytesView(bytes);
  const format = formatOf(view);
  if (format === null) {
    const name = nameOfOther(view);
    return name === null ? null : { format: 'unsupported', name };
  }
  const size = SIZE_OF[format](view);
  if (typeof size === 'string') return { format: 'unread', image: format, cutOff: size === 'cut-off' };
  return { format, ...size };
}

function formatOf(view: View): ImageFormat | null {
  if (view.startsWith(0, [0xff, 0xd8, 0xff])) return 'jpeg';
  if (view.startsWith(0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png';
  if (view.text(0, 6) === 'GIF87a' || view.text(0, 6) === 'GIF89a') return 'gif';
  if (view.text(0, 4) === 'RIFF' && view.text(8, 4) === 'WEBP') return 'webp';
  if (view.text(4, 4) === 'ftyp' && isAvif(view)) return 'avif';
  // "BM" also begins many a text: the size of the header that follows must be one that exists.
  if (view.text(0, 2) === 'BM' && BMP_HEADERS.has(view.u32(14) ?? 0)) return 'bmp';
  return null;
}

/** AVIF among the major and the compatible brands (a still, or a sequence). */
function isAvif(view: View): boolean {
  const end = Math.min(view.u32be(0) ?? 0, 512, view.length);
  for (let at = 8; at + 4 <= end; at += 4) {
    const brand = view.text(at, 4);
    if (at !== 12 && (brand === 'avif' || brand === 'avis')) return true;
  }
  return false;
}

const BMP_HEADERS = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

const SIZE_OF: Record<ImageFormat, (view: View) => SizeOrWhy> = {
  jpeg: jpegSize,
  png: pngSize,
  webp: webpSize,
  avif: avifSize,
  bmp: bmpSize,
  gif: (view) => sized(view.u16(6), view.u16(8)),
};

function sized(width: number | null, height: number | null): SizeOrWhy {
  return width === null || height === null ? 'cut-off' : { width, height };
}

function masked(value: number | null, mask: number): number | null {
  return value === null ? null : value & mask;
}

/** IHDR must come first (PNG, section 5.6). */
function pngSize(view: View): SizeOrWhy {
  if (view.length < 24) return 'cut-off';
  return view.text(12, 4) === 'IHDR' ? sized(view.u32be(16), view.u32be(20)) : 'broken';
}

/** RFC 9649: lossy (VP8, 14-bit sides), lossless (VP8L, 14-bit sides − 1) or extended (VP8X, 24-bit sides − 1). */
function webpSize(view: View): SizeOrWhy {
  const chunk = view.text(12, 4);
  if (chunk === 'VP8 ') {
    const mark = view.u24(23);
    if (mark !== null && mark !== 0x2a019d) return 'broken';
    return sized(masked(view.u16(26), 0x3fff), masked(view.u16(28), 0x3fff));
  }
  if (chunk === 'VP8L') {
    const packed = view.u32(21);
    if (view.u8(20) !== 0x2f || packed === null) return view.length < 25 ? 'cut-off' : 'broken';
    return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
  }
  if (chunk === 'VP8X') {
    const width = view.u24(24);
    const height = view.u24(27);
    return width === null || height === null ? 'cut-off' : { width: width + 1, height: height + 1 };
  }
  return chunk === '' ? 'cut-off' : 'broken';
}

/** The oldest header has 16-bit sides; later ones 32-bit, with a negative height for rows from the top. */
function bmpSize(view: View): SizeOrWhy {
  if (view.u32(14) === 12) return sized(view.u16(18), view.u16(20));
  const width = view.u32(18);
  const height = view.u32(22);
  return width === null || height === null
    ? 'cut-off'
    : { width: Math.abs(width | 0), height: Math.abs(height | 0) };
}
