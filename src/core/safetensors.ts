/** Reads and writes the safetensors container (huggingface/safetensors: 8-byte length, JSON header, raw data). */
import { DTYPE_BYTES, type Dtype, dataStart, LENGTH_BYTES, parseHeader } from './safetensors-header.ts';

export { SafetensorsError } from './safetensors-header.ts';

/** 16-bit floats stand as their bits. */
type TypedArray =
  | Float64Array
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

export interface StoredTensor {
  dtype: Dtype;
  shape: number[];
  data: TypedArray;
}

export interface SafetensorsFile {
  metadata: Record<string, string>;
  tensors: Map<string, StoredTensor>;
}

/**
 * Parses a whole file. The tensors are copies, so they do not keep `bytes` alive; none is made before every claim of the
 * header has been checked.
 * @throws SafetensorsError when the header, a name, a shape or an offset does not fit the bytes.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const start = dataStart(bytes, bytes.byteLength);
  const { metadata, entries } = parseHeader(bytes.subarray(LENGTH_BYTES, start), bytes.byteLength - start);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    const [from, to] = offsets;
    // A Node Buffer's own slice() would share the file's memory.
    const raw = Uint8Array.prototype.slice.call(bytes, start + from, start + to).buffer;
    tensors.set(name, { dtype, shape, data: typed(dtype, raw) });
  }
  return { metadata, tensors };
}

function typed(dtype: Dtype, raw: ArrayBuffer): TypedArray {
  switch (dtype) {
    case 'F64':
      return new Float64Array(raw);
    case 'F32':
      return new Float32Array(raw);
    case 'F16':
    case 'BF16':
      return new Uint16Array(raw);
    case 'I64':
      return new BigInt64Array(raw);
    case 'I32':
      return new Int32Array(raw);
    case 'I16':
      return new Int16Array(raw);
    case 'I8':
      return new Int8Array(raw);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(raw);
    default:
      return dtype satisfies never;
  }
}

/** A tensor that is to be written: its bytes are asked for when their turn comes. */
export interface PlannedTensor {
  dtype: Dtype;
  shape: readonly number[];
}

/**
 * The beginning of a file with these tensors in this order: the length and the header. The tensors' bytes follow, one
 * right after the other; wider types must come first, so that every tensor is aligned.
 */
export function safetensorsHeader(
  metadata: Record<string, string>,
  tensors: ReadonlyMap<string, PlannedTensor>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const end = offset + shape.reduce<number>((product, n) => product * n, DTYPE_BYTES[dtype]);
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

/** The file's bytes in pieces, one after the other: its beginning, then each tensor as it lies in memory, wider types first. */
export function safetensorsPieces({ metadata, tensors }: SafetensorsFile): Uint8Array[] {
  const ordered = [...tensors].sort(([, a], [, b]) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  return [
    safetensorsHeader(metadata, new Map(ordered)),
    ...ordered.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

/** Writes a file: tensors in the given order, wider types first so that every tensor is aligned. */
export function writeSafetensors(file: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const pieces = safetensorsPieces(file);
  const bytes = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
