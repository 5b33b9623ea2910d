/** Reads numbers and tags out of bytes that may end anywhere: null or '' instead of an error. */

export interface View {
  length: number;
  u8(at: number): number | null;
  /** Little-endian. */
  u16(at: number): number | null;
  u24(at: number): number | null;
  u32(at: number): number | null;
  /** Big-endian. */
  u16be(at: number): number | null;
  u32be(at: number): number | null;
  /** Latin-1 text; '' when it would run past the end. */
  text(at: number, length: number): string;
  /** The bytes themselves, not a copy; none when they would run past the end. */
  bytes(at: number, length: number): Uint8Array;
  startsWith(at: number, bytes: readonly number[]): boolean;
}

export function bytesView(bytes: Uint8Array): View {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const holds = (at: number, count: number) => at >= 0 && at + count <= data.byteLength;
  return {
    length: data.byteLength,
    u8: (at) => (holds(at, 1) ? data.getUint8(at) : null),
    u16: (at) => (holds(at, 2) ? data.getUint16(at, true) : null),
    u24: (at) => (holds(at, 3) ? data.getUint16(at, true) | (data.getUint8(at + 2) << 16) : null),
    u32: (at) => (holds(at, 4) ? data.getUint32(at, true) : null),
    u16be: (at) => (holds(at, 2) ? data.getUint16(at) : null),
    u32be: (at) => (holds(at, 4) ? data.getUint32(at) : null),
    text: (at, length) => (holds(at, length) ? String.fromCharCode(...bytes.subarray(at, at + length)) : ''),
    bytes: (at, length) => (holds(at, length) ? bytes.subarray(at, at + length) : new Uint8Array()),
    startsWith: (at, wanted) =>
      holds(at, wanted.length) && wanted.every((value, i) => bytes[at + i] === value),
  };
}
