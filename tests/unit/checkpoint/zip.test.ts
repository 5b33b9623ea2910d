/** Zips of files that are not packed: what is in them, how long they are, and where a zip ends. */
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { ZipTooLarge, zipBytes, zipPieces } from '../../../src/checkpoint/zip.ts';

const file = (name: string, ...sizes: number[]) => ({
  name,
  pieces: sizes.map((size, i) => new Uint8Array(size).fill(i + 1)),
});

describe('a zip', () => {
  it('holds its files, and is as long as it is said to be', async () => {
    const files = [file('run/config.json', 3), file('run/größe.bin', 5_000_000, 0, 7), file('run/empty')];
    const zip = Buffer.concat(await zipPieces(files, async () => undefined));
    expect(zip.byteLength).toBe(zipBytes(files));
    const found = unzipSync(zip);
    for (const { name, pieces } of files)
      expect(Buffer.compare(found[name] ?? Buffer.from('none'), Buffer.concat(pieces)), name).toBe(0);
  });

  it('of 4 GiB is refused before anything of it is made', async () => {
    const piece = new Uint8Array(2 ** 26);
    const files = [{ name: 'state', pieces: Array.from({ length: 64 }, () => piece) }];
    let turns = 0;
    const zipping = zipPieces(files, async () => {
      turns++;
    });
    await expect(zipping).rejects.toThrow(ZipTooLarge);
    await expect(zipping).rejects.toThrow(/would take 4\.0 GiB, and one can hold less than 4 GiB/);
    expect(turns).toBe(0);
  });
});
