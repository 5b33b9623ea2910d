/** A kept run as a file: what it is about, its parts, and a checksum over both, written and read in pieces. */
import { z } from 'zod';

/** Where kept files lie. Nothing here is atomic but `move`. */
export interface FileStore {
  list(): Promise<{ name: string; bytes: number }[]>;
  /** Makes the file or replaces it, and flushes it; each piece is consumed before the next is asked for. */
  write(name: string, pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void>;
  /** In one step; replaces `to`. */
  move(from: string, to: string): Promise<void>;
  /** Bytes from … to, fewer where the file ends before. */
  read(name: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
  remove(name: string): Promise<void>;
}

const aboutSchema = z.object({
  /** The run, by eight hex digits of its own. */
  run: z.string().regex(/^[0-9a-f]{8}$/),
  /** Milliseconds since 1970. */
  savedAt: z.number(),
  step: z.int().min(0),
  /** k-NN score at this very step, percent; null where none was measured. */
  score: z.number().nullable(),
  /** What a page shows of it; JSON that nobody reads here. */
  card: z.string(),
});
export type About = z.output<typeof aboutSchema>;

/** A part of the file: its bytes lie in any number of pieces. */
export interface Part {
  name: string;
  pieces: Uint8Array[];
}

const headerSchema = z.object({
  about: aboutSchema,
  parts: z.array(z.object({ name: z.string(), bytes: z.int().min(0) })),
});
export type KeptHeader = z.output<typeof headerSchema>;

/** The file is not what was written. */
export class Damaged extends Error {
  override name = 'Damaged';
}

/** The file is whole, and of another version of the page. */
export class OtherVersion extends Error {
  override name = 'OtherVersion';
  constructor(readonly version: number) {
    super(
      version > VERSION
        ? `It was kept by a newer version of this page (format ${version}; this one reads ${VERSION}). Load the newest page to go on with it.`
        : `It was kept by an older version of this page (format ${version}; this one reads ${VERSION}), and only that one can go on with it.`,
    );
  }
}

/** Version of all between the magic and the checksum. The magic, the version and the checksum stay where they are. */
export const VERSION = 1;
/** "DINOKEPT". */
const MAGIC = 'DINOKEPT';
const HEAD = 16;
const CHECKSUM = 32;
const LONGEST_HEADER = 2 ** 24;
/** Bytes that are hashed and written at a time. */
const CHUNK = 2 ** 22;

/** SHA-256 of the SHA-256 of each chunk: so neither end ever holds the whole file for the sake of its checksum. */
class Checksum {
  private readonly digests: Uint8Array[] = [];

  async add(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.digests.push(new Uint8Array(await crypto.subtle.digest('SHA-256', chunk)));
  }

  async end(): Promise<Uint8Array<ArrayBuffer>> {
    const all = new Uint8Array(this.digests.length * CHECKSUM);
    for (const [i, digest] of this.digests.entries()) all.set(digest, i * CHECKSUM);
    return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  }
}

/** The file: head, header, parts, checksum. A piece that it yields is overwritten by the next. */
export async function* keptFile(
  about: About,
  parts: readonly Part[],
  version = VERSION,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const header: KeptHeader = {
    about,
    parts: parts.map(({ name, pieces }) => ({ name, bytes: bytesOf(pieces) })),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(HEAD);
  new TextEncoder().encodeInto(MAGIC, head);
  const view = new DataView(head.buffer);
  view.setUint32(8, version, true);
  view.setUint32(12, text.byteLength, true);
  const checksum = new Checksum();
  for (const chunk of chunked([head, text, ...parts.flatMap(({ pieces }) => pieces)])) {
    await checksum.add(chunk);
    yield chunk;
  }
  yield await checksum.end();
}

const bytesOf = (pieces: readonly Uint8Array[]) =>
  pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** The same bytes in chunks of equal size but the last; they share one memory. */
function* chunked(pieces: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>, void> {
  const chunk = new Uint8Array(Math.min(CHUNK, bytesOf(pieces)));
  let filled = 0;
  for (const piece of pieces)
    for (let at = 0; at < piece.byteLength; ) {
      const taken = piece.subarray(at, at + chunk.byteLength - filled);
      chunk.set(taken, filled);
      filled += taken.byteLength;
      at += taken.byteLength;
      if (filled < chunk.byteLength) continue;
      yield chunk;
      filled = 0;
    }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** What the file claims to be about; only its length has been held to that. @throws Damaged, OtherVersion. */
export async function keptHeader(
  store: FileStore,
  { name, bytes }: { name: string; bytes: number },
): Promise<KeptHeader & { start: number }> {
  const head = await store.read(name, 0, HEAD);
  if (head.byteLength < HEAD || new TextDecoder('latin1').decode(head.subarray(0, 8)) !== MAGIC)
    throw new Damaged('it does not begin as a kept run does');
  const view = new DataView(head.buffer, head.byteOffset);
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    // A flipped bit can make another version of it: only a file that is whole may say so.
    await assureWhole(store, { name, bytes });
    throw new OtherVersion(version);
  }
  const length = view.getUint32(12, true);
  if (length > LONGEST_HEADER || HEAD + length > bytes) throw new Damaged('its header is cut off');
  const header = parsed(await store.read(name, HEAD, HEAD + length));
  const start = HEAD + length;
  const end = start + header.parts.reduce((sum, part) => sum + part.bytes, 0) + CHECKSUM;
  if (end !== bytes) throw new Damaged(`it has ${bytes} bytes and should have ${end}`);
  return { ...header, start };
}

function parsed(bytes: Uint8Array): KeptHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Damaged('its header is not JSON');
  }
  const result = headerSchema.safeParse(json);
  if (!result.success) throw new Damaged(`its header is damaged: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** Reads all of the file once. @throws Damaged where its checksum is another. */
export async function assureWhole(
  store: FileStore,
  { name, bytes }: { name: string; bytes: number },
): Promise<void> {
  const end = bytes - CHECKSUM;
  if (end < HEAD) throw new Damaged('it is cut off');
  const checksum = new Checksum();
  for (let at = 0; at < end; at += CHUNK)
    await checksum.add(await store.read(name, at, Math.min(end, at + CHUNK)));
  const found = await store.read(name, end, bytes);
  const wanted = await checksum.end();
  if (found.byteLength !== CHECKSUM || !wanted.every((byte, i) => byte === found[i]))
    throw new Damaged('its checksum is another');
}

/** The parts of a whole file, by name. @throws Damaged, OtherVersion. */
export async function keptParts(
  store: FileStore,
  file: { name: string; bytes: number },
): Promise<{ about: About; parts: Map<string, Uint8Array<ArrayBuffer>> }> {
  const { about, parts, start } = await keptHeader(store, file);
  await assureWhole(store, file);
  const found = new Map<string, Uint8Array<ArrayBuffer>>();
  let at = start;
  for (const { name, bytes } of parts) {
    found.set(name, await store.read(file.name, at, at + bytes));
    at += bytes;
  }
  return { about, parts: found };
}
