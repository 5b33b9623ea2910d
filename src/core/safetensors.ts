/** Reads and writes the safetensors container (huggingface/safetensors: 8-byte length, JSON header, raw data). */
import { z } from 'zod';
import { repeatedKey } from './json-keys.ts';

const entrySchema = z.strictObject({
  dtype: z.enum(['F32', 'I32', 'U8', 'I64']),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
type Entry = z.output<typeof entrySchema>;
const metadataSchema = z.record(z.string(), z.string());

type TypedArray = Float32Array | Int32Array | Uint8Array | BigInt64Array;

export interface StoredTensor {
  dtype: 'F32' | 'I32' | 'U8' | 'I64';
  shape: number[];
  data: TypedArray;
}

export interface SafetensorsFile {
  metadata: Record<string, string>;
  tensors: Map<string, StoredTensor>;
}

export class SafetensorsError extends Error {
  constructor(what: string) {
    super(`Not a readable safetensors file: ${what}`);
    this.name = 'SafetensorsError';
  }
}

const LONGEST_HEADER = 100 * 1024 * 1024;
const BYTES = { F32: 4, I32: 4, U8: 1, I64: 8 } as const;
const METADATA = '__metadata__';
/** Names that an object has already, or that would change what it is. */
const PROTOTYPE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Parses a whole file. The tensors are copies, so they do not keep `bytes` alive; none is made before every claim of the
 * header has been checked. As the format demands, the tensors fill the data without overlap or gap.
 * @throws SafetensorsError when the header, a name, a shape or an offset does not fit the bytes.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.byteLength < 8) throw new SafetensorsError(`${bytes.byteLength} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > LONGEST_HEADER || 8 + headerLength > bytes.byteLength)
    throw new SafetensorsError(`a header of ${headerLength} bytes in a file of ${bytes.byteLength}`);
  const start = 8 + headerLength;
  const { metadata, entries } = parseHeader(bytes.subarray(8, start));
  requireWhole(entries, bytes.byteLength - start);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    const [from, to] = offsets;
    // A Node Buffer's own slice() would share the file's memory.
    const raw = Uint8Array.prototype.slice.call(bytes, start + from, start + to).buffer;
    tensors.set(name, { dtype, shape, data: typed(dtype, raw) });
  }
  return { metadata, tensors };
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
    const claimed = shape.reduce((product, n) => product * n, BYTES[dtype]);
    if (!Number.isSafeInteger(claimed) || to - from !== claimed)
      throw new SafetensorsError(`"${name}" claims bytes ${from} to ${to} for shape [${shape}] ${dtype}`);
    if (from !== end)
      throw new SafetensorsError(
        `"${name}" begins at byte ${from} of the data, where ${end} bytes were taken`,
      );
    end = to;
  }
  if (end !== size) throw new SafetensorsError(`its tensors end at byte ${end} of ${size} bytes of data`);
}

function parseHeader(bytes: Uint8Array): { metadata: Record<string, string>; entries: Map<string, Entry> } {
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
  return { metadata, entries };
}

function parsed<T>(schema: z.ZodType<T>, name: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new SafetensorsError(`"${name}": ${z.prettifyError(result.error)}`);
  return result.data;
}

function typed(dtype: StoredTensor['dtype'], raw: ArrayBuffer): TypedArray {
  switch (dtype) {
    case 'F32':
      return new Float32Array(raw);
    case 'I32':
      return new Int32Array(raw);
    case 'U8':
      return new Uint8Array(raw);
    case 'I64':
      return new BigInt64Array(raw);
    default:
      return dtype satisfies never;
  }
}

/** Writes a file: tensors in the given order, wider types first so that every tensor is aligned. */
export function writeSafetensors(file: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const ordered = [...file.tensors].sort(([, a], [, b]) => BYTES[b.dtype] - BYTES[a.dtype]);
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  let offset = 0;
  for (const [name, tensor] of ordered) {
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(text, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
