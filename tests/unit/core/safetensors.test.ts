/** The container: what is written reads back, and what is broken is refused by name. */
import { describe, expect, it } from 'vitest';
import {
  readSafetensors,
  SafetensorsError,
  type StoredTensor,
  writeSafetensors,
} from '../../../src/core/safetensors.ts';

const tensors = new Map<string, StoredTensor>([
  ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) }],
  ['matrix', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 3e-9) }],
  ['count', { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) }],
  ['labels', { dtype: 'I32', shape: [2], data: Int32Array.of(-1, 4) }],
]);

function withHeader(header: unknown, dataBytes = 16): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('safetensors', () => {
  it('reads what it wrote, also from the middle of a larger buffer', () => {
    const written = writeSafetensors({ metadata: { note: 'ε' }, tensors });
    const shifted = new Uint8Array(written.length + 5);
    shifted.set(written, 5);
    const read = readSafetensors(shifted.subarray(5));
    expect(read.metadata).toEqual({ note: 'ε' });
    for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor);
  });

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['a header longer than the file', Uint8Array.of(255, 255, 0, 0, 0, 0, 0, 0)],
    ['a header that is not JSON', withHeader('{{{{')],
    [
      'a shape that disagrees with the bytes',
      withHeader({ x: { dtype: 'F32', shape: [3], data_offsets: [0, 16] } }),
    ],
    ['an offset beyond the file', withHeader({ x: { dtype: 'F32', shape: [8], data_offsets: [0, 32] } })],
    ['an unknown type', withHeader({ x: { dtype: 'F8', shape: [16], data_offsets: [0, 16] } })],
    ['a negative size', withHeader({ x: { dtype: 'F32', shape: [-4], data_offsets: [0, 16] } })],
  ])('refuses %s', (_, bytes) => {
    expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
  });
});
