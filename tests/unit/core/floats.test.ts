/** Every type that weights are stored in, as 32-bit floats, out of a file that stays where it is. */
import { describe, expect, it, vi } from 'vitest';
import { type StoredTensor, writeSafetensors } from '../../../src/core/safetensors.ts';
import { openSafetensors } from '../../../src/core/safetensors-blob.ts';
import { SafetensorsError } from '../../../src/core/safetensors-header.ts';

const tensors = new Map<string, StoredTensor>([
  ['double', { dtype: 'F64', shape: [2], data: Float64Array.of(0.1, -1e300) }],
  ['single', { dtype: 'F32', shape: [2], data: Float32Array.of(0.1, -3) }],
  // 1, −2, the largest and the smallest number, 1/3 rounded, infinity, none.
  [
    'half',
    { dtype: 'F16', shape: [7], data: Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1, 0x3555, 0xfc00, 0x7e00) },
  ],
  ['brain', { dtype: 'BF16', shape: [3], data: Uint16Array.of(0x3f80, 0x4049, 0xff80) }],
  ['count', { dtype: 'I64', shape: [], data: BigInt64Array.of(-7n) }],
  ['mask', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) }],
]);
const fileOf = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]);

describe('a file that stays where it is', () => {
  it('gives every type as 32-bit floats', async () => {
    const file = await openSafetensors(fileOf(writeSafetensors({ metadata: { note: 'ε' }, tensors })));
    expect(file.metadata).toEqual({ note: 'ε' });
    expect([...(await file.floats('double'))]).toEqual([Math.fround(0.1), Number.NEGATIVE_INFINITY]);
    expect([...(await file.floats('single'))]).toEqual([Math.fround(0.1), -3]);
    expect([...(await file.floats('half'))]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      0.333251953125,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
    expect([...(await file.floats('brain'))]).toEqual([1, 3.140625, Number.NEGATIVE_INFINITY]);
    expect([...(await file.floats('count'))]).toEqual([-7]);
    expect([...(await file.floats('mask'))]).toEqual([0, 1]);
    expect(file.tensors.get('half')?.shape).toEqual([7]);
  });

  it('ends in its own error where it is cut off, a name is not there, or the disk is gone', async () => {
    const bytes = writeSafetensors({ metadata: {}, tensors });
    for (const length of [0, 7, 20, bytes.length - 1])
      await expect(openSafetensors(fileOf(bytes.slice(0, length)))).rejects.toThrow(SafetensorsError);
    const file = fileOf(bytes);
    const opened = await openSafetensors(file);
    await expect(opened.floats('weights')).rejects.toThrow('there is no "weights" in it');
    vi.spyOn(Blob.prototype, 'arrayBuffer').mockRejectedValue(
      new DOMException('It was moved.', 'NotFoundError'),
    );
    await expect(opened.floats('single')).rejects.toThrow(/cannot be read any more \(It was moved/);
    vi.restoreAllMocks();
  });
});
