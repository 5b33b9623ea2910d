/** Picture files made on the spot, sound and broken, and folders of them. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'images');

/** A real file of tests/fixtures/images. */
export function fixture(name: string): string {
  return join(FIXTURES, name);
}

type Rgb = readonly [number, number, number];

function chunk(type: string, data: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}

/** An RGB PNG whose rows are these bytes; `claimed` replaces the size in the header alone. */
function png(width: number, height: number, rows: Uint8Array, claimed = { width, height }): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claimed.width, 0);
  header.writeUInt32BE(claimed.height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A picture of slanted bars, another one for every `which`. */
function bars(width: number, height: number, which: number, [red, green, blue]: Rgb): Uint8Array {
  const bytes = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const x = at % width;
    const y = Math.floor(at / width);
    const light = Math.floor((x * (1 + (which % 5)) + y * (1 + (which % 3)) + which) / 6) % 2 ? 1 : 0.4;
    bytes.set([red * light, green * light, blue * light], 3 * at);
  }
  return bytes;
}

/** A PNG of slanted bars in a color. */
export function pngFile(width: number, height: number, which: number, color: Rgb): Buffer {
  const pixels = bars(width, height, which, color);
  const rows = new Uint8Array(height * (3 * width + 1));
  for (let y = 0; y < height; y++)
    rows.set(pixels.subarray(3 * width * y, 3 * width * (y + 1)), y * (3 * width + 1) + 1);
  return png(width, height, rows);
}

/** The same as a 24-bit BMP: rows from the bottom up, blue first, padded to four bytes. */
export function bmpFile(width: number, height: number, which: number, color: Rgb): Buffer {
  const pixels = bars(width, height, which, color);
  const stride = Math.ceil((3 * width) / 4) * 4;
  const file = Buffer.alloc(54 + stride * height);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        file[54 + (height - 1 - y) * stride + 3 * x + c] = pixels[3 * (y * width + x) + 2 - c] ?? 0;
  return file;
}

/** A small file that says it holds 900 million pixels. */
export function pngBomb(): Buffer {
  return png(1, 1, new Uint8Array(4), { width: 30_000, height: 30_000 });
}

/** A black PNG: few bytes, and some tenths of a second to decode at a side of thousands. */
export function slowPng(side: number): Buffer {
  return png(side, side, new Uint8Array(side * (3 * side + 1)));
}

export function put(folder: string, path: string, content: string | Uint8Array): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const KINDS: Record<string, Rgb> = { cat: [220, 120, 40], dog: [60, 120, 220], fish: [40, 180, 120] };
/** Of each class; more than the hundred entries that a directory reader gives a call. */
const TRAIN = 103;
const VAL = 15;
const REAL = ['baseline.jpg', 'progressive.jpg', 'rgb.png', 'rgb.bmp', 'two-frames.gif', 'lossy.webp'];

/** What `makeZoo` puts into a folder. */
export const ZOO = {
  classes: Object.keys(KINDS),
  train: TRAIN * Object.keys(KINDS).length,
  val: VAL * Object.keys(KINDS).length,
  /** Path below the folder, and the reason it is skipped for. */
  broken: {
    'train/cat/cut off.jpg': /^broken JPEG: /,
    'train/cat/notes.jpg': /^not an image$/,
    'train/dog/empty.png': /^an empty file$/,
    'train/fish/bomb.png': /^30,000 × 30,000 px is too large$/,
    'val/dog/list.txt': /^not an image$/,
  },
} as const;

/** Hundreds of pictures in train/CLASS and val/CLASS, files of every format among them, some broken, and litter. */
export function makeZoo(folder: string): void {
  Object.entries(KINDS).forEach(([kind, color], k) => {
    for (let i = 0; i < TRAIN + VAL; i++) {
      const place = `${i < TRAIN ? 'train' : 'val'}/${kind}`;
      const size = [20 + (i % 9), 18 + (i % 7)] as const;
      const real = REAL[i];
      if (real !== undefined) {
        put(folder, `${place}/real-${real}`, '');
        copyFileSync(fixture(real), join(folder, place, `real-${real}`));
      } else if (i % 4 === 0) put(folder, `${place}/${i}.bmp`, bmpFile(...size, i + k, color));
      else put(folder, `${place}/${i}.png`, pngFile(...size, i + k, color));
    }
  });
  copyFileSync(fixture('truncated.jpg'), join(folder, 'train/cat/cut off.jpg'));
  put(folder, 'train/cat/notes.jpg', 'Not a picture, whatever its name says.');
  put(folder, 'train/dog/empty.png', '');
  put(folder, 'train/fish/bomb.png', pngBomb());
  put(folder, 'val/dog/list.txt', 'dog\n');
  put(folder, '.DS_Store', 'litter');
  put(folder, 'train/cat/.DS_Store', 'litter');
}
