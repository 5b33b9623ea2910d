/**
 * Lists a tar archive without reading its members (POSIX.1-2017, pax: "ustar Interchange Format" and "pax Header Block";
 * long names as GNU tar writes them), and unpacks gzip with a limit on what comes out.
 */
import {
  ARCHIVE_LIMITS,
  type ArchiveLimits,
  type ArchiveListing,
  ArchiveRefused,
  decodeName,
  reasonAgainst,
  requireWithin,
} from './archive.ts';
import { blobReader } from './blob-reader.ts';

const BLOCK = 512;
/** A path longer than this is no path; neither is it read. */
const LONGEST_NOTE = 2 ** 20;
/** Unpacked bytes of a gzip file. The browser keeps them on disk. */
const GUNZIPPED_BYTES = 4 * 2 ** 30;

const FILE_TYPES = new Set(['0', '\0', '7']);
const FOLDER = '5';
/** Headers that speak of the member after them: a pax record list, and GNU's name and link name. */
const NOTES = { pax: 'x', name: 'L', link: 'K', global: 'g' } as const;

interface Header {
  path: string;
  size: number;
  type: string;
}

/** Reads the headers of an archive. Throws `ArchiveRefused` where it is damaged or asks for more than `limits`. */
export async function listTar(blob: Blob, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<ArchiveListing> {
  const tar = blobReader(blob);
  const listing: ArchiveListing = { members: [], refused: [] };
  let said: { path?: string; size?: number } = {};
  let entries = 0;
  let total = 0;
  for (let at = 0; at + BLOCK <= tar.size; ) {
    const block = await tar.read(at, at + BLOCK);
    // Two blocks of zeros end an archive; some writers leave one of them out.
    if (block.every((byte) => byte === 0)) break;
    const header = headerOf(block);
    if (!header) throw new ArchiveRefused(at === 0 ? 'it is no tar archive' : 'it is damaged');
    const size = said.size ?? header.size;
    const path = said.path ?? header.path;
    const start = at + BLOCK;
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (at > tar.size) throw new ArchiveRefused('it is cut off');
    requireWithin(limits, ++entries, 0);
    if (isNote(header.type)) {
      if (size > LONGEST_NOTE) throw new ArchiveRefused('it is damaged');
      said = { ...said, ...saidBy(header.type, await tar.read(start, start + size)) };
      continue;
    }
    said = {};
    if (header.type === FOLDER) continue;
    total += size;
    const reason = FILE_TYPES.has(header.type)
      ? reasonAgainst(path, size, limits)
      : 'it is a link or a device, and no file';
    if (reason !== null) listing.refused.push({ path, reason });
    else
      listing.members.push({
        path,
        size,
        head: (count) => tar.read(start, start + Math.min(count, size)),
        whole: async () => blob.slice(start, start + size),
      });
  }
  requireWithin(limits, entries, total);
  return listing;
}

const isNote = (type: string) => Object.values<string>(NOTES).includes(type);

function headerOf(block: Uint8Array): Header | null {
  const claimed = octal(block.subarray(148, 156));
  const sum = block.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (claimed !== sum) return null;
  const size = sizeOf(block.subarray(124, 136));
  if (size === null) return null;
  const prefix =
    new TextDecoder('latin1').decode(block.subarray(257, 263)) === 'ustar\0' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    path: withoutDot(prefix === '' ? name : `${prefix}/${name}`),
    size,
    type: String.fromCharCode(block[156] ?? 0),
  };
}

/** `tar` run on "." writes every path with "./" before it. */
const withoutDot = (path: string) => path.replace(/^(\.\/)+/, '');

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decodeName(end < 0 ? field : field.subarray(0, end));
}

/** A number in octal digits, between spaces or zero bytes; null for anything else. */
function octal(field: Uint8Array): number | null {
  const digits = String.fromCharCode(...field)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** Sizes beyond eleven octal digits are written in binary, with the first bit set. */
function sizeOf(field: Uint8Array): number | null {
  const [first = 0] = field;
  if ((first & 0x80) === 0) return octal(field);
  const size = field.subarray(1).reduce((value, byte) => value * 256 + byte, first & 0x7f);
  return Number.isSafeInteger(size) ? size : null;
}

/** What a note says of the next member. */
function saidBy(type: string, bytes: Uint8Array): { path?: string; size?: number } {
  if (type === NOTES.name) return { path: withoutDot(text(bytes, 0, bytes.length)) };
  if (type !== NOTES.pax) return {};
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    // A record is "LENGTH key=value\n", where LENGTH counts the bytes of all of it.
    const space = bytes.indexOf(0x20, at);
    const length = Number(String.fromCharCode(...bytes.subarray(at, Math.max(at, space))));
    if (space < 0 || !Number.isInteger(length) || length <= space - at || at + length > bytes.length)
      throw new ArchiveRefused('it is damaged');
    const record = bytes.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    const key = decodeName(record.subarray(0, Math.max(equals, 0)));
    const value = decodeName(record.subarray(equals + 1));
    if (key === 'path') found.path = withoutDot(value);
    if (key === 'size') {
      found.size = Number(value);
      if (!Number.isSafeInteger(found.size) || found.size < 0) throw new ArchiveRefused('it is damaged');
    }
    at += length;
  }
  return found;
}

/** What a gzip file holds. Throws `ArchiveRefused` where it is damaged or holds more than `limit` bytes. */
export async function gunzipped(blob: Blob, signal: AbortSignal, limit = GUNZIPPED_BYTES): Promise<Blob> {
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.length;
      requireWithin({ ...ARCHIVE_LIMITS, totalBytes: limit }, 0, bytes);
      controller.enqueue(chunk);
    },
  });
  try {
    const stream = blob
      .stream()
      .pipeThrough(new DecompressionStream('gzip'), { signal })
      .pipeThrough(counted);
    return await new Response(stream).blob();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArchiveRefused) throw error;
    throw new ArchiveRefused('it is cut off or damaged');
  }
}
