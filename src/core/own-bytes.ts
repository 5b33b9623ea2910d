/** Bytes that can be given away: to another thread, or into a blob. */

/** The same bytes; a copy where their memory is shared between threads, as that can be neither transferred nor put into a blob. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(bytes);
}
