/** The size of an AVIF picture, from the boxes of its header (ISO/IEC 14496-12 and 23008-12). */
import type { View } from './bytes-view.ts';
import type { SizeOrWhy } from './image-header.ts';

interface Box {
  type: string;
  /** First byte after the box's own header. */
  start: number;
  end: number;
}

/** Walks meta → iprp → ipco, which lists the properties of all items (the picture, its tiles, its alpha). */
export function avifSize(view: View): SizeOrWhy {
  const meta = child(view, 0, Number.POSITIVE_INFINITY, 'meta');
  if (meta === null) return 'cut-off';
  const properties = child(view, meta.start + 4, meta.end, 'iprp');
  const container = properties && child(view, properties.start, properties.end, 'ipco');
  let largest = { width: 0, height: 0 };
  let found = false;
  let turned = false;
  if (container) {
    for (const box of boxes(view, container.start, container.end)) {
      if (box.type === 'irot') turned = (view.u8(box.start) ?? 0) % 2 === 1;
      if (box.type !== 'ispe') continue;
      const width = view.u32be(box.start + 4);
      const height = view.u32be(box.start + 8);
      if (width === null || height === null) return 'cut-off';
      // A grid is larger than its tiles and a picture than its thumbnail, so the largest item is the picture.
      if (width * height > largest.width * largest.height || !found) largest = { width, height };
      found = true;
    }
  }
  if (!found) return meta.end > view.length ? 'cut-off' : 'broken';
  return turned ? { width: largest.height, height: largest.width } : largest;
}

function child(view: View, start: number, end: number, type: string): Box | null {
  for (const box of boxes(view, start, end)) if (box.type === type) return box;
  return null;
}

/** The boxes in [start, end) whose headers lie within the bytes; their ends may lie beyond. */
function* boxes(view: View, start: number, end: number): Generator<Box> {
  let at = start;
  while (at < end) {
    const size = view.u32be(at);
    const type = view.text(at + 4, 4);
    if (size === null || type === '') return;
    const long = size === 1;
    const low = view.u32be(at + 12);
    const header = long ? 16 : 8;
    if (long && low === null) return;
    const length = long ? (view.u32be(at + 8) ?? 0) * 0x1_0000_0000 + (low ?? 0) : size;
    // Size 0 means "to the end of the file".
    const boxEnd = length === 0 ? end : at + length;
    if (boxEnd < at + header) return;
    yield { type, start: at + header, end: Math.min(boxEnd, end) };
    at = boxEnd;
  }
}
