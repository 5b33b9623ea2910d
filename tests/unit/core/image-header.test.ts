/** Sniffing: six real formats, odd headers made by hand, and thousands of broken ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sniffImage } from '../../../src/core/image-header.ts';
import { PURPOSE, rng } from '../../../src/core/rng.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/images');
const picture = (name: string) => new Uint8Array(readFileSync(join(FOLDER, name)));
const bytes = (...parts: (string | number[] | Uint8Array)[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : [...part])),
  );
const u32be = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const box = (type: string, ...parts: (string | number[] | Uint8Array)[]) => {
  const body = bytes(...parts);
  return bytes(u32be(body.length + 8), type, body);
};

describe('sniffImage on real files', () => {
  it.each([
    ['baseline.jpg', 'jpeg'],
    ['progressive.jpg', 'jpeg'],
    ['truncated.jpg', 'jpeg'],
    ['rgb.png', 'png'],
    ['clear.png', 'png'],
    ['lossy.webp', 'webp'],
    ['lossless.webp', 'webp'],
    ['clear.webp', 'webp'],
    ['still.avif', 'avif'],
    ['rgb.bmp', 'bmp'],
    ['two-frames.gif', 'gif'],
  ])('%s is a 24 × 16 %s', (name, format) => {
    expect(sniffImage(picture(name))).toEqual({ format, width: 24, height: 16 });
  });

  it('reports a turned JPEG as a viewer shows it', () => {
    expect(sniffImage(picture('exif-6.jpg'))).toEqual({
      format: 'jpeg',
      width: 24,
      height: 16,
      orientation: 6,
    });
  });

  it('reads nothing outside of the view it was given', () => {
    const file = picture('rgb.png');
    const inside = new Uint8Array(file.length + 20).fill(0xff);
    inside.set(file, 10);
    expect(sniffImage(inside.subarray(10, 10 + file.length))).toEqual(sniffImage(file));
    expect(sniffImage(inside.subarray(10, 10 + 20))).toEqual({
      format: 'unread',
      image: 'png',
      cutOff: true,
    });
  });
});

describe('sniffImage on headers made by hand', () => {
  it('steps over long segments before the frame, and asks for more bytes until it is there', () => {
    const file = picture('baseline.jpg');
    const comment = bytes([0xff, 0xfe, 0xff, 0xff], new Uint8Array(65_533));
    const long = bytes(file.subarray(0, 2), comment, comment, file.subarray(2));
    expect(sniffImage(long)).toMatchObject({ width: 24, height: 16 });
    expect(sniffImage(long.subarray(0, 65_536))).toEqual({ format: 'unread', image: 'jpeg', cutOff: true });
  });

  it('takes the frame of the picture and not of its thumbnail', () => {
    const file = picture('baseline.jpg');
    const thumbnail = [0xff, 0xc0, 0, 17, 8, 0, 99, 0, 77];
    const app = bytes([0xff, 0xe2, 0, 2 + thumbnail.length], thumbnail);
    expect(sniffImage(bytes(file.subarray(0, 2), app, file.subarray(2)))).toMatchObject({
      width: 24,
      height: 16,
    });
  });

  it('knows a JPEG without a frame as broken', () => {
    expect(sniffImage(bytes([0xff, 0xd8, 0xff, 0xda, 0, 4, 0, 0]))).toEqual({
      format: 'unread',
      image: 'jpeg',
      cutOff: false,
    });
  });

  it('believes a PNG that claims 20,000 × 20,000', () => {
    const file = picture('rgb.png');
    file.set(u32be(20_000), 16);
    file.set(u32be(20_000), 20);
    expect(sniffImage(file)).toEqual({ format: 'png', width: 20_000, height: 20_000 });
  });

  it('takes the largest item of an AVIF, turned as its rotation says', () => {
    const ftyp = box('ftyp', 'mif1', [0, 0, 0, 0], 'mif1', 'avif');
    const extent = (width: number, height: number) => box('ispe', [0, 0, 0, 0], u32be(width), u32be(height));
    const file = (...properties: Uint8Array[]) =>
      bytes(ftyp, box('meta', [0, 0, 0, 0], box('iprp', box('ipco', ...properties))));
    expect(sniffImage(file(extent(512, 512), extent(4000, 3000)))).toMatchObject({
      width: 4000,
      height: 3000,
    });
    expect(sniffImage(file(extent(4000, 3000), box('irot', [1])))).toMatchObject({
      width: 3000,
      height: 4000,
    });
    expect(sniffImage(file())).toEqual({ format: 'unread', image: 'avif', cutOff: false });
  });

  it('reads bitmaps of the old header and of rows from the top', () => {
    const old = bytes('BM', new Uint8Array(12), [12, 0, 0, 0], [7, 0, 5, 0]);
    expect(sniffImage(old)).toEqual({ format: 'bmp', width: 7, height: 5 });
    const fromTop = picture('rgb.bmp');
    fromTop.set([0xf0, 0xff, 0xff, 0xff], 22);
    expect(sniffImage(fromTop)).toEqual({ format: 'bmp', width: 24, height: 16 });
  });
});

describe('sniffImage on other files', () => {
  it.each([
    ['SVG', bytes('<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG', bytes([0xef, 0xbb, 0xbf], '\n<svg width="3"/>')],
    ['HEIC', box('ftyp', 'heic', [0, 0, 0, 0], 'mif1', 'heic')],
    ['TIFF', bytes([0x49, 0x49, 0x2a, 0])],
    ['PDF', bytes('%PDF-1.7\n')],
    ['video', box('ftyp', 'isom', [0, 0, 2, 0], 'isomiso2mp41')],
    ['video', bytes([0x1a, 0x45, 0xdf, 0xa3])],
    ['video', bytes('RIFF', [0, 0, 0, 0], 'AVI LIST')],
    ['ZIP archive', bytes('PK', [3, 4])],
  ])('names a %s', (name, file) => {
    expect(sniffImage(file)).toEqual({ format: 'unsupported', name });
  });

  it('knows nothing of text, whatever it begins with', () => {
    for (const text of [
      '',
      'hello',
      'BM is a brand of nothing at all',
      '<html></html>',
      'RIFF and raff, it is',
    ])
      expect(sniffImage(bytes(text))).toBeNull();
  });
});

it('survives cut and damaged files: no error, and a size only when it is one', () => {
  const random = rng(20, PURPOSE.samples);
  const files = readdirSync(FOLDER).map(picture);
  let sized = 0;
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const file = (files[random.below(files.length)] ?? new Uint8Array()).slice();
    for (let hit = random.below(8); hit > 0; hit--)
      file[random.below(Math.min(file.length, 200))] = random.below(256);
    const end = random.uniform() < 0.5 ? random.below(file.length + 1) : file.length;
    const found = sniffImage(file.subarray(0, end));
    if (found !== null && 'width' in found) {
      sized++;
      expect(Number.isInteger(found.width) && found.width >= 0).toBe(true);
      expect(Number.isInteger(found.height) && found.height >= 0).toBe(true);
    } else refused++;
  }
  for (let round = 0; round < 5000; round++)
    sniffImage(Uint8Array.from({ length: random.below(300) }, () => random.below(256)));
  expect(sized).toBeGreaterThan(5000);
  expect(refused).toBeGreaterThan(2000);
});
