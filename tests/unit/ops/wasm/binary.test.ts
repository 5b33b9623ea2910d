/** The one change that is made to tfjs's binary. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { BinaryError, withSharedMemory } from '../../../../src/ops/device/wasm-binary.ts';

const path = createRequire(import.meta.url).resolve(
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
);

describe('withSharedMemory', () => {
  it('changes a single byte of tfjs’s binary, which is valid before and after', () => {
    const before = Uint8Array.from(readFileSync(path));
    const after = new Uint8Array(withSharedMemory(before.buffer));
    expect(WebAssembly.validate(before)).toBe(true);
    expect(WebAssembly.validate(after)).toBe(true);
    const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
    expect(changed.map((i) => [before[i], after[i]])).toEqual([[1, 3]]);
  });

  it('refuses a binary whose memory comes from elsewhere, or has no maximum', () => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const nothing = Uint8Array.from(header);
    const endless = Uint8Array.from([...header, 5, 3, 1, 0, 1]);
    expect(() => withSharedMemory(nothing.buffer)).toThrow(BinaryError);
    expect(() => withSharedMemory(endless.buffer)).toThrow(BinaryError);
  });
});
