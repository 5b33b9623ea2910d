/** Changes of a compiled WASM binary before it is started. */

const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;
/** Limits of a memory: with a maximum; with a maximum, and shared between threads. */
const LIMITED = 1;
const SHARED = 3;

export class BinaryError extends Error {
  constructor(what: string) {
    super(`The WASM binary cannot share its memory: ${what}`);
    this.name = 'BinaryError';
  }
}

/**
 * The same module with its own memory shared between threads. tfjs's build for threads brings a pool of eight workers
 * that only its products use; its single-threaded build does all we need once other threads can see its heap.
 * @throws BinaryError when the binary is made otherwise than expected.
 */
export function withSharedMemory(binary: ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(binary.slice(0));
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    const section = bytes[at];
    const size = leb128(bytes, at + 1);
    if (section === MEMORY_SECTION) {
      const [count, limits] = [bytes[size.next], bytes[size.next + 1]];
      if (count !== 1 || limits !== LIMITED) throw new BinaryError('it has not one memory with a maximum');
      bytes[size.next + 1] = SHARED;
      return bytes.buffer;
    }
    at = size.next + size.value;
  }
  throw new BinaryError('it has no memory of its own');
}

/** An unsigned number of 7 bits a byte, and where the next thing begins. */
function leb128(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, next: at + 1 };
  }
}
