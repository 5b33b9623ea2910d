/** The crop plan: repeatable, within its bounds, distributed as the settings say, one draw independent of another's setting. */
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import {
  type AugmentSettings,
  epochOrder,
  planView,
  type ViewDraw,
  type ViewSettings,
} from '../../../src/data/crop-plan.ts';

interface Settings {
  views: ViewSettings;
  augment: AugmentSettings;
}

const DRAWS = 4000;

function draws(viewIndex: number, change: { [G in keyof Settings]?: Partial<Settings[G]> } = {}): ViewDraw[] {
  const settings = {
    views: { ...defaultConfig.views, ...change.views },
    augment: { ...defaultConfig.augment, ...change.augment },
  };
  return Array.from({ length: DRAWS }, (_, id) => planView(settings, 7, 3, id, viewIndex, 640, 480));
}

const share = (all: ViewDraw[], holds: (draw: ViewDraw) => boolean) => all.filter(holds).length / all.length;

/** Four standard errors of a share among DRAWS: one honest run in 16,000 leaves them, and the seed is fixed. */
const near = (found: number, p: number) =>
  expect(Math.abs(found - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / DRAWS));

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('planView', () => {
  it('gives the same draw for the same key, and another for any other key', () => {
    const at = (seed: number, epoch: number, id: number, view: number) =>
      JSON.stringify(planView(defaultConfig, seed, epoch, id, view, 640, 480));
    expect(at(1, 2, 3, 0)).toBe(at(1, 2, 3, 0));
    const keys = [at(1, 2, 3, 0), at(2, 2, 3, 0), at(1, 3, 3, 0), at(1, 2, 4, 0), at(1, 2, 3, 1)];
    expect(new Set(keys.map((text) => JSON.stringify(JSON.parse(text).box))).size).toBe(keys.length);
  });

  it('takes two global views and local ones after them, each at its size', () => {
    const kinds = [0, 1, 2, 9].map((view) => planView(defaultConfig, 0, 0, 0, view, 640, 480));
    expect(kinds.map(({ kind, index, size }) => [kind, index, size])).toEqual([
      ['global', 0, 224],
      ['global', 1, 224],
      ['local', 2, 96],
      ['local', 9, 96],
    ]);
  });

  it.each([
    [0, 0.4, 1],
    [1, 0.4, 1],
    [2, 0.05, 0.4],
  ])('draws boxes of view %i within the image, its scales and its aspects', (view, low, high) => {
    const areas: number[] = [];
    for (const { box } of draws(view)) {
      expect(box.top).toBeGreaterThanOrEqual(0);
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.top + box.height).toBeLessThanOrEqual(480);
      expect(box.left + box.width).toBeLessThanOrEqual(640);
      for (const side of [box.top, box.left, box.width, box.height])
        expect(Number.isInteger(side)).toBe(true);
      // Rounding moves each side by half a pixel at most.
      const bySides = (by: number) => (box.width + by) * (box.height + by);
      expect(bySides(0.5)).toBeGreaterThanOrEqual(low * 640 * 480);
      expect(bySides(-0.5)).toBeLessThanOrEqual(high * 640 * 480);
      expect((box.width - 0.5) / (box.height + 0.5)).toBeLessThanOrEqual(4 / 3);
      expect((box.width + 0.5) / (box.height - 0.5)).toBeGreaterThanOrEqual(3 / 4);
      areas.push((box.width * box.height) / (640 * 480));
    }
    expect(Math.min(...areas)).toBeLessThan(low + 0.02);
    expect(Math.max(...areas)).toBeGreaterThan(high - 0.03);
  });

  it('draws area uniformly, aspect log-uniformly and position uniformly where every box fits', () => {
    const boxes = draws(2).map(({ box }) => box);
    expect(mean(boxes.map((box) => (box.width * box.height) / (640 * 480)))).toBeCloseTo(0.225, 2);
    const logAspects = boxes.map((box) => Math.log(box.width / box.height));
    expect(mean(logAspects)).toBeCloseTo(0, 1);
    expect(mean(logAspects.map((log) => log * log))).toBeCloseTo(Math.log(4 / 3) ** 2 / 3, 2);
    expect(mean(boxes.map((box) => box.left / (640 - box.width)))).toBeCloseTo(0.5, 1);
    expect(mean(boxes.map((box) => box.top / (480 - box.height)))).toBeCloseTo(0.5, 1);
    expect(boxes.some((box) => box.left === 640 - box.width)).toBe(true);
    expect(boxes.some((box) => box.top === 0)).toBe(true);
  });

  it('falls back to the central crop where no try fits', () => {
    const box = (width: number, height: number) => planView(defaultConfig, 0, 0, 0, 0, width, height).box;
    // torchvision: too wide, height × 4/3 wide; too tall, width ÷ 3/4 high; halves round to even.
    expect(box(1000, 30)).toEqual({ top: 0, left: 480, width: 40, height: 30 });
    expect(box(30, 1000)).toEqual({ top: 480, left: 0, width: 30, height: 40 });
    expect(box(1, 1)).toEqual({ top: 0, left: 0, width: 1, height: 1 });
  });

  it('uses each augmentation as often as its setting says', () => {
    const first = draws(0);
    const second = draws(1);
    const local = draws(2);
    for (const all of [first, second, local]) {
      near(
        share(all, (draw) => draw.flip),
        0.5,
      );
      near(
        share(all, (draw) => draw.jitter !== null),
        0.8,
      );
      near(
        share(all, (draw) => draw.grayscale),
        0.2,
      );
    }
    const blurred = (draw: ViewDraw) => draw.blurSigma !== null;
    const solarized = (draw: ViewDraw) => draw.solarize === 128;
    expect([share(first, blurred), share(first, solarized), share(local, solarized)]).toEqual([1, 0, 0]);
    near(share(second, blurred), 0.1);
    near(share(local, blurred), 0.5);
    near(share(second, solarized), 0.2);
  });

  it('draws factors over their whole ranges and every order of the four steps', () => {
    const jitters = draws(0).flatMap(({ jitter }) => (jitter ? [jitter] : []));
    const spans = [
      [jitters.map((j) => j.brightness), 0.6, 1.4],
      [jitters.map((j) => j.contrast), 0.6, 1.4],
      [jitters.map((j) => j.saturation), 0.8, 1.2],
      [jitters.map((j) => j.hue), -0.1, 0.1],
      [draws(0).map((draw) => draw.blurSigma ?? -1), 0.1, 2],
    ] as const;
    for (const [values, low, high] of spans) {
      const slack = (high - low) / 100;
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.min(...values)).toBeLessThan(low + slack);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
      expect(Math.max(...values)).toBeGreaterThan(high - slack);
      expect(Math.abs(mean(values) - (low + high) / 2)).toBeLessThan(2 * slack);
    }
    expect(new Set(jitters.map((j) => j.order.join(''))).size).toBe(24);
    // torchvision clips the lower bound of a factor at 0.
    const strong = draws(0, { augment: { brightness: 2 } }).flatMap(({ jitter }) => jitter?.brightness ?? []);
    expect(Math.min(...strong)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...strong)).toBeGreaterThan(2.9);
  });

  it('leaves a jitter step of strength 0 out, because turning the hue by 0 would change pixels', () => {
    const grays = draws(0, { augment: { hue: 0 } });
    for (const { jitter } of grays) expect(jitter?.order.toSorted() ?? [0, 1, 2]).toEqual([0, 1, 2]);
    const none = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };
    expect(share(draws(0, { augment: none }), (draw) => draw.jitter === null)).toBe(1);
  });

  it('moves nothing but what a setting names', () => {
    const usual = draws(1);
    const without = (draw: ViewDraw, part: Partial<ViewDraw>) => ({ ...draw, ...part });
    const blurless = draws(1, { augment: { blurGlobal2: 1, blurSigmaMax: 5 } });
    expect(blurless.map((draw) => without(draw, { blurSigma: null }))).toEqual(
      usual.map((draw) => without(draw, { blurSigma: null })),
    );
    const plain = draws(1, { augment: { jitter: 0, flip: 0 } });
    expect(plain.map((draw) => without(draw, { jitter: null, flip: false }))).toEqual(
      usual.map((draw) => without(draw, { jitter: null, flip: false })),
    );
    // More tries are used up where boxes seldom fit; what follows the box must not notice.
    const wide = draws(1, { views: { globalScaleMin: 0.99, aspectMax: 4 } });
    const box = { top: 0, left: 0, height: 1, width: 1 };
    expect(wide.map((draw) => without(draw, { box }))).toEqual(usual.map((draw) => without(draw, { box })));
  });
});

describe('epochOrder', () => {
  it('is a permutation, the same for the same seed and epoch, another for others', () => {
    const order = epochOrder(5, 0, 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(epochOrder(5, 0, 1000)).toEqual(order);
    for (const other of [epochOrder(5, 1, 1000), epochOrder(6, 0, 1000)]) {
      // A random permutation keeps one place on average.
      expect(other.filter((id, place) => id === order[place]).length).toBeLessThan(10);
    }
  });
});
