/** The files for TensorBoard's Embedding Projector in one zip, made piece by piece. */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import type { Pixels } from '../../core/pixels.ts';
import type { Catalogue } from '../../data/catalogue.ts';
import type { Features } from '../studies/workbench.ts';
import * as files from './projector-files.ts';

export interface ProjectorSource {
  catalogue: Catalogue;
  ids: Int32Array;
  features: Features;
  /** What the projector calls the vectors. */
  name: string;
}

/** Images a piece: some milliseconds each. */
const PIECE = 64;

/** `between` is awaited between pieces with what is done and its share; it may throw to give up. */
export async function projectorZip(
  { catalogue, ids, features: { rows, width }, name }: ProjectorSource,
  between: (text: string, share: number) => Promise<void>,
  encode: (pixels: Pixels) => Promise<Uint8Array> = png,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  const archive = new Zip((error, data) => {
    if (error) throw error;
    parts.push(data);
  });
  const text = new TextEncoder();
  const n = ids.length;
  const vectors = new ZipDeflate(files.VECTORS, { level: 6 });
  archive.add(vectors);
  for (let from = 0; from < n; from += PIECE) {
    const to = Math.min(n, from + PIECE);
    vectors.push(text.encode(files.vectorLines(rows, width, from, to)), to === n);
    await between('Writing vectors', to / n);
  }
  const small = (file: string, content: string) => {
    const entry = new ZipDeflate(file, { level: 6 });
    archive.add(entry);
    entry.push(text.encode(content), true);
  };
  small(files.METADATA, files.metadataLines(catalogue, ids));
  small(files.CONFIG, files.projectorConfig(name, n));
  const sprite = files.emptySprite(n);
  for (const [at, id] of ids.entries()) {
    files.addThumbnail(sprite, catalogue, id, at, n);
    if (at % PIECE === 0) await between('Drawing the sprite', at / n);
  }
  const image = new ZipPassThrough(files.SPRITE);
  archive.add(image);
  image.push(await encode(sprite), true);
  archive.end();
  return joined(parts);
}

async function png({ width, height, rgba }: Pixels): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return new Uint8Array(await blob.arrayBuffer());
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
