/**
 * Views made on the GPU against the CPU's, which are the specification. The kernel computes with the same integers, so the
 * tolerance is 0 gray levels: mean and worst error of each operation are printed by the name of the test that fails.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pixels } from '../../../../src/core/pixels.ts';
import { PURPOSE, rng } from '../../../../src/core/rng.ts';
import { IMAGENET_MEAN, IMAGENET_STD } from '../../../../src/data/augment.ts';
import type { Jitter, JitterStep, ViewDraw } from '../../../../src/data/crop-plan.ts';
import { makeView, patchRows } from '../../../../src/data/view.ts';
import { type GpuBackend, gpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { record } from '../../../../src/ops/webgpu/recording.ts';
import { type PlannedView, ViewMaker } from '../../../../src/trainer/view-maker.ts';
import { startBackend } from '../../../../tools/node-backend.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  await startBackend('webgpu');
  const backend = gpuBackend();
  if (!backend) throw new TypeError('The backend is not ours');
  gpu = backend;
});

const PLENTY = 2 ** 26;

/** Noise on a slope: every byte occurs, neighbors differ, and so do the channels. */
function picture(width: number, height: number, salt: number): Pixels {
  const draws = rng(salt, PURPOSE.samples);
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < rgba.length; i++)
    rgba[i] = i % 4 === 3 ? 255 : (300 * ((i >> 2) % width)) / width - 20 + 90 * (draws.uniform() - 0.5);
  return { width, height, rgba };
}

const whole = ({ width, height }: Pixels) => ({ top: 0, left: 0, width, height });

const plain = (image: Pixels, size: number): ViewDraw => ({
  kind: 'global',
  index: 0,
  size,
  box: whole(image),
  flip: false,
  jitter: null,
  grayscale: false,
  blurSigma: null,
  solarize: null,
});

const jitter = (order: JitterStep[], factors: Partial<Jitter>): Jitter => ({
  order,
  brightness: 1,
  contrast: 1,
  saturation: 1,
  hue: 0,
  ...factors,
});

interface Case {
  images: readonly Pixels[];
  patch: number;
  resolutions: { size: number; views: PlannedView[] }[];
  budgetBytes?: number;
}

async function open({ images, patch, resolutions, budgetBytes = PLENTY }: Case) {
  const maker = await ViewMaker.open(gpu, images, {
    batch: new Set(resolutions.flatMap(({ views }) => views.map(({ id }) => id))).size,
    patch,
    resolutions: resolutions.map(({ size, views }) => ({ size, views: views.length })),
    budgetBytes,
  });
  if (!maker) throw new TypeError('The GPU has no room for the views');
  const values = resolutions.reduce((sum, { size, views }) => sum + views.length * 3 * size * size, 0);
  return { maker, patches: tf.keep(tf.zeros([values])) };
}

const rowsOnCpu = ({ images, patch, resolutions }: Case): Float32Array =>
  patchRows(
    resolutions.flatMap(({ views }) =>
      views.flatMap(({ id, draw }) => {
        const image = images[id];
        return image ? [makeView(image, draw)] : [];
      }),
    ),
    patch,
  );

/** Differences in gray levels between rows, and of the rows themselves. */
function differences(found: Float32Array, wanted: Float32Array, patch: number) {
  let worst = 0;
  let sum = 0;
  let values = 0;
  for (let i = 0; i < wanted.length; i++) {
    const channel = Math.floor(i / patch ** 2) % 3;
    const apart = Math.abs((found[i] ?? Number.NaN) - (wanted[i] ?? 0));
    const levels = Math.round(apart * (IMAGENET_STD[channel] ?? 1) * 255);
    worst = Math.max(worst, levels);
    sum += levels;
    if (found[i] !== wanted[i]) values++;
  }
  return { worst, mean: sum / wanted.length, values };
}

const SAME = { worst: 0, mean: 0, values: 0 };

async function expectSame(one: Case): Promise<void> {
  const { maker, patches } = await open(one);
  maker.load(one.resolutions.flatMap(({ views }) => views));
  maker.make(patches);
  const found = await patches.data<'float32'>();
  expect(found.length).toBe(rowsOnCpu(one).length);
  expect(differences(found, rowsOnCpu(one), one.patch)).toEqual(SAME);
  maker.dispose();
  patches.dispose();
}

describe('each operation alone', () => {
  const image = picture(16, 16, 1);
  const draw = plain(image, 16);
  const alone = (...draws: Partial<ViewDraw>[]) =>
    expectSame({
      images: [image],
      patch: 4,
      resolutions: [{ size: 16, views: draws.map((own) => ({ id: 0, draw: { ...draw, ...own } })) }],
    });

  it('normalises', () => alone({}));
  it('flips', () => alone({ flip: true }));
  it('adjusts brightness', () =>
    alone(...[0, 0.61, 1.2345, 2].map((brightness) => ({ jitter: jitter([0], { brightness }) }))));
  it('adjusts contrast', () =>
    alone(...[0, 0.61, 1.2345, 2].map((contrast) => ({ jitter: jitter([1], { contrast }) }))));
  it('adjusts saturation', () =>
    alone(...[0, 0.81, 1.1719, 2].map((saturation) => ({ jitter: jitter([2], { saturation }) }))));
  it('turns the hue', () =>
    alone(...[-0.5, -0.0937, 0, 0.1, 0.5].map((hue) => ({ jitter: jitter([3], { hue }) }))));
  it('grays', () => alone({ grayscale: true }));
  it('blurs', () => alone(...[0, 0.1, 0.7, 1.234, 2, 5, 10].map((blurSigma) => ({ blurSigma }))));
  it('solarizes', () => alone(...[0, 128, 200, 256].map((threshold) => ({ solarize: threshold }))));
});

describe('resizing', () => {
  const images = [picture(50, 40, 2), picture(30, 120, 3), picture(7, 5, 4)];
  const crops = (size: number): PlannedView[] =>
    images.flatMap((image, id) => [
      { id, draw: plain(image, size) },
      { id, draw: { ...plain(image, size), box: { top: 1, left: 2, width: 3, height: 4 } } },
      {
        id,
        draw: {
          ...plain(image, size),
          box: { ...whole(image), height: Math.min(image.height, size) },
          flip: true,
        },
      },
    ]);

  it.each([
    [4, 2],
    [16, 4],
    [20, 5],
    [24, 8],
  ])('to %i px, in patches of %i', (size, patch) =>
    expectSame({ images, patch, resolutions: [{ size, views: crops(size) }] }),
  );

  it('in several chunks of rows', () => {
    const tall = picture(9, 700, 5);
    return expectSame({
      images: [tall],
      patch: 8,
      resolutions: [{ size: 16, views: [{ id: 0, draw: plain(tall, 16) }] }],
    });
  });

  it('to views that fit no workgroup’s memory', () => {
    expect(72 * 2 * 72 * 4).toBeGreaterThan(gpu.device.limits.maxComputeWorkgroupStorageSize);
    return expectSame({
      images: [picture(150, 400, 6)],
      patch: 12,
      resolutions: [
        {
          size: 72,
          views: [{ id: 0, draw: { ...plain(picture(150, 400, 6), 72), blurSigma: 1.5, grayscale: true } }],
        },
      ],
    });
  });
});

/** Draws of everything at once, in all orders of the jitter. */
function anyDraw(draws: ReturnType<typeof rng>, image: Pixels, size: number): ViewDraw {
  const width = 1 + draws.below(image.width);
  const height = 1 + draws.below(image.height);
  const happens = () => draws.uniform() < 0.6;
  const order = [...draws.permutation(4)].filter(
    (step): step is JitterStep => step < 4 && draws.uniform() < 0.9,
  );
  return {
    ...plain(image, size),
    box: {
      width,
      height,
      left: draws.below(image.width - width + 1),
      top: draws.below(image.height - height + 1),
    },
    flip: happens(),
    jitter: happens()
      ? {
          order,
          brightness: draws.between(0.6, 1.4),
          contrast: draws.between(0.6, 1.4),
          saturation: draws.between(0.8, 1.2),
          hue: draws.between(-0.1, 0.1),
        }
      : null,
    grayscale: draws.uniform() < 0.2,
    blurSigma: happens() ? draws.between(0.1, 2) : null,
    solarize: happens() ? 128 : null,
  };
}

function mixed(images: readonly Pixels[], sizes: [number, number], patch: number, seed: number): Case {
  const draws = rng(seed, PURPOSE.samples);
  const views = (size: number, count: number) =>
    Array.from({ length: count }, () => {
      const id = draws.below(images.length);
      const image = images[id];
      if (!image) throw new RangeError(`no image ${id}`);
      return { id, draw: anyDraw(draws, image, size) };
    });
  return {
    images,
    patch,
    resolutions: [
      { size: sizes[0], views: views(sizes[0], 6) },
      { size: sizes[1], views: views(sizes[1], 12) },
    ],
  };
}

describe('all operations together', () => {
  const images = [picture(64, 64, 7), picture(40, 90, 8), picture(61, 33, 9)];

  it.each([
    [32, 16, 4],
    [64, 32, 8],
    [36, 12, 6],
  ])('at %i and %i px', (global, local, patch) => expectSame(mixed(images, [global, local], patch, global)));

  it('with as many lanes as a real GPU gives a view', async () => {
    const { traits } = gpu;
    Reflect.set(gpu, 'traits', { ...traits, software: false });
    await expectSame(mixed(images, [36, 16], 4, 3));
    Reflect.set(gpu, 'traits', traits);
  });

  it('recorded and replayed with other jobs', async () => {
    const first = mixed(images, [16, 8], 4, 1);
    const { maker, patches } = await open(first);
    maker.load(first.resolutions.flatMap(({ views }) => views));
    maker.make(patches);
    const recording = record(gpu, () => maker.make(patches));
    expect(recording.dispatches).toBe(2);
    const second = mixed(images, [16, 8], 4, 2);
    maker.load(second.resolutions.flatMap(({ views }) => views));
    recording.replay();
    gpu.changed(patches);
    expect(differences(await patches.data<'float32'>(), rowsOnCpu(second), 4)).toEqual(SAME);
    recording.dispose();
    maker.dispose();
    patches.dispose();
  });
});

describe('pixels over the budget', () => {
  const images = Array.from({ length: 9 }, (_, i) => picture(8 + i, 12, 20 + i));
  const bytes = images.reduce((sum, { rgba }) => sum + rgba.length, 0);
  const largest = Math.max(...images.map(({ rgba }) => rgba.length));
  const turn = (ids: number[], seed: number): Case => {
    const draws = rng(seed, PURPOSE.samples);
    return {
      images,
      patch: 4,
      budgetBytes: 4 * largest,
      resolutions: [
        {
          size: 8,
          views: ids.flatMap((id) => {
            const image = images[id];
            return image ? [{ id, draw: anyDraw(draws, image, 8) }] : [];
          }),
        },
      ],
    };
  };

  it('are uploaded again when they are needed', async () => {
    const { maker, patches } = await open(turn([0, 1], 0));
    expect(maker.uploaded).toBeLessThanOrEqual(4 * largest);
    for (const [seed, ids] of [
      [8, 7],
      [0, 8],
      [6, 5],
      [1, 2],
      [8, 0],
      [4, 3],
      [7, 8],
    ].entries()) {
      const one = turn(ids, seed);
      maker.load(one.resolutions.flatMap(({ views }) => views));
      maker.make(patches);
      expect(differences(await patches.data<'float32'>(), rowsOnCpu(one), 4)).toEqual(SAME);
    }
    expect(maker.uploaded).toBeGreaterThan(bytes);
    maker.dispose();
    patches.dispose();
  });

  it('are not tried where a batch may not fit', async () => {
    const needs = { batch: 3, patch: 4, resolutions: [{ size: 8, views: 3 }], budgetBytes: 4 * largest };
    expect(await ViewMaker.open(gpu, images, needs)).toBeNull();
  });
});

it('counts a gray level as one', () => {
  const at = (byte: number) => (byte / 255 - IMAGENET_MEAN[0]) / IMAGENET_STD[0];
  const one = differences(Float32Array.of(at(7)), Float32Array.of(at(8)), 1);
  expect(one).toEqual({ worst: 1, mean: 1, values: 1 });
});
