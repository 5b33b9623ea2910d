/** Videos among the images: folders of every n-th frame, with what was left out told. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  IntakeCancelled,
  type IntakeOptions,
  type IntakeTools,
  readImages,
} from '../../../src/data/intake.ts';
import { type OpenedVideo, VideoBroken, VideoRefused } from '../../../src/data/video.ts';

const JPEG = new Uint8Array(readFileSync('tests/fixtures/images/baseline.jpg'));
const OPTIONS: IntakeOptions = {
  name: 'mine',
  seed: 0,
  validation: 0.25,
  labels: 'folders',
  labelSeparator: '_',
  labelField: 1,
  budgetBytes: 2 ** 24,
  largestView: 32,
  videoEvery: 5,
};
const file = (path: string, content: Uint8Array<ArrayBuffer> | string = path) => ({
  path,
  file: new Blob([content]),
});
const frames = (seconds: number, rate = 10) => ({ seconds, rate });

/** Videos by their content, which is their path: what `films` says of them; each frame's first byte is its number. */
function tools(
  films: Record<string, { seconds: number; rate: number; breaksAt?: number }>,
  signal?: AbortSignal,
) {
  const closed: string[] = [];
  const sizes: string[] = [];
  const openVideo = async (blob: File): Promise<OpenedVideo> => {
    const film = films[await blob.text()];
    if (!film) throw new VideoRefused(blob.name, 'its codec is not known here');
    return {
      ...film,
      name: blob.name,
      width: 400,
      height: 100,
      codec: 'VP9',
      fastest: film.rate,
      close: () => closed.push(blob.name),
      async *frames(times, { box, width, height }) {
        sizes.push(`${box.width}×${box.height} → ${width}×${height}`);
        let before = -1;
        for (const [index, time] of times.entries()) {
          const number = Math.floor(time * film.rate);
          if (number >= (film.breaksAt ?? Number.POSITIVE_INFINITY))
            throw new VideoBroken(blob.name, new Error('bad data'));
          // Every seventh frame of a film is the one before, shown longer.
          const shown = number % 7 === 6 ? number - 1 : number;
          yield {
            index,
            pixels:
              shown === before
                ? null
                : { width, height, rgba: new Uint8ClampedArray(4 * width * height).fill(shown) },
          };
          before = shown;
        }
      },
    };
  };
  const given: IntakeTools = {
    signal: signal ?? new AbortController().signal,
    onProgress: () => {},
    decode: async () => ({ width: 2, height: 2, rgba: new Uint8ClampedArray(16) }),
    openVideo,
  };
  return { given, closed, sizes };
}

describe('videos among the images', () => {
  it('are folders of every n-th frame, labelled by the folder that they lie in', async () => {
    const { given, closed, sizes } = tools({ 'pets/cat/a.mp4': frames(3), 'pets/dog/b.webm': frames(2.04) });
    const files = [file('pets/cat/a.mp4'), file('pets/dog/b.webm'), file('pets/dog/1.jpg', JPEG)];
    const catalogue = await readImages(files, OPTIONS, given);
    expect(catalogue.classes).toEqual(['cat', 'dog']);
    const paths = catalogue.images.map(({ path }) => path).sort();
    expect(paths).toEqual([
      ...['01', '06', '11', '16', '21', '26'].map((number) => `pets/cat/a/${number}`),
      'pets/dog/1.jpg',
      ...['01', '06', '11', '16'].map((number) => `pets/dog/b/${number}`),
    ]);
    for (const { path, rgba } of catalogue.images)
      if (path.startsWith('pets/cat'))
        expect(rgba[0]).toBe(Number(path.slice(-2)) - 1 - (path.endsWith('21') ? 1 : 0));
    expect(catalogue.split).toMatch(/; 10 of them are frames of 2 videos, every 5th$/);
    // One class is a single video, which is cut in time.
    const validating = catalogue.images.slice(catalogue.trainCount).map(({ path }) => path);
    expect(validating.filter((path) => path.includes('cat'))).toEqual(['pets/cat/a/21', 'pets/cat/a/26']);
    expect(sizes).toEqual(['400×100 → 256×64', '400×100 → 256×64']);
    expect(closed).toHaveLength(2);
    expect(catalogue.skipped).toEqual([]);
  });

  it('that repeat frames, break off or cannot be opened are told', async () => {
    const { given } = tools({ 'a.mp4': frames(2), 'c.mov': { ...frames(2), breaksAt: 5 } });
    const files = ['a.mp4', 'b.mkv', 'c.mov'].map((name) => file(name));
    const catalogue = await readImages(files, { ...OPTIONS, videoEvery: 1 }, given);
    expect(catalogue.images).toHaveLength(18 + 5);
    expect(catalogue.skipped).toEqual([
      { path: 'a.mp4', reason: '2 of its frames were the one before, shown longer, and were left out' },
      { path: 'b.mkv', reason: expect.stringMatching(/its codec is not known here/) },
      { path: 'c.mov', reason: expect.stringMatching(/breaks off here \(bad data\)/) },
    ]);
    expect(catalogue.split).toMatch(/are frames of 2 videos, every one$/);
  });

  it('of which there is more than fits give what fits, and a still one its picture', async () => {
    const { given } = tools({ 'long.mp4': frames(4000), 'still.mp4': frames(0, 0) });
    const catalogue = await readImages(
      [file('long.mp4'), file('still.mp4')],
      { ...OPTIONS, videoEvery: 1, budgetBytes: 2 ** 20 },
      given,
    );
    expect(catalogue.bytes).toBeLessThanOrEqual(2 ** 20);
    expect(catalogue.skipped.some(({ reason }) => /first 20,000 were taken; 20,000 more/.test(reason))).toBe(
      true,
    );
    expect(catalogue.skipped.some(({ reason }) => /over the memory budget/.test(reason))).toBe(true);
  });

  it('are closed when the reading is cancelled', async () => {
    const abort = new AbortController();
    const { given, closed } = tools({ 'a.mp4': frames(20) }, abort.signal);
    const reading = readImages([file('a.mp4')], OPTIONS, {
      ...given,
      onProgress: ({ stage, done }) => {
        if (stage === 'decoding' && done === 0) abort.abort();
      },
    });
    await expect(reading).rejects.toThrow(IntakeCancelled);
    expect(closed).toEqual(['a.mp4']);
  });
});
