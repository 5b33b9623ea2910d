/** The header of a safetensors file, and whether all its claims fit the file: checked before anything is allocated. */
import { z } from 'zod';
import { repeatedKey } from './json-keys.ts';

/** Bytes that a value of each type takes. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;
export type Dtype = keyof typeof DTYPE_BYTES;

const entrySchema = z.strictObject({
  dtype: z.enum(['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL']),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
export type Entry = z.output<typeof entrySchema>;
const metadataSchema = z.record(z.string(), z.string());

export interface SafetensorsHeader {
  metadata: Record<string, string>;
  entries: Map<string, Entry>;
}

export class SafetensorsError extends Error {
  constructor(what: string) {
    super(`Not a readable safetensors file: ${what}`);
    this.name = 'SafetensorsError';
  }
}

const LONGEST_HEADER = 100 * 1024 * 1024;
/** Bytes before the header: its length. */
export const LENGTH_BYTES = 8;
const METADATA = '__metadata__';
/** Names that an object has already, or that would change what it is. */
const PROTOTYPE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** Where the data begin, by the first bytes of a file of `size` bytes. @throws SafetensorsError */
export function dataStart(first: Uint8Array, size: number): number {
  if (first.byteLength < LENGTH_BYTES || size < LENGTH_BYTES)
    throw new SafetensorsError(`${Math.min(first.byteLength, size)} bytes are too few`);
  const length = Number(new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw new SafetensorsError(otherKind(first));
  if (LENGTH_BYTES + length > size)
    throw new SafetensorsError(
      `its header is ${length} bytes long and the whole file ${size}; it was cut short, or is of another kind`,
    );
  return LENGTH_BYTES + length;
}

/** What a file is whose first bytes are no length of a header, as far as those tell. */
function otherKind(first: Uint8Array): string {
  if (first[0] === 0x80 && first[1] !== undefined && first[1] >= 2 && first[1] <= 5)
    return 'it is a Python pickle, as older .pth files are, and has to be converted first';
  return 'it begins as a file of another kind';
}

/**
 * Parses the header of a file whose data are `dataBytes` long. As the format demands, the tensors fill the data without
 * overlap or gap. @throws SafetensorsError when a name, a shape or an offset does not fit.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number): SafetensorsHeader {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch {
    throw new SafetensorsError('the header is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new SafetensorsError('the header is not an object');
  const twice = repeatedKey(text);
  if (twice !== null) throw new SafetensorsError(`the header has "${twice}" twice`);
  let metadata: Record<string, string> = {};
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(json)) {
    if (PROTOTYPE_NAMES.has(name)) throw new SafetensorsError(`a tensor may not be called "${name}"`);
    if (name === METADATA) metadata = parsed(metadataSchema, name, value);
    else entries.set(name, parsed(entrySchema, name, value));
  }
  requireWhole(entries, dataBytes);
  return { metadata, entries };
}

/** Each tensor as long as its shape says, and one right after the other until `size`. */
function requireWhole(entries: ReadonlyMap<string, Entry>, size: number): void {
  let end = 0;
  const inOrder = [...entries].sort(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  for (const [name, { dtype, shape, data_offsets: offsets }] of inOrder) {
    const [from, to] = offsets;
    // A product beyond the whole numbers of a double is rounded and could meet the offsets by chance.
    const claimed = shape.reduce<number>((product, n) => product * n, DTYPE_BYTES[dtype]);
    if (!Number.isSafeInteger(claimed) || to - from !== claimed)
      throw new SafetensorsError(`"${name}" claims bytes ${from} to ${to} for shape [${shape}] ${dtype}`);
    if (from !== end)
      throw new SafetensorsError(
        `"${name}" begins at byte ${from} of the data, where ${end} bytes were taken`,
      );
    end = to;
  }
  if (end !== size)
    throw new SafetensorsError(
      `its tensors end at byte ${end} of ${size} bytes of data; ${end > size ? 'it was cut short' : 'what follows them belongs to none'}`,
    );
}

function parsed<T>(schema: z.ZodType<T>, name: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new SafetensorsError(`"${name}": ${z.prettifyError(result.error)}`);
  return result.data;
}
