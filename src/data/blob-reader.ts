/** Reads small pieces of a blob from a few large windows: in browsers each read of a blob costs about a millisecond. */

const WINDOW_BYTES = 2 ** 20;
const WINDOWS_KEPT = 32;

export interface BlobReader {
  size: number;
  /** A copy of the bytes in [start, end), fewer where the blob ends before. Rejects as `Blob.arrayBuffer` does. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Holds at most 32 MiB of the blob, the windows that were read last. */
export function blobReader(blob: Blob): BlobReader {
  const windows = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  const fetch = async (start: number, end: number) =>
    new Uint8Array(await blob.slice(start, end).arrayBuffer());

  const windowAt = (index: number) => {
    const held = windows.get(index) ?? fetch(index * WINDOW_BYTES, (index + 1) * WINDOW_BYTES);
    // A Map keeps the order of insertion, so the first key is the window that was unused longest.
    windows.delete(index);
    windows.set(index, held);
    const [oldest] = windows.keys();
    if (windows.size > WINDOWS_KEPT && oldest !== undefined) windows.delete(oldest);
    return held;
  };

  return {
    size: blob.size,
    read: async (from, to) => {
      const start = Math.min(Math.max(from, 0), blob.size);
      const end = Math.min(Math.max(to, start), blob.size);
      if (end - start > WINDOW_BYTES) return fetch(start, end);
      const bytes = new Uint8Array(end - start);
      for (let at = start; at < end; ) {
        const index = Math.floor(at / WINDOW_BYTES);
        const window = await windowAt(index);
        const part = window.subarray(at - index * WINDOW_BYTES, end - index * WINDOW_BYTES);
        if (part.length === 0) throw new Error('the file became shorter while it was read');
        bytes.set(part, at - start);
        at += part.length;
      }
      return bytes;
    },
  };
}
