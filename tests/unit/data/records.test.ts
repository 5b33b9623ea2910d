/** Data sets as they are downloaded: CIFAR's binary archives and the hub's parquet files, taken in as a person would. */
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { ARCHIVE_LIMITS, type ArchiveLimits, ArchiveRefused } from '../../../src/data/archive.ts';
import { readParquet } from '../../../src/data/parquet.ts';
import { openSources } from '../../../src/data/sources.ts';

const signal = new AbortController().signal;
/** What lies in the file, by name: the intake orders it later. */
async function open(path: string, bytes: Uint8Array | ArrayBuffer) {
  const { sources, skipped } = await openSources(
    [{ path, file: new Blob([new Uint8Array(bytes)]) }],
    () => undefined,
    signal,
  );
  const name = (source: { path: string }) => source.path.replace(/.*\//, '');
  return { sources: sources.sort((a, b) => (name(a) < name(b) ? -1 : 1)), skipped };
}

/** A ustar archive of plain files. */
function tar(files: Record<string, Uint8Array>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([path, body]) => {
    const header = new Uint8Array(512);
    const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
    put(path, 0);
    put(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    put('        0', 148);
    put('ustar\x0000', 257);
    const sum = header.reduce((all, byte) => all + byte, 0);
    put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const padded = new Uint8Array(Math.ceil(body.length / 512) * 512);
    padded.set(body);
    return [header, padded];
  });
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(1024)]));
}

const lines = (...names: string[]) => new TextEncoder().encode(`${names.join('\n')}\n\n`);

/** A record whose pixel (x, y) is red x, green y, blue its class. */
function record(labels: number[]): Uint8Array {
  const planes = new Uint8Array(3 * 1024);
  for (let at = 0; at < 1024; at++) {
    planes[at] = at % 32;
    planes[1024 + at] = Math.floor(at / 32);
    planes[2048 + at] = labels.at(-1) ?? 0;
  }
  return new Uint8Array(Buffer.concat([Uint8Array.from(labels), planes]));
}

/** Red, green and blue at (x, y) of an uncompressed BMP of 24 bits, by its own header. */
async function pixel(bmp: Blob, x: number, y: number): Promise<number[]> {
  const view = new DataView(await bmp.arrayBuffer());
  const [start, width, height] = [view.getUint32(10, true), view.getInt32(18, true), view.getInt32(22, true)];
  const at = start + (height - 1 - y) * Math.ceil((width * 3) / 4) * 4 + x * 3;
  return [view.getUint8(at + 2), view.getUint8(at + 1), view.getUint8(at)];
}

describe('CIFAR’s binary archives', () => {
  it('are pictures in folders by split and class', async () => {
    const records = (...labels: number[]) =>
      new Uint8Array(Buffer.concat(labels.map((label) => record([label]))));
    const { sources, skipped } = await open(
      'cifar-10-binary.tar.gz',
      gzipSync(
        tar({
          'cifar-10-batches-bin/batches.meta.txt': lines('airplane', 'automobile', 'bird'),
          'cifar-10-batches-bin/data_batch_1.bin': records(2, 0),
          'cifar-10-batches-bin/readme.html': lines('<html>'),
          'cifar-10-batches-bin/test_batch.bin': records(1),
        }),
      ),
    );
    expect(skipped).toEqual([]);
    expect(sources.map(({ path }) => path)).toEqual([
      'cifar-10-binary/cifar-10-batches-bin/train/bird/data_batch_1-0.bmp',
      'cifar-10-binary/cifar-10-batches-bin/train/airplane/data_batch_1-1.bmp',
      'cifar-10-binary/cifar-10-batches-bin/test/automobile/test_batch-0.bmp',
    ]);
    const first = await sources[0]?.whole();
    if (!first) throw new Error('There is no picture');
    expect(await pixel(first, 5, 30)).toEqual([5, 30, 2]);
    expect(await sources[0]?.head(2)).toEqual(Uint8Array.of(0x42, 0x4d));
  });

  it('take the fine class of CIFAR-100', async () => {
    const { sources } = await open(
      'cifar-100-binary.tgz',
      gzipSync(
        tar({
          'cifar-100-binary/fine_label_names.txt': lines('apple', 'baby'),
          'cifar-100-binary/coarse_label_names.txt': lines('fruit'),
          'cifar-100-binary/train.bin': record([0, 1]),
        }),
      ),
    );
    expect(sources.map(({ path }) => path)).toEqual(['cifar-100-binary/train/baby/train-0.bmp']);
  });

  it('leave files alone that only sound like them', async () => {
    const { sources } = await open(
      'odd.tar',
      tar({ 'x/train.bin': record([0]), 'y/train.bin': lines('short') }),
    );
    expect(sources.map(({ path }) => path)).toEqual(['odd/x/train.bin', 'odd/y/train.bin']);
  });
});

const schema = [
  { name: 'root', num_children: 2 },
  { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
] as const;

describe('the hub’s parquet files', () => {
  const pictures = Array.from({ length: 5 }, (_, i) => ({
    bytes: Uint8Array.from({ length: 40 + i }, (__, at) => (at * 7 + i) % 256),
    path: i === 3 ? null : `${i}.png`,
  }));
  const features = {
    image: { _type: 'Image' },
    label: { names: ['cat', 'sea/lion'], _type: 'ClassLabel' },
  };
  const file = (notes: string) =>
    parquetWriteBuffer({
      schema: [...schema],
      columnData: [
        { name: 'image', data: pictures },
        { name: 'label', data: [0n, 1n, 0n, 1n, null] },
      ],
      rowGroupSize: 2,
      kvMetadata: [{ key: 'huggingface', value: notes }],
    });

  it('are pictures in folders by split and class name', async () => {
    const { sources, skipped } = await open(
      'pets/test-00000-of-00001.parquet',
      file(JSON.stringify({ info: { features } })),
    );
    expect(skipped).toEqual([]);
    const place = 'pets/test-00000-of-00001/test/';
    expect(sources.map(({ path }) => path)).toEqual([
      `${place}cat/000000-0.png`,
      `${place}sea_lion/000001-1.png`,
      `${place}cat/000002-2.png`,
      `${place}sea_lion/000003`,
      `${place}000004-4.png`,
    ]);
    for (const [i, source] of sources.entries())
      expect(new Uint8Array(await (await source.whole()).arrayBuffer())).toEqual(pictures[i]?.bytes);
  });

  it('fall back on the numbers of classes where the notes are foreign', async () => {
    const { sources } = await open('data.parquet', file('{"other": 1}'));
    expect(sources[1]?.path).toBe('data/1/000001-1.png');
  });

  it('ask for no more than the limits: rows, bytes of all, bytes of one', async () => {
    const blob = new Blob([file('{}')]);
    const read = (changed: Partial<ArchiveLimits>) =>
      readParquet('data.parquet', blob, new AbortController().signal, { ...ARCHIVE_LIMITS, ...changed });
    expect(await read({})).toHaveLength(5);
    await expect(read({ entries: 4 })).rejects.toThrow(/5 entries, over the limit of 4/);
    await expect(read({ totalBytes: 100 })).rejects.toThrow(ArchiveRefused);
    await expect(read({ memberBytes: 43 })).rejects.toThrow(/a picture in it: it unpacks to/);
  });

  it('lead nowhere by their names: neither a class nor a picture climbs out of its folder', async () => {
    const climbing = parquetWriteBuffer({
      schema: [...schema],
      columnData: [
        {
          name: 'image',
          data: [
            { bytes: Uint8Array.of(1), path: '../../up.png' },
            { bytes: Uint8Array.of(2), path: 'a.png' },
          ],
        },
        { name: 'label', data: [0n, 1n] },
      ],
      kvMetadata: [
        {
          key: 'huggingface',
          value: JSON.stringify({
            info: { features: { label: { names: ['..', '../etc'], _type: 'ClassLabel' } } },
          }),
        },
      ],
    });
    const { sources } = await open('data.parquet', climbing);
    expect(sources.map(({ path }) => path)).toEqual(['data/_/000000-up.png', 'data/.._etc/000001-a.png']);
  });

  it('are refused in words where there are no pictures or the file is damaged', async () => {
    const none = parquetWriteBuffer({ columnData: [{ name: 'age', data: [1, 2], type: 'INT32' }] });
    expect((await open('table.parquet', none)).skipped).toEqual([
      { path: 'table.parquet', reason: 'parquet not opened: it has no column of images' },
    ]);
    const cut = new Uint8Array(file('{}')).slice(0, -20);
    expect((await open('cut.parquet', cut)).skipped).toEqual([
      {
        path: 'cut.parquet',
        reason: 'parquet not opened: it is damaged, or packed in a way that is not read',
      },
    ]);
  });
});
