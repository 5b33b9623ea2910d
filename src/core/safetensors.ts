/** Reads and writes the safetensors container (huggingface/safetensors: 8-byte length, JSON header, raw data). */
import { z } from 'zod';

const headerSchema = z.record(
  z.string(),
  z.union([
    z.strictObject({
      dtype: z.enum(['F32', 'I32', 'U8', 'I64']),
      shape: z.array(z.int().min(0)),
      data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

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

/**
 * Parses a whole file. The tensors are copies, so they do not keep `bytes` alive.
 * @throws SafetensorsError when the header, a shape or an offset does not fit the bytes.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.byteLength < 8) throw new SafetensorsError(`${bytes.byteLength} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > LONGEST_HEADER || 8 + headerLength > bytes.byteLength)
    throw new SafetensorsError(`a header of ${headerLength} bytes in a file of ${bytes.byteLength}`);
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
  const start = 8 + headerLength;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header.tensors)) {
    const [from, to] = entry.data_offsets;
    const elements = entry.shape.reduce((product, n) => product * n, 1);
    if (to - from !== elements * BYTES[entry.dtype] || start + to > bytes.byteLength)
      throw new SafetensorsError(
        `"${name}" claims bytes ${from} to ${to} for shape [${entry.shape}] ${entry.dtype}`,
      );
    // A Node Buffer's own slice() would share the file's memory.
    const raw = Uint8Array.prototype.slice.call(bytes, start + from, start + to).buffer;
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, data: typed(entry.dtype, raw) });
  }
  return { metadata: header.metadata, tensors };
}

function parseHeader(text: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SafetensorsError('the header is not JSON');
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw new SafetensorsError(z.prettifyError(parsed.error));
  let metadata: Record<string, string> = {};
  const tensors: Record<
    string,
    { dtype: StoredTensor['dtype']; shape: number[]; data_offsets: [number, number] }
  > = {};
  for (const [name, entry] of Object.entries(parsed.data)) {
    if (name === '__metadata__') metadata = z.record(z.string(), z.string()).parse(entry);
    else if (isTensorEntry(entry)) tensors[name] = entry;
    else throw new SafetensorsError(`"${name}" has no shape`);
  }
  return { metadata, tensors };
}

function isTensorEntry(entry: z.output<typeof headerSchema>[string]): entry is {
  dtype: StoredTensor['dtype'];
  shape: number[];
  data_offsets: [number, number];
} {
  return Array.isArray(entry.shape);
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
