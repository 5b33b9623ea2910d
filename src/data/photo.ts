/** Reads one photo that is to be looked at and not trained on. */
import type { Pixels } from '../core/pixels.ts';
import { createDecodePool, DecodeError } from './decode-pool.ts';
import { FORMAT_NAMES, inspect } from './inspect.ts';

/** Shorter side that is kept: 60 patches of 16 px. */
const PHOTO_SIDE = 960;

export interface OpenedPhoto {
  name: string;
  pixels: Pixels;
  /** Size of the photo as it was, upright. */
  width: number;
  height: number;
}

/** A sentence for the person. */
export class PhotoRefused extends Error {
  override name = 'PhotoRefused';
  constructor(name: string, reason: string) {
    super(`“${name}” cannot be looked at: ${reason}.`);
  }
}

/** @throws PhotoRefused where the file is no image that can be read. */
export async function openPhoto(file: File): Promise<OpenedPhoto> {
  const found = await inspect({
    path: file.name,
    packed: false,
    head: async (count) => new Uint8Array(await file.slice(0, count).arrayBuffer()),
    whole: async () => file,
  });
  if (found.kind === 'refused') throw new PhotoRefused(file.name, found.reason);
  if (found.kind === 'table') throw new PhotoRefused(file.name, 'not an image');
  const pool = createDecodePool({ size: 1 });
  try {
    const pixels = await pool.decode(file, PHOTO_SIDE);
    // The head states the size before the camera's turn is undone.
    const turned = pixels.width > pixels.height !== found.width > found.height;
    const [width, height] = turned ? [found.height, found.width] : [found.width, found.height];
    return { name: file.name, pixels, width, height };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new PhotoRefused(file.name, `broken ${FORMAT_NAMES[found.format]}: ${error.message}`);
  } finally {
    pool.dispose();
  }
}
