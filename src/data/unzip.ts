/**
 * Lists a ZIP archive and inflates its members one at a time, so that memory holds one member and not the archive.
 * The directory is read from the end of the file (PKWARE APPNOTE, 4.3 and 4.5); fflate inflates.
 */
import { Inflate, inflateSync } from 'fflate';
import { bytesView, type View } from '../core/bytes-view.ts';
import {
  ARCHIVE_LIMITS,
  type ArchiveLimits,
  type ArchiveListing,
  type ArchiveMember,
  ArchiveRefused,
  decodeName,
  MemberBroken,
  reasonAgainst,
  requireWithin,
} from './archive.ts';
import { type BlobReader, blobReader } from './blob-reader.ts';

const END_RECORD = 0x06054b50;
const END_RECORD_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_RECORD_BYTES = 22;
const LOCATOR_BYTES = 20;
const COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 128 * 2 ** 20;
const STORED = 0;
const DEFLATED = 8;
const IN_ZIP64 = 0xffffffff;

interface Entry {
  path: string;
  flags: number;
  method: number;
  compressed: number;
  size: number;
  offset: number;
}

/** Whether the file begins as a zip with members in it does. */
export async function isZip(blob: Blob): Promise<boolean> {
  const head = await blob.slice(0, LOCAL_HEADER_BYTES).arrayBuffer();
  return bytesView(new Uint8Array(head)).u32(0) === LOCAL_HEADER;
}

/** Reads the directory of an archive. Throws `ArchiveRefused` where it is damaged or asks for more than `limits`. */
export async function listZip(blob: Blob, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<ArchiveListing> {
  const zip = blobReader(blob);
  const directory = await findDirectory(zip);
  requireWithin(limits, directory.entries, 0);
  if (directory.size > MAX_DIRECTORY_BYTES || directory.start + directory.size > zip.size)
    throw new ArchiveRefused('its directory is damaged');
  const view = await viewOf(zip, directory.start, directory.start + directory.size);
  const members: ArchiveMember[] = [];
  const refused: ArchiveListing['refused'] = [];
  let total = 0;
  let packed = 0;
  let count = 0;
  for (const entry of readEntries(view)) {
    requireWithin(limits, ++count, 0);
    total += entry.size;
    packed += entry.compressed;
    if (entry.path.endsWith('/')) continue;
    const reason = reasonAgainst(entry.path, entry.size, limits) ?? reasonOfPacking(entry);
    if (reason !== null) refused.push({ path: entry.path, reason });
    else members.push(memberOf(zip, entry));
  }
  if (count < directory.entries) throw new ArchiveRefused('its directory is damaged');
  requireWithin(limits, count, total);
  // Members that share their bytes are how a small archive claims to be a huge one.
  if (packed > zip.size) throw new ArchiveRefused('its members overlap');
  return { members, refused };
}

async function viewOf(zip: BlobReader, start: number, end: number): Promise<View> {
  return bytesView(await zip.read(start, end));
}

/** Where the directory lies. A comment of up to 64 KiB may follow the record that says so. */
async function findDirectory(zip: BlobReader): Promise<{ start: number; size: number; entries: number }> {
  const tailStart = Math.max(0, zip.size - END_RECORD_BYTES - COMMENT_BYTES - LOCATOR_BYTES);
  const tail = await viewOf(zip, tailStart, zip.size);
  for (let at = tail.length - END_RECORD_BYTES; at >= 0; at--) {
    if (tail.u32(at) !== END_RECORD) continue;
    const entries = tail.u16(at + 10) ?? 0;
    const size = tail.u32(at + 12) ?? 0;
    const start = tail.u32(at + 16) ?? 0;
    if (entries !== 0xffff && size !== IN_ZIP64 && start !== IN_ZIP64) return { start, size, entries };
    const locator = at - LOCATOR_BYTES;
    if (tail.u32(locator) !== LOCATOR_64) return { start, size, entries };
    const recordStart = u64(tail, locator + 8);
    const record = await viewOf(zip, recordStart, recordStart + 56);
    if (record.u32(0) !== END_RECORD_64) throw new ArchiveRefused('its directory is damaged');
    return { entries: u64(record, 32), size: u64(record, 40), start: u64(record, 48) };
  }
  throw new ArchiveRefused('it is cut off or damaged: its directory is missing');
}

/** A 64-bit size as a number; what exceeds 2^53 is larger than any file and fails the checks against its size. */
function u64(view: View, at: number): number {
  return (view.u32(at) ?? 0) + (view.u32(at + 4) ?? 0) * 0x1_0000_0000;
}

function* readEntries(view: View): Generator<Entry> {
  let at = 0;
  while (view.u32(at) === DIRECTORY_ENTRY) {
    const nameLength = view.u16(at + 28) ?? 0;
    const extraLength = view.u16(at + 30) ?? 0;
    const commentLength = view.u16(at + 32) ?? 0;
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > view.length) return;
    yield {
      path: decodeName(view.bytes(at + 46, nameLength)),
      flags: view.u16(at + 8) ?? 0,
      method: view.u16(at + 10) ?? 0,
      ...sizesOf(view, at, at + 46 + nameLength, extraLength),
    };
    at = end;
  }
}

/** Sizes and offset of an entry; those too large for 32 bits stand in the ZIP64 field, in this order. */
function sizesOf(view: View, at: number, extraStart: number, extraLength: number) {
  const sizes = {
    size: view.u32(at + 24) ?? 0,
    compressed: view.u32(at + 20) ?? 0,
    offset: view.u32(at + 42) ?? 0,
  };
  for (
    let field = extraStart;
    field + 4 <= extraStart + extraLength;
    field += 4 + (view.u16(field + 2) ?? 0)
  ) {
    if (view.u16(field) !== 1) continue;
    let value = field + 4;
    for (const key of ['size', 'compressed', 'offset'] as const) {
      if (sizes[key] !== IN_ZIP64) continue;
      sizes[key] = u64(view, value);
      value += 8;
    }
  }
  return sizes;
}

function reasonOfPacking({ flags, method }: Entry): string | null {
  if (flags & 1) return 'it is encrypted';
  return method === STORED || method === DEFLATED
    ? null
    : `it is packed by method ${method}; only stored and deflated members are read`;
}

/** How much compressed data a head is inflated from at once: deflate yields at most 1,032 times as much. */
const HEAD_STEP = 4096;

const LOCAL_HEADER_BYTES = 30;
/** A local header with its names is nearly always shorter, so one read gets header and data. */
const HEADER_GUESS = 512;

function memberOf(zip: BlobReader, entry: Entry): ArchiveMember {
  /** The first `count` of the member's bytes as they lie in the archive. */
  const packed = async (count: number) => {
    const wanted = Math.min(count, entry.compressed);
    const header = await zip.read(entry.offset, entry.offset + HEADER_GUESS + wanted);
    const view = bytesView(header);
    if (view.u32(0) !== LOCAL_HEADER) throw new MemberBroken('its place in the zip is damaged');
    const start = LOCAL_HEADER_BYTES + (view.u16(26) ?? 0) + (view.u16(28) ?? 0);
    if (start <= HEADER_GUESS) return header.subarray(start, start + wanted);
    return zip.read(entry.offset + start, entry.offset + start + wanted);
  };
  return {
    path: entry.path,
    size: entry.size,
    head: async (count) => {
      const data = await packed(count);
      return entry.method === STORED ? data : inflateHead(data, count);
    },
    whole: async () => {
      const data = await packed(entry.compressed);
      const bytes = entry.method === STORED ? data : inflateWhole(data, entry.size);
      if (bytes.length !== entry.size) throw new MemberBroken('it is cut off or damaged in the zip');
      return new Blob([bytes]);
    },
  };
}

function inflateHead(data: Uint8Array<ArrayBuffer>, count: number): Uint8Array {
  const head = new Uint8Array(count);
  let filled = 0;
  const inflate = new Inflate((chunk) => {
    const taken = chunk.subarray(0, count - filled);
    head.set(taken, filled);
    filled += taken.length;
  });
  try {
    for (let at = 0; at < data.length && filled < count; at += HEAD_STEP)
      inflate.push(data.subarray(at, at + HEAD_STEP), false);
  } catch {
    throw new MemberBroken('it is damaged in the zip');
  }
  return head.subarray(0, filled);
}

/** The buffer of the claimed size bounds what a lying member can fill. */
function inflateWhole(data: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  try {
    return inflateSync(data, { out: new Uint8Array(size) });
  } catch {
    throw new MemberBroken('it is damaged in the zip');
  }
}
