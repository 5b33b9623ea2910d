/** The augmentation against Pillow's and torchvision's own output, byte for byte. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pixelsOf, type Rgb } from '../../../src/core/pixels.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  CropOutsideImageError,
  crop,
  cropResize,
  evalView,
  flip,
  gaussianBlur,
  grayscale,
  normalize,
  solarize,
  wholeView,
} from '../../../src/data/augment.ts';
import type { ViewDraw } from '../../../src/data/crop-plan.ts';
import { makeView } from '../../../src/data/view.ts';

const fixture = readSafetensors(
  new Uint8Array(readFileSync(new URL('../../fixtures/augment.safetensors', import.meta.url))),
);

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const config = z
  .object({
    boxes: z.array(z.array(box)),
    brightness: z.array(z.number()),
    contrast: z.array(z.number()),
    saturation: z.array(z.number()),
    hue: z.array(z.number()),
    jitter_factors: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    orders: z.array(z.array(z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]))),
    blur_radius: z.array(z.number()),
    solarize_threshold: z.number(),
    pipelines: z.array(
      z.object({
        box: z.number(),
        size: z.number(),
        hflip: z.boolean(),
        order: z.number(),
        grayscale: z.boolean(),
        blur: z.number(),
        solarize: z.boolean(),
      }),
    ),
    eval: z.object({ resize: z.number(), crop: z.number() }),
  })
  .parse(JSON.parse(fixture.metadata.config ?? '{}'));

/** Names of the tensors that a test has compared; the last test asks for all of them. */
const compared = new Set<string>();

function tensor(name: string) {
  const found = fixture.tensors.get(name);
  if (!found) throw new Error(`The fixture has no tensor ${name}`);
  compared.add(name);
  return found;
}

function image(name: string): Rgb {
  const { shape, data } = tensor(name);
  const [height = 0, width = 0] = shape;
  return { width, height, data: Uint8Array.from(data, Number) };
}

function expectSame(made: Rgb, name: string): void {
  const wanted = image(name);
  expect([made.width, made.height], name).toEqual([wanted.width, wanted.height]);
  let differing = 0;
  for (let i = 0; i < wanted.data.length; i++) if (made.data[i] !== wanted.data[i]) differing++;
  expect(differing, `${name}: bytes that differ`).toBe(0);
}

function expectClose(made: Float32Array, name: string): void {
  const data = Float32Array.from(tensor(name).data, Number);
  expect(made.length, name).toBe(data.length);
  let worst = 0;
  for (let i = 0; i < data.length; i++)
    worst = Math.max(worst, Math.abs((made[i] ?? Number.NaN) - (data[i] ?? 0)));
  expect(worst, name).toBeLessThanOrEqual(1e-6);
}

const [brightness, contrast, saturation, hue] = config.jitter_factors;
const jitters = config.orders.map((order) => ({ order, brightness, contrast, saturation, hue }));

function boxOf(i: number, j: number) {
  const [top, left, height, width] = config.boxes[i]?.[j] ?? [0, 0, 0, 0];
  return { top, left, height, width };
}

describe.each(config.boxes.map((_, i) => i))('image %i', (i) => {
  const input = image(`img${i}/input`);
  const whole = { top: 0, left: 0, width: input.width, height: input.height };
  const plain: ViewDraw = {
    kind: 'global',
    index: 0,
    size: 32,
    box: whole,
    flip: false,
    jitter: null,
    grayscale: false,
    blurSigma: null,
    solarize: null,
  };

  it('crops and resizes, from RGB and from RGBA', () => {
    for (const j of config.boxes[i]?.keys() ?? [])
      for (const size of [32, 24]) {
        expectSame(cropResize(input, boxOf(i, j), size, size), `img${i}/crop${j}/size${size}`);
        expectSame(cropResize(pixelsOf(input), boxOf(i, j), size, size), `img${i}/crop${j}/size${size}`);
      }
  });

  it('flips, grays and solarizes', () => {
    expectSame(flip(input), `img${i}/hflip`);
    expectSame(grayscale(input), `img${i}/grayscale`);
    expectSame(solarize(input, config.solarize_threshold), `img${i}/solarize`);
  });

  it('adjusts brightness, contrast, saturation and hue', () => {
    for (const [j, factor] of config.brightness.entries())
      expectSame(adjustBrightness(input, factor), `img${i}/brightness/${j}`);
    for (const [j, factor] of config.contrast.entries())
      expectSame(adjustContrast(input, factor), `img${i}/contrast/${j}`);
    for (const [j, factor] of config.saturation.entries())
      expectSame(adjustSaturation(input, factor), `img${i}/saturation/${j}`);
    for (const [j, factor] of config.hue.entries()) expectSame(adjustHue(input, factor), `img${i}/hue/${j}`);
  });

  it('blurs', () => {
    for (const [j, radius] of config.blur_radius.entries())
      expectSame(gaussianBlur(input, radius), `img${i}/blur/${j}`);
  });

  it('jitters in the order drawn', () => {
    // A view of the image's own size is not resized, so only the jitter acts; it needs a square.
    for (const [j, jitter] of jitters.entries()) {
      const steps = [adjustBrightness, adjustContrast, adjustSaturation, adjustHue];
      const byHand = jitter.order.reduce(
        (seen, op) => steps[op]?.(seen, config.jitter_factors[op]) ?? seen,
        input,
      );
      expectSame(byHand, `img${i}/jitter/${j}`);
      if (input.width === input.height)
        expectSame(makeView(pixelsOf(input), { ...plain, size: input.width, jitter }), `img${i}/jitter/${j}`);
    }
  });

  it('runs whole pipelines', () => {
    for (const [j, pipeline] of config.pipelines.entries()) {
      const view = makeView(pixelsOf(input), {
        ...plain,
        size: pipeline.size,
        box: boxOf(i, pipeline.box),
        flip: pipeline.hflip,
        jitter: jitters[pipeline.order] ?? null,
        grayscale: pipeline.grayscale,
        blurSigma: pipeline.blur,
        solarize: pipeline.solarize ? config.solarize_threshold : null,
      });
      expectSame(view, `img${i}/pipeline/${j}/u8`);
      expectClose(normalize(view), `img${i}/pipeline/${j}/f32`);
    }
  });

  it('makes the evaluation view and normalises', () => {
    expect(Math.floor((config.eval.crop * 256) / 224)).toBe(config.eval.resize);
    expectSame(evalView(pixelsOf(input), config.eval.crop), `img${i}/eval`);
    expectClose(normalize(input), `img${i}/normalize`);
  });

  it('leaves its argument alone', () => {
    const before = input.data.slice();
    for (const [j] of jitters.entries())
      makeView(pixelsOf(input), { ...plain, jitter: jitters[j] ?? null, blurSigma: 1, solarize: 9 });
    for (const act of [
      flip,
      grayscale,
      (rgb: Rgb) => adjustHue(rgb, 0.1),
      (rgb: Rgb) => gaussianBlur(rgb, 1),
    ])
      act(input);
    expect(input.data).toEqual(before);
  });
});

it('has compared every tensor of the fixture', () => {
  expect([...fixture.tensors.keys()].filter((name) => !compared.has(name))).toEqual([]);
});

it('keeps the longest central square of the whole view', () => {
  const wide: Rgb = { width: 8, height: 4, data: new Uint8Array(96) };
  for (let y = 0; y < 4; y++) for (let x = 0; x < 8; x++) wide.data[(y * 8 + x) * 3] = x;
  const square = wholeView(wide, 4);
  expect([square.width, square.height]).toEqual([4, 4]);
  expect([...square.data].filter((_, i) => i % 12 === 0)).toEqual([2, 2, 2, 2]);
});

it('sees 224 of every 256 pixels in the evaluation view', () => {
  const data = Uint8Array.from({ length: 256 * 300 * 3 }, (_, i) => (i * 31) >> 3);
  const image: Rgb = { width: 256, height: 300, data };
  const middle = crop(image, { top: 38, left: 16, height: 224, width: 224 });
  expect(Buffer.compare(evalView(image, 224).data, middle.data)).toBe(0);
});

it('refuses a box that leaves the image', () => {
  const small: Rgb = { width: 4, height: 4, data: new Uint8Array(48) };
  for (const size of [3, 8])
    expect(() => cropResize(small, { top: 2, left: 0, height: 3, width: 3 }, size, size)).toThrow(
      CropOutsideImageError,
    );
});
