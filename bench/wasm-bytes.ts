/** How large the memory of tfjs's WASM module is. */

/** In bytes; it grows and never shrinks. @throws TypeError for another backend. */
export function wasmBytes(backend: unknown): number {
  const module = property(backend, 'wasm');
  const heap = property(module, 'HEAPU8');
  if (!(heap instanceof Uint8Array)) throw new TypeError('The backend has no WASM memory');
  return heap.buffer.byteLength;
}

function property(owner: unknown, name: string): unknown {
  return typeof owner === 'object' && owner !== null ? Reflect.get(owner, name) : undefined;
}
