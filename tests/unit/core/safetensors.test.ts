/** The container: what is written reads back, and what is broken is refused by name. */
import { describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
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
    ['a header that is a list', withHeader([])],
    ['a tensor without offsets', withHeader({ x: { dtype: 'F32', shape: [4] } })],
    ['metadata that are no strings', withHeader({ __metadata__: { step: 4 } }, 0)],
    [
      'two tensors on the same bytes',
      withHeader({
        x: { dtype: 'F32', shape: [4], data_offsets: [0, 16] },
        y: { dtype: 'F32', shape: [2], data_offsets: [8, 16] },
      }),
    ],
    [
      'a gap between tensors',
      withHeader({
        x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        y: { dtype: 'F32', shape: [2], data_offsets: [8, 16] },
      }),
    ],
    ['bytes behind the last tensor', withHeader({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } })],
    [
      'a shape whose product overflows to the right size',
      withHeader({ x: { dtype: 'U8', shape: [2 ** 32, 2 ** 32], data_offsets: [0, 16] } }),
    ],
    [
      'a name that is there twice, once in disguise',
      withHeader(
        '{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"\\u0078":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
      ),
    ],
    [
      'a shape that is there twice',
      withHeader('{"x":{"dtype":"F32","shape":[9],"data_offsets":[0,16],"shape":[4]}}'),
    ],
    [
      'a name that is an object’s own',
      withHeader('{"__proto__":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'),
    ],
    ['a header that is not UTF-8', withHeader('{"x":{}}').map((byte) => (byte === 0x78 ? 0xff : byte))],
  ])('refuses %s', (_, bytes) => {
    expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
  });

  it('takes names with quotes, brackets and colons, and the same name in different tensors', () => {
    const odd = new Map<string, StoredTensor>([
      ['a":{"b', { dtype: 'U8', shape: [1], data: Uint8Array.of(1) }],
      ['dtype', { dtype: 'U8', shape: [1], data: Uint8Array.of(2) }],
    ]);
    expect(readSafetensors(writeSafetensors({ metadata: { dtype: '"x":' }, tensors: odd })).tensors).toEqual(
      odd,
    );
  });

  it('ends 100,000 damaged files in a file or in its own error', () => {
    const whole = writeSafetensors({ metadata: { note: 'whole' }, tensors });
    const draws = rng(1, PURPOSE.evaluation);
    const digits = new TextEncoder().encode('0123456789"{}[],:-e');
    let refused = 0;
    for (let i = 0; i < 100_000; i++) {
      const damaged = whole.slice(0, draws.uniform() < 0.1 ? draws.below(whole.length) : whole.length);
      for (let hits = 1 + draws.below(4); hits > 0 && damaged.length > 0; hits--)
        damaged[draws.below(damaged.length)] =
          draws.uniform() < 0.5 ? draws.below(256) : (digits[draws.below(digits.length)] ?? 0);
      try {
        readSafetensors(damaged);
      } catch (error) {
        if (!(error instanceof SafetensorsError)) throw error;
        refused++;
      }
    }
    // Damage to the numbers themselves leaves a valid file.
    expect(refused).toBeGreaterThan(50_000);
    expect(refused).toBeLessThan(100_000);
  });
});
