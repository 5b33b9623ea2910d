/** A zip of files that are not packed: weights do not shrink. In pieces, as they may be hundreds of megabytes. */
import { Zip, ZipPassThrough } from 'fflate';
import type { NamedPieces } from './export.ts';

/** Bytes of which the checksum is made at a time. */
const CHUNK = 2 ** 22;

/** Sizes and places in the archive have 32 bits: fflate writes no zip64. */
const MOST_BYTES = 2 ** 32 - 1;
/** Of a file beside its content: two headers, a descriptor, and its name twice. */
const BESIDE = 30 + 46 + 16;
const END = 22;

/** The archive would be larger than a zip can be. */
export class ZipTooLarge extends Error {
  override name = 'ZipTooLarge';
  constructor(readonly bytes: number) {
    super(
      `The zip would take ${(bytes / 2 ** 30).toFixed(1)} GiB, and one can hold less than 4 GiB. Save the run itself (File, Save run), or lower the prototypes K or the network's width.`,
    );
  }
}

/** Length of the archive. */
export function zipBytes(files: readonly NamedPieces[]): number {
  return files.reduce((sum, { name, pieces }) => {
    const content = pieces.reduce((all, { byteLength }) => all + byteLength, 0);
    return sum + content + BESIDE + 2 * new TextEncoder().encode(name).byteLength;
  }, END);
}

/**
 * The archive's bytes in pieces; `between` is awaited after each chunk.
 * @throws ZipTooLarge before anything is made.
 */
export async function zipPieces(
  files: readonly NamedPieces[],
  between: () => Promise<void>,
): Promise<Uint8Array[]> {
  const bytes = zipBytes(files);
  if (bytes > MOST_BYTES) throw new ZipTooLarge(bytes);
  const pieces: Uint8Array[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, piece) => {
    if (error) failure = error;
    else pieces.push(piece);
  });
  for (const { name, pieces: content } of files) {
    const entry = new ZipPassThrough(name);
    zip.add(entry);
    for (const piece of content)
      for (let at = 0; at < piece.byteLength; at += CHUNK) {
        entry.push(piece.subarray(at, at + CHUNK));
        await between();
      }
    entry.push(new Uint8Array(0), true);
  }
  zip.end();
  if (failure !== null) throw failure;
  return pieces;
}
