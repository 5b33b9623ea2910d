/**
 * The CIFAR archives in their binary form as they are downloaded (https://www.cs.toronto.edu/~kriz/cifar.html): files of
 * records, each a class index (CIFAR-100: two) and a picture of 32 × 32 as planes of red, green and blue.
 */
import { blobReader } from './blob-reader.ts';
import { baseName } from './paths.ts';
import type { Source } from './source.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;

interface Edition {
  /** Lists the class names, a line each. */
  names: string;
  /** Bytes before a picture; the last of them is the class. */
  labelBytes: number;
  records: RegExp;
}

const EDITIONS: readonly Edition[] = [
  { names: 'batches.meta.txt', labelBytes: 1, records: /^(data_batch_\d|test_batch)\.bin$/ },
  { names: 'fine_label_names.txt', labelBytes: 2, records: /^(train|test)\.bin$/ },
];
const OTHER_FILES = new Set(['coarse_label_names.txt', 'readme.html']);

const folderOf = (path: string) => path.slice(0, path.length - baseName(path).length);

/** The same sources, but each file of CIFAR's records replaced by its pictures, in folders by split and class. */
export async function withCifarRecords(sources: readonly Source[]): Promise<Source[]> {
  const byFolder = new Map<string, Source[]>();
  for (const source of sources) {
    const folder = folderOf(source.path);
    const within = byFolder.get(folder);
    if (within) within.push(source);
    else byFolder.set(folder, [source]);
  }
  const all: Source[] = [];
  for (const [folder, within] of byFolder) {
    const edition = EDITIONS.find(({ names }) => within.some(({ path }) => path === folder + names));
    if (!edition || !within.some(({ path }) => edition.records.test(baseName(path)))) all.push(...within);
    else all.push(...(await picturesOf(folder, within, edition)));
  }
  return all;
}

async function picturesOf(
  folder: string,
  within: readonly Source[],
  { names, labelBytes, records }: Edition,
): Promise<Source[]> {
  const found: Source[] = [];
  const listed = within.find(({ path }) => path === folder + names);
  const classes = listed
    ? (await (await listed.whole()).text()).split(/\r?\n/).filter((line) => line !== '')
    : [];
  for (const source of within) {
    const name = baseName(source.path);
    if (records.test(name)) found.push(...(await recordsOf(source, folder, classes, labelBytes)));
    else if (name !== names && !OTHER_FILES.has(name)) found.push(source);
  }
  return found;
}

/** A file whose length is no whole number of records stays as it is, and is refused as no image. */
async function recordsOf(
  source: Source,
  folder: string,
  classes: readonly string[],
  labelBytes: number,
): Promise<Source[]> {
  const blob = await source.whole();
  const length = labelBytes + 3 * PLANE;
  const count = blob.size / length;
  if (!Number.isInteger(count)) return [source];
  const reader = blobReader(blob);
  const name = baseName(source.path).replace('.bin', '');
  const split = name.startsWith('test') ? 'test' : 'train';
  const pictures: Source[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * length;
    const [label = 0] = await reader.read(at + labelBytes - 1, at + labelBytes);
    const picture = async () => bitmap(await reader.read(at + labelBytes, at + length));
    pictures.push({
      path: `${folder}${split}/${classes[label] ?? label}/${name}-${i}.bmp`,
      packed: true,
      head: async (bytes) => (await picture()).subarray(0, bytes),
      whole: async () => new Blob([await picture()]),
    });
  }
  return pictures;
}

const HEADER = 54;

/** Planes of red, green and blue as an uncompressed BMP, which every decoder reads at once: rows from below, blue first. */
function bitmap(planes: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + 3 * PLANE);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, HEADER, true);
  view.setUint32(14, HEADER - 14, true);
  view.setInt32(18, SIDE, true);
  view.setInt32(22, SIDE, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const to = HEADER + ((SIDE - 1 - y) * SIDE + x) * 3;
      for (let channel = 0; channel < 3; channel++)
        bytes[to + 2 - channel] = planes[channel * PLANE + y * SIDE + x] ?? 0;
    }
  return bytes;
}
