/** The size and orientation of a JPEG, from its marker segments (ITU T.81, annex B; Exif 2.32, section 4.6). */
import type { View } from './bytes-view.ts';
import type { SizeOrWhy } from './image-header.ts';

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const APP1 = 0xe1;
const ORIENTATION = 0x0112;

/** Walks the segments up to the frame header; thumbnails inside a segment are stepped over with it. */
export function jpegSize(view: View): SizeOrWhy {
  let orientation: number | null = null;
  let at = 2;
  while (at < view.length) {
    const marker = view.u8(at + 1);
    if (marker === null) return 'cut-off';
    // Decoders step over fill bytes and stray ones between segments, so this does too.
    if (view.u8(at) !== 0xff || marker === 0xff || marker === 0) {
      at += 1;
      continue;
    }
    if (hasNoBody(marker)) {
      at += 2;
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return 'broken';
    const length = view.u16be(at + 2);
    if (length === null) return 'cut-off';
    if (length < 2) return 'broken';
    if (isFrame(marker)) {
      const height = view.u16be(at + 5);
      const width = view.u16be(at + 7);
      if (height === null || width === null) return 'cut-off';
      if (orientation === null) return { width, height };
      return orientation >= 5
        ? { width: height, height: width, orientation }
        : { width, height, orientation };
    }
    if (marker === APP1) orientation ??= exifOrientation(view, at + 4, at + 2 + length);
    at += 2 + length;
  }
  return 'cut-off';
}

/** RST0 … RST7, SOI and TEM stand alone. */
function hasNoBody(marker: number): boolean {
  return (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;
}

/** SOF0 … SOF15, without DHT, JPG and DAC, which share the range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Orientation 1 … 8 of the first image directory of an Exif segment in [start, end); null without one. */
function exifOrientation(view: View, start: number, end: number): number | null {
  if (view.text(start, 6) !== 'Exif\0\0') return null;
  const tiff = start + 6;
  const order = view.text(tiff, 2);
  if (order !== 'II' && order !== 'MM') return null;
  const u16 = order === 'II' ? view.u16 : view.u16be;
  const u32 = order === 'II' ? view.u32 : view.u32be;
  const directory = tiff + (u32(tiff + 4) ?? 0);
  const entries = u16(directory) ?? 0;
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= end; i++, at += 12) {
    if (u16(at) !== ORIENTATION) continue;
    const value = u16(at + 8) ?? 0;
    return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}
