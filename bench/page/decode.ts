/** How many images a second the intake's pool decodes, against bare createImageBitmap in as many calls at a time. */
import { createDecodePool } from '../../src/data/decode-pool.ts';
import type { Decode } from '../report.ts';

const IMAGES = 160;
const WIDTH = 500;
const HEIGHT = 375;
/** Pictures that differ; each is decoded several times. */
const DIFFERENT = 16;
const SIDE = 128;
/** As the pool. */
const MOST_WORKERS = 4;

/** A JPEG with the detail of a photograph: waves of many lengths and grain. */
async function picture(which: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser draws no pictures');
  const pixels = context.createImageData(WIDTH, HEIGHT);
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    const wave = Math.sin(x / (7 + which)) + Math.cos(y / (11 + which)) + Math.sin((x * y) / 4000);
    const grain = ((at * 7919 + which * 104_729) % 97) / 97;
    pixels.data.set([128 + 30 * wave, 120 + 25 * wave + 20 * grain, 90 + 40 * grain, 255], 4 * at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
}

async function rateOf(
  blobs: Blob[],
  atOnce: number,
  decode: (blob: Blob) => Promise<unknown>,
): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const lane = async () => {
    for (let blob = blobs[next++]; blob; blob = blobs[next++]) await decode(blob);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return (1000 * blobs.length) / (performance.now() - begun);
}

export async function decodeRates(): Promise<Decode> {
  const pictures = await Promise.all(Array.from({ length: DIFFERENT }, (_, i) => picture(i)));
  const blobs = Array.from({ length: IMAGES / DIFFERENT }, () => pictures).flat();
  const workers = Math.min(MOST_WORKERS, Math.max(1, navigator.hardwareConcurrency));
  const pool = createDecodePool({ size: workers });
  const throughPool = (blob: Blob) => pool.decode(blob, SIDE);
  const bare = async (blob: Blob) => (await createImageBitmap(blob)).close();
  // Workers start, and the decoder's code is compiled.
  await rateOf(pictures, 2 * workers, throughPool);
  await rateOf(pictures, workers, bare);
  const rates = {
    pool: await rateOf(blobs, 2 * workers, throughPool),
    bare: await rateOf(blobs, workers, bare),
  };
  pool.dispose();
  return { images: IMAGES, width: WIDTH, height: HEIGHT, workers, ...rates };
}
