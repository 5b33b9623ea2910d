/** A zip of files that are not packed: weights do not shrink. In pieces, as they may be hundreds of megabytes. */
import { Zip, ZipPassThrough } from 'fflate';
import type { NamedPieces } from './export.ts';

/** Bytes of which the checksum is made at a time. */
const CHUNK = 2 ** 22;

/** The archive's bytes in pieces; `between` is awaited after each chunk. */
export async function zipPieces(
  files: readonly NamedPieces[],
  between: () => Promise<void>,
): Promise<Uint8Array[]> {
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
