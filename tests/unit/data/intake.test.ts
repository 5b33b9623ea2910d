/** Intake from files to catalogue, with real headers and a decoder that stands in for the browser's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { sniffImage } from '../../../src/core/image-header.ts';
import { unreadableFile } from '../../../src/core/unreadable.ts';
import type { IntakeProgress } from '../../../src/data/catalogue.ts';
import {
  IntakeCancelled,
  type IntakeOptions,
  type IntakeTools,
  NoImagesError,
  readImages,
} from '../../../src/data/intake.ts';
import { fitWithin, workingSide } from '../../../src/data/working-size.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/images');
const picture = (name: string) => new Uint8Array(readFileSync(join(FOLDER, name)));
const JPEG = picture('baseline.jpg');
const file = (path: string, content: Uint8Array<ArrayBuffer> | string) => ({
  path,
  file: new Blob([content]),
});

const OPTIONS: IntakeOptions = {
  name: 'mine',
  seed: 0,
  validation: 0.25,
  labels: 'folders',
  labelSeparator: '_',
  labelField: 1,
  budgetBytes: 2 ** 20,
  largestView: 32,
  videoEvery: 10,
};

/** Sizes as the header says; refuses what was cut off, as browsers do. */
const decode: IntakeTools['decode'] = async (blob, side) => {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const header = sniffImage(bytes);
  if (header === null || !('width' in header)) throw new Error('decoding failed');
  if (header.format === 'jpeg' && bytes.at(-1) !== 0xd9) throw new Error('decoding failed');
  const { width, height } = fitWithin(header.width, header.height, side);
  return { width, height, rgba: new Uint8ClampedArray(width * height * 4).fill(255) };
};

function tools(changed: Partial<IntakeTools> = {}): IntakeTools {
  const openVideo = () => Promise.reject(new Error('there is no video here'));
  return { signal: new AbortController().signal, onProgress: () => {}, decode, openVideo, ...changed };
}

function claimedPng(width: number, height: number): Uint8Array<ArrayBuffer> {
  const png = picture('rgb.png');
  const data = new DataView(png.buffer);
  data.setUint32(16, width);
  data.setUint32(20, height);
  return png;
}

describe('readImages', () => {
  it('makes a catalogue of a folder: training first, in natural order, labelled', async () => {
    const files = ['dog/10', 'dog/9', 'cat/2', 'cat/1', 'dog/8', 'dog/7', 'cat/4', 'cat/3'];
    const result = await readImages(
      files.map((name) => file(`pets/${name}.jpg`, JPEG)),
      OPTIONS,
      tools(),
    );
    expect(result).toMatchObject({
      name: 'mine',
      source: 'own',
      classes: ['cat', 'dog'],
      trainCount: 6,
      split: '25 % of each class, seeded',
      skipped: [],
      bytes: 8 * 24 * 16 * 4,
      workingSide: 64,
    });
    expect(result.images.map(({ split }) => split)).toEqual([...Array(6).fill('train'), 'val', 'val']);
    expect(result.images.map(({ label }) => label)).toEqual([0, 0, 0, 1, 1, 1, 0, 1]);
    const order = result.images.slice(0, 6).map(({ path }) => Number(/(\d+)\.jpg/.exec(path)?.[1]));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(result.images[0]).toMatchObject({ width: 24, height: 16, mask: null });
  });

  it('gives the same catalogue whatever order the files come in', async () => {
    const files = Array.from({ length: 40 }, (_, i) => file(`s/${i % 3}/${i}.jpg`, JPEG));
    const slowFirst: IntakeTools['decode'] = async (blob, side) => {
      await new Promise((done) => setTimeout(done, Math.random() * 3));
      return decode(blob, side, new AbortController().signal);
    };
    const one = await readImages(files, OPTIONS, tools());
    const two = await readImages([...files].reverse(), OPTIONS, tools({ decode: slowFirst }));
    expect(two).toEqual(one);
    expect((await readImages(files, { ...OPTIONS, seed: 1 }, tools())).fingerprint).not.toBe(one.fingerprint);
  });

  it('goes by content and not by name, and says why it leaves a file out', async () => {
    const cutOff = JPEG.slice(0, 100);
    const result = await readImages(
      [
        file('d/really-a.png.txt', picture('rgb.png')),
        file('d/webp.jpg', picture('lossy.webp')),
        file('d/avif', picture('still.avif')),
        file('d/1.bmp', picture('rgb.bmp')),
        file('d/1.gif', picture('two-frames.gif')),
        file('d/turned.jpg', picture('exif-6.jpg')),
        file('d/text.jpg', 'only words'),
        file('d/empty.jpg', ''),
        file('d/paper.jpg', '%PDF-1.4'),
        file('d/drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'),
        file('d/truncated.jpg', picture('truncated.jpg')),
        file('d/header-only.jpg', cutOff),
        file('d/bomb.png', claimedPng(20_000, 20_000)),
        file('d/wide.png', claimedPng(16_385, 1)),
        file('d/large.png', claimedPng(16_000, 16_000)),
        file('d/flat.png', claimedPng(5, 0)),
        file('d/labels.csv', 'a,b'),
        { path: 'd/locked.jpg', file: unreadableFile('locked.jpg', 'no permission') },
      ],
      OPTIONS,
      tools(),
    );
    expect(result.images.map(({ path }) => path).sort()).toEqual([
      'd/1.bmp',
      'd/1.gif',
      'd/avif',
      'd/really-a.png.txt',
      'd/turned.jpg',
      'd/webp.jpg',
    ]);
    expect(Object.fromEntries(result.skipped.map(({ path, reason }) => [path, reason]))).toEqual({
      'd/bomb.png': '20,000 × 20,000 px is too large',
      'd/wide.png': '16,385 × 1 px is too large',
      'd/large.png': '16,000 × 16,000 px is too large',
      'd/flat.png': 'broken PNG: 5 × 0 px',
      'd/text.jpg': 'not an image',
      'd/empty.jpg': 'an empty file',
      'd/paper.jpg': 'not an image: PDF',
      'd/drawing.svg': 'SVG images are not read; save it as JPEG or PNG',
      'd/truncated.jpg': 'broken JPEG: decoding failed',
      'd/header-only.jpg': 'broken JPEG: its size cannot be read',
      'd/labels.csv': 'a CSV serves only where labels come from a CSV',
      'd/locked.jpg': 'could not be read: no permission',
    });
  });

  it('passes over the litter of operating systems in silence', async () => {
    const litter = [
      'd/.DS_Store',
      'd/Thumbs.db',
      'd/__MACOSX/a/x.jpg',
      'd/a/._x.jpg',
      'd/.git/x.jpg',
      'd/desktop.ini',
    ];
    const files = litter.map((path) => file(path, JPEG));
    const result = await readImages([...files, file('d/x.jpg', JPEG)], OPTIONS, tools());
    expect(result.images.map(({ path }) => path)).toEqual(['d/x.jpg']);
    expect(result.skipped).toEqual([]);
    await expect(readImages(files, OPTIONS, tools())).rejects.toMatchObject({
      ignored: litter.length,
      skipped: [],
    });
    await expect(readImages([file('.hidden/x.jpg', JPEG)], OPTIONS, tools())).resolves.toMatchObject({
      trainCount: 1,
    });
  });

  it('reads on where the size of a JPEG comes late', async () => {
    const comment = new Uint8Array(65_537);
    comment.set([0xff, 0xfe, 0xff, 0xff]);
    const late = new Blob([JPEG.slice(0, 2), ...Array(12).fill(comment), JPEG.slice(2)]);
    const result = await readImages([{ path: 'late.jpg', file: late }], OPTIONS, tools());
    expect(result.images).toMatchObject([{ width: 24, height: 16 }]);
  });

  it('refuses a bomb without decoding it', async () => {
    let decoded = 0;
    const counting: IntakeTools['decode'] = (...all) => {
      decoded++;
      return decode(...all);
    };
    const files = [file('bomb.png', claimedPng(20_000, 20_000)), file('fine.jpg', JPEG)];
    await readImages(files, OPTIONS, tools({ decode: counting }));
    expect(decoded).toBe(1);
  });

  it('goes on past a file that fails while it is read', async () => {
    const gone = Object.assign(new Blob(['x']), {
      slice: () => {
        throw new Error('the file was moved');
      },
    });
    const { skipped } = await readImages(
      [{ path: 'a.jpg', file: gone }, file('b.jpg', JPEG)],
      OPTIONS,
      tools(),
    );
    expect(skipped).toEqual([{ path: 'a.jpg', reason: 'could not be read: the file was moved' }]);
  });

  it('says so when nothing is left, with every reason', async () => {
    const reading = readImages([file('a.txt', 'words'), file('b.pdf', '%PDF-1')], OPTIONS, tools());
    await expect(reading).rejects.toThrow(NoImagesError);
    await expect(reading).rejects.toMatchObject({
      message: 'None of 2 files could be used as an image; the first, a.txt: not an image.',
      skipped: [{ path: 'a.txt' }, { path: 'b.pdf' }],
    });
    await expect(readImages([], OPTIONS, tools())).rejects.toThrow('There are no images among these files.');
  });

  it('labels from a CSV and reports what it does not name', async () => {
    const csv = file('set/labels.csv', 'file,label\na.jpg,cat\nb.jpg,dog\nz.jpg,cat\n');
    const files = ['a', 'b', 'c'].map((name) => file(`set/${name}.jpg`, JPEG));
    const { images, classes, skipped } = await readImages(
      [csv, ...files],
      { ...OPTIONS, labels: 'csv', validation: 0 },
      tools(),
    );
    expect(images.map(({ label }) => (label === null ? null : classes[label]))).toEqual(['cat', 'dog', null]);
    expect(skipped).toMatchObject([
      { path: 'set/labels.csv', reason: expect.stringContaining('1 of 4 rows') },
    ]);
  });
});

describe('zips', () => {
  it('are read as folders, with what is wrong in them listed', async () => {
    const zip = zipSync({
      'train/cat/1.jpg': JPEG,
      'train/dog/1.jpg': JPEG,
      'test/cat/2.jpg': [JPEG, { level: 0 }],
      'test/dog/2.jpg': JPEG,
      '../outside.jpg': JPEG,
      '__MACOSX/train/cat/._1.jpg': JPEG,
      'notes.txt': new TextEncoder().encode('words'),
      'inner.zip': zipSync({ 'x.jpg': JPEG }),
    });
    const result = await readImages([file('pets.zip', new Uint8Array(zip))], OPTIONS, tools());
    expect(result.images.map(({ path }) => path)).toEqual([
      'pets/train/cat/1.jpg',
      'pets/train/dog/1.jpg',
      'pets/test/cat/2.jpg',
      'pets/test/dog/2.jpg',
    ]);
    expect(result).toMatchObject({
      classes: ['cat', 'dog'],
      trainCount: 2,
      split: 'train/ and test/ folders',
    });
    expect(result.skipped).toEqual([
      { path: 'pets/../outside.jpg', reason: 'its path leads out of the archive' },
      { path: 'pets/inner.zip', reason: 'an archive inside of an archive is not opened' },
      { path: 'pets/notes.txt', reason: 'not an image' },
    ]);
  });

  it('side by side are classes, and a folder named as its zip is not doubled', async () => {
    const cats = new Uint8Array(zipSync({ 'cats/1.jpg': JPEG, 'cats/2.jpg': JPEG }));
    const dogs = new Uint8Array(zipSync({ '1.jpg': JPEG, '2.jpg': JPEG }));
    const { images, classes } = await readImages(
      [file('cats.zip', cats), file('dogs.zip', dogs)],
      { ...OPTIONS, validation: 0 },
      tools(),
    );
    expect(classes).toEqual(['cats', 'dogs']);
    expect(images.map(({ path }) => path)).toEqual(['cats/1.jpg', 'cats/2.jpg', 'dogs/1.jpg', 'dogs/2.jpg']);
  });

  it('that are broken, or are none, cost nothing else', async () => {
    const cut = new Uint8Array(zipSync({ 'a.jpg': JPEG })).slice(0, 200);
    const { images, skipped } = await readImages(
      [file('cut.zip', cut), file('picture.zip', JPEG), file('b.jpg', JPEG)],
      OPTIONS,
      tools(),
    );
    expect(images.map(({ path }) => path).sort()).toEqual(['b.jpg', 'picture.zip']);
    expect(skipped).toEqual([
      { path: 'cut.zip', reason: 'zip not opened: it is cut off or damaged: its directory is missing' },
    ]);
  });
});

describe('memory', () => {
  const BYTES = 24 * 16 * 4;

  it('is kept to, with whom to leave out drawn across all classes', async () => {
    const files = Array.from({ length: 60 }, (_, i) => file(`s/${i < 30 ? 'a' : 'b'}/${i}.jpg`, JPEG));
    const budgetBytes = 20 * BYTES + 5;
    const {
      images,
      bytes,
      skipped,
      workingSide: side,
    } = await readImages(files, { ...OPTIONS, largestView: 16, budgetBytes, validation: 0 }, tools());
    expect(side).toBe(16);
    expect(images).toHaveLength(20);
    expect(bytes).toBeLessThanOrEqual(budgetBytes);
    expect(skipped).toHaveLength(40);
    expect(skipped[0]?.reason).toBe('over the memory budget of 0 MiB');
    for (const label of [0, 1])
      expect(images.filter((image) => image.label === label).length).toBeGreaterThan(4);
  });

  it.each([
    ['twice the view when there is room', [64, 10, 1.5, 2 ** 30], 128],
    ['what fits when there is less', [64, 1000, 1, 1000 * 100 * 100 * 4], 100],
    ['the view at least', [64, 1_000_000, 1, 2 ** 20], 64],
    ['twice the view of nothing', [64, 0, 1, 2 ** 20], 128],
  ] as const)('keeps %s', (_, [view, count, aspect, budget], side) => {
    expect(workingSide(view, count, aspect, budget)).toBe(side);
  });

  it.each([
    [
      [400, 200, 100],
      [200, 100],
    ],
    [
      [200, 400, 100],
      [100, 200],
    ],
    [
      [50, 30, 100],
      [50, 30],
    ],
    [
      [4000, 200, 100],
      [400, 20],
    ],
    [
      [10_000, 1, 100],
      [400, 1],
    ],
  ] as const)('fits %j to %j', ([width, height, side], [fitWidth, fitHeight]) => {
    expect(fitWithin(width, height, side)).toEqual({ width: fitWidth, height: fitHeight });
  });
});

describe('progress and cancelling', () => {
  const files = Array.from({ length: 200 }, (_, i) => file(`s/${i}.jpg`, JPEG));

  it('tells every stage from nothing to all', async () => {
    const told: IntakeProgress[] = [];
    const zip = file('s/z.zip', new Uint8Array(zipSync({ 'z.jpg': JPEG })));
    await readImages([...files, zip], OPTIONS, tools({ onProgress: (progress) => told.push(progress) }));
    expect([...new Set(told.map(({ stage }) => stage))]).toEqual(['unpacking', 'listing', 'decoding']);
    for (const stage of ['listing', 'decoding'] as const) {
      const counts = told.filter((progress) => progress.stage === stage);
      expect(counts[0]).toMatchObject({ done: 0, total: 201, secondsLeft: null });
      expect(counts.at(-1)).toMatchObject({ done: 201, total: 201, secondsLeft: 0 });
      expect(counts.length).toBeLessThan(50);
    }
  });

  it('stops at once, even when a decoder hangs, and stays silent after', async () => {
    const control = new AbortController();
    const signals: AbortSignal[] = [];
    let told = 0;
    const reading = readImages(
      files,
      OPTIONS,
      tools({
        signal: control.signal,
        onProgress: () => told++,
        decode: (blob, side, signal) => {
          signals.push(signal);
          if (signals.length === 20) control.abort();
          return signals.length < 15 ? decode(blob, side, signal) : new Promise(() => {});
        },
      }),
    );
    await expect(reading).rejects.toThrow(IntakeCancelled);
    const [calls, tellings] = [signals.length, told];
    await new Promise((done) => setTimeout(done, 30));
    expect([signals.length, told]).toEqual([calls, tellings]);
    expect(calls).toBeLessThan(25);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });

  it('hands out no more images, even where decoders go on', async () => {
    const control = new AbortController();
    let calls = 0;
    const deaf: IntakeTools['decode'] = async (blob, side, signal) => {
      if (++calls === 20) control.abort();
      await new Promise((done) => setTimeout(done));
      return decode(blob, side, signal);
    };
    const reading = readImages(files, OPTIONS, tools({ signal: control.signal, decode: deaf }));
    await expect(reading).rejects.toThrow(IntakeCancelled);
    await new Promise((done) => setTimeout(done, 50));
    expect(calls).toBeLessThan(30);
  });

  it('reads nothing once it was cancelled before', async () => {
    await expect(readImages(files, OPTIONS, tools({ signal: AbortSignal.abort() }))).rejects.toThrow(
      IntakeCancelled,
    );
  });
});
