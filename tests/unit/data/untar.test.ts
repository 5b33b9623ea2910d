/** Tars as Python's tarfile writes them in each format (tests/fixtures/make_archives.py), and ones that were damaged. */
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { ARCHIVE_LIMITS, ArchiveRefused } from '../../../src/data/archive.ts';
import { gunzipped, listTar } from '../../../src/data/untar.ts';

const packed = (name: string) =>
  readFileSync(new URL(`../../fixtures/archives/${name}.tar.gz`, import.meta.url));
const tarOf = (name: string) => new Uint8Array(gunzipSync(packed(name)));
const LONG = `${'a-folder-with-a-long-name/'.repeat(6)}picture.png`;
const signal = new AbortController().signal;

describe('listTar', () => {
  it.each(['gnu', 'pax', 'ustar'])(
    'reads members, long and foreign names of the %s format',
    async (format) => {
      const { members, refused } = await listTar(new Blob([tarOf(format)]));
      const contents = await Promise.all(
        members.map(async (member) => [member.path, await (await member.whole()).text()]),
      );
      expect(Object.fromEntries(contents)).toEqual({
        'pets/cat.txt': 'a cat',
        'pets/名.txt': 'a name',
        [LONG]: 'far away'.repeat(100),
        'pets/empty.txt': '',
        'last.txt': 'the last',
      });
      expect(refused).toEqual([
        { path: 'pets/link.txt', reason: 'it is a link or a device, and no file' },
        { path: '../up.txt', reason: 'its path leads out of the archive' },
      ]);
      expect(new TextDecoder().decode(await members[0]?.head(3))).toBe('a c');
    },
  );

  it('counts entries, the bytes of a member and those of all', async () => {
    const tar = new Blob([tarOf('ustar')]);
    await expect(listTar(tar, { ...ARCHIVE_LIMITS, entries: 7 })).rejects.toThrow('over the limit of 7');
    await expect(listTar(tar, { ...ARCHIVE_LIMITS, totalBytes: 100 })).rejects.toThrow(ArchiveRefused);
    const { refused } = await listTar(tar, { ...ARCHIVE_LIMITS, memberBytes: 100 });
    expect(refused.map(({ path }) => path)).toContain(LONG);
  });

  it('refuses what is cut off and what is no tar', async () => {
    const tar = tarOf('gnu');
    await expect(listTar(new Blob([tar.subarray(0, 1100)]))).rejects.toThrow('it is cut off');
    await expect(listTar(new Blob([new Uint8Array(1024).fill(7)]))).rejects.toThrow('no tar archive');
  });

  it('reads sizes beyond eleven octal digits, and refuses those that no file has', async () => {
    const tar = tarOf('ustar').slice(512, 2560);
    const sealed = (size: number[]) => {
      const bytes = tar.slice();
      bytes.set(size, 124);
      bytes.fill(0x20, 148, 156);
      const sum = bytes.subarray(0, 512).reduce((all, byte) => all + byte, 0);
      bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
      return new Blob([bytes]);
    };
    const { members } = await listTar(sealed([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]));
    expect(members[0]?.size).toBe(5);
    await expect(listTar(sealed([0x80, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 5]))).rejects.toThrow(
      'it is cut off',
    );
    await expect(listTar(sealed(Array(12).fill(0xff)))).rejects.toThrow(ArchiveRefused);
  });

  it('ends 5,000 damaged archives in a listing or in its own error', async () => {
    const whole = tarOf('pax');
    const draws = rng(1, PURPOSE.evaluation);
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      const damaged = whole.slice(0, draws.uniform() < 0.2 ? draws.below(whole.length) : whole.length);
      for (let hits = 1 + draws.below(8); hits > 0 && damaged.length > 0; hits--)
        damaged[draws.below(damaged.length)] = draws.below(256);
      try {
        await listTar(new Blob([damaged]));
      } catch (error) {
        if (!(error instanceof ArchiveRefused)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });
});

describe('gunzipped', () => {
  it('gives back what was packed', async () => {
    const blob = await gunzipped(new Blob([new Uint8Array(packed('gnu'))]), signal);
    expect(Buffer.compare(new Uint8Array(await blob.arrayBuffer()), tarOf('gnu'))).toBe(0);
  });

  it('stops a bomb at the limit, and refuses what is damaged or cut off', async () => {
    const bomb = new Blob([new Uint8Array(gzipSync(new Uint8Array(50_000_000)))]);
    await expect(gunzipped(bomb, signal, 1_000_000)).rejects.toThrow('over the limit');
    const whole = new Uint8Array(packed('gnu'));
    await expect(gunzipped(new Blob([whole.subarray(0, 200)]), signal)).rejects.toThrow('cut off or damaged');
    await expect(gunzipped(new Blob(['not packed at all']), signal)).rejects.toThrow('cut off or damaged');
  });
});
