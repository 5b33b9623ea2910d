/** Zips: ordinary ones made by fflate, and ones that were tampered with. */
import { deflateSync, type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import {
  ARCHIVE_LIMITS,
  type ArchiveMember,
  ArchiveRefused,
  MemberBroken,
} from '../../../src/data/archive.ts';
import { listZip } from '../../../src/data/unzip.ts';

const text = (value: string) => new TextEncoder().encode(value);
const noise = (length: number, seed = 1) => {
  const random = rng(seed, PURPOSE.samples);
  return Uint8Array.from({ length }, () => random.below(256));
};
const zipped = (files: Zippable) => new Uint8Array(zipSync(files));

const bytesOf = async (member: ArchiveMember | undefined) =>
  new Uint8Array((await (await member?.whole())?.arrayBuffer()) ?? []);

/** Where the directory's entry of the member at `index` begins. */
function directoryEntry(zip: Uint8Array, index: number): number {
  const data = new DataView(zip.buffer, zip.byteOffset);
  let at = data.getUint32(zip.length - 22 + 16, true);
  for (let i = 0; i < index; i++) at += 46 + data.getUint16(at + 28, true) + data.getUint16(at + 30, true);
  return at;
}

describe('listZip', () => {
  const repetitive = text('so it goes on and on. '.repeat(20_000));
  const files: Zippable = {
    'nested/deep/stored.bin': [noise(300_000), { level: 0 }],
    'nested/deflated.txt': repetitive,
    'nested/empty.txt': new Uint8Array(),
    'nested/': new Uint8Array(),
    'ünïcode/名.txt': text('name'),
    'large.bin': [noise(1_200_000, 2), { level: 0 }],
  };

  it('gives back every member, stored or deflated', async () => {
    const { members, refused } = await listZip(new Blob([zipped(files)]));
    expect(refused).toEqual([]);
    expect(members.map(({ path }) => path).sort()).toEqual(
      Object.keys(files)
        .filter((path) => !path.endsWith('/'))
        .sort(),
    );
    for (const member of members) {
      const file = files[member.path];
      const wanted = Array.isArray(file) ? file[0] : file;
      expect(Buffer.compare(await bytesOf(member), wanted as Uint8Array)).toBe(0);
      const head = await member.head(70_000);
      expect(Buffer.compare(head, (wanted as Uint8Array).subarray(0, 70_000))).toBe(0);
    }
  });

  it('finds the directory in front of a comment', async () => {
    const zip = zipped({ 'a.txt': text('a') });
    const comment = text('a comment that names PK things');
    new DataView(zip.buffer).setUint16(zip.length - 2, comment.length, true);
    expect((await listZip(new Blob([zip, comment]))).members).toHaveLength(1);
  });

  it('reads the 64-bit sizes of an entry', async () => {
    const zip = zipped({ 'a.txt': [text('hello'), { level: 0, extra: { 1: new Uint8Array(16) } }] });
    const at = directoryEntry(zip, 0);
    const data = new DataView(zip.buffer);
    const extra = at + 46 + data.getUint16(at + 28, true) + 4;
    for (const field of [20, 24]) data.setUint32(at + field, 0xffffffff, true);
    for (const field of [0, 8]) data.setUint32(extra + field, 5, true);
    const [member] = (await listZip(new Blob([zip]))).members;
    expect(member?.size).toBe(5);
    expect(new TextDecoder().decode(await bytesOf(member))).toBe('hello');
  });

  it.each(['../up.jpg', 'a/../../up.jpg', '/root.jpg', 'C:\\win.jpg', '..\\up.jpg', 'a/..'])(
    'refuses the path %s and keeps the rest',
    async (path) => {
      const { members, refused } = await listZip(
        new Blob([zipped({ [path]: text('x'), 'fine/..dots.jpg': text('y') })]),
      );
      expect(members.map((member) => member.path)).toEqual(['fine/..dots.jpg']);
      expect(refused).toEqual([
        { path: path.replaceAll('\\', '/'), reason: 'its path leads out of the archive' },
      ]);
    },
  );

  it('refuses members that are encrypted or packed in other ways', async () => {
    const zip = zipped({ 'secret.jpg': text('x'), 'odd.jpg': text('y') });
    const data = new DataView(zip.buffer);
    data.setUint16(directoryEntry(zip, 0) + 8, 1, true);
    data.setUint16(directoryEntry(zip, 1) + 10, 93, true);
    const { members, refused } = await listZip(new Blob([zip]));
    expect(members).toEqual([]);
    expect(refused.map(({ reason }) => reason)).toEqual([
      'it is encrypted',
      'it is packed by method 93; only stored and deflated members are read',
    ]);
  });
});

describe('limits', () => {
  const zip = new Blob([zipped({ 'a.bin': new Uint8Array(5000), 'b.bin': new Uint8Array(2000) })]);

  it('counts entries, the bytes of a member and those of all', async () => {
    await expect(listZip(zip, { ...ARCHIVE_LIMITS, entries: 1 })).rejects.toThrow(
      /2 entries, over the limit of 1/,
    );
    await expect(listZip(zip, { ...ARCHIVE_LIMITS, totalBytes: 6999 })).rejects.toThrow(ArchiveRefused);
    await expect(listZip(zip, { ...ARCHIVE_LIMITS, totalBytes: 7000 })).resolves.toMatchObject({
      refused: [],
    });
    const { members, refused } = await listZip(zip, { ...ARCHIVE_LIMITS, memberBytes: 4999 });
    expect(members.map(({ path }) => path)).toEqual(['b.bin']);
    expect(refused).toMatchObject([{ path: 'a.bin' }]);
  });

  it('refuses members that share their bytes', async () => {
    const bytes = zipped({ 'a.bin': noise(5000), 'b.bin': noise(5000) });
    const data = new DataView(bytes.buffer);
    const second = directoryEntry(bytes, 1);
    data.setUint32(second + 42, 0, true);
    data.setUint32(second + 20, 9000, true);
    await expect(listZip(new Blob([bytes]))).rejects.toThrow('its members overlap');
  });

  it('fills no more than a member claims, and tells one that claims too much', async () => {
    for (const claimed of [10, 900_000]) {
      const bytes = zipped({ 'a.bin': new Uint8Array(500_000) });
      new DataView(bytes.buffer).setUint32(directoryEntry(bytes, 0) + 24, claimed, true);
      const [member] = (await listZip(new Blob([bytes]))).members;
      if (claimed === 10) expect(await bytesOf(member)).toHaveLength(10);
      else await expect(bytesOf(member)).rejects.toThrow(MemberBroken);
    }
  });

  it('inflates no more than it is asked for from a head', async () => {
    const bomb = zipped({ 'a.bin': new Uint8Array(2_000_000) });
    const [member] = (await listZip(new Blob([bomb]))).members;
    expect(await member?.head(1000)).toHaveLength(1000);
  });
});

describe('damage', () => {
  it('says what a file without a directory is', async () => {
    const zip = zipped({ 'a.txt': noise(1000) });
    await expect(listZip(new Blob([zip.subarray(0, 500)]))).rejects.toThrow(/cut off or damaged/);
    await expect(listZip(new Blob([deflateSync(text('no zip'))]))).rejects.toThrow(ArchiveRefused);
    await expect(listZip(new Blob([]))).rejects.toThrow(ArchiveRefused);
  });

  it('ends in a named error, whatever bytes are hit', async () => {
    const good = zipped({ 'a/1.txt': text('one '.repeat(100)), 'a/2.bin': [noise(500), { level: 0 }] });
    const random = rng(3, PURPOSE.samples);
    let named = 0;
    for (let round = 0; round < 600; round++) {
      const zip = good.slice();
      for (let hits = 1 + random.below(4); hits > 0; hits--)
        zip[random.below(zip.length)] = random.below(256);
      try {
        const { members } = await listZip(new Blob([zip]));
        for (const member of members) {
          await member.head(100);
          await bytesOf(member);
        }
      } catch (error) {
        if (!(error instanceof ArchiveRefused || error instanceof MemberBroken)) throw error;
        named++;
      }
    }
    expect(named).toBeGreaterThan(50);
  });
});
