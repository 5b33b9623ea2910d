/** Views in words and as rows of patches, and each augmentation alone. */
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import { pixelsOf, type Rgb } from '../../../src/core/pixels.ts';
import { normalize } from '../../../src/data/augment.ts';
import type { ViewDraw } from '../../../src/data/crop-plan.ts';
import {
  augmentationsAlone,
  describeDraw,
  makeView,
  patchRows,
  UnevenPatchesError,
} from '../../../src/data/view.ts';

function picture(width: number, height: number, salt: number): Rgb {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => (i * 37 + salt * 11 + (i >> 3)) & 255,
  );
  return { width, height, data };
}

const plain: ViewDraw = {
  kind: 'local',
  index: 2,
  size: 8,
  box: { top: 2, left: 1, height: 8, width: 8 },
  flip: false,
  jitter: null,
  grayscale: false,
  blurSigma: null,
  solarize: null,
};

describe('patchRows', () => {
  const images = [picture(6, 4, 0), picture(6, 4, 1)];

  it('orders a row as channel, y, x and patches row-major', () => {
    const rows = patchRows(images, 2);
    expect(rows.length).toBe(2 * 6 * 12);
    for (const [i, image] of images.entries()) {
      const planes = normalize(image);
      for (let row = 0; row < 2; row++)
        for (let column = 0; column < 3; column++)
          for (let channel = 0; channel < 3; channel++)
            for (let y = 0; y < 2; y++)
              for (let x = 0; x < 2; x++) {
                const at = (i * 6 + row * 3 + column) * 12 + channel * 4 + y * 2 + x;
                expect(rows[at]).toBe(planes[channel * 24 + (row * 2 + y) * 6 + column * 2 + x]);
              }
    }
  });

  it('writes into a larger buffer without touching the rest', () => {
    const rows = patchRows(images, 2);
    const large = new Float32Array(rows.length + 10).fill(9);
    expect(patchRows(images, 2, large, 4)).toBe(large);
    expect(large.subarray(4, 4 + rows.length)).toEqual(rows);
    expect([...large.subarray(0, 4), ...large.subarray(4 + rows.length)]).toEqual(Array(10).fill(9));
  });

  it('refuses a view that patches do not tile, and a buffer that is too short', () => {
    expect(() => patchRows(images, 4)).toThrow(UnevenPatchesError);
    expect(() => patchRows(images, 2, new Float32Array(10))).toThrow(RangeError);
  });
});

describe('describeDraw', () => {
  it('names what happens, in the order in which it happens', () => {
    const jitter = {
      order: [3 as const, 0 as const, 2 as const, 1 as const],
      brightness: 1.12,
      contrast: 0.7,
      saturation: 1,
      hue: -0.031,
    };
    expect(
      describeDraw({ ...plain, flip: true, jitter, grayscale: true, blurSigma: 1.34, solarize: 128 }),
    ).toEqual([
      'flip',
      'hue − 0.031',
      'brightness × 1.12',
      'saturation × 1.00',
      'contrast × 0.70',
      'grayscale',
      'blur σ 1.3 px',
      'solarize from 128',
    ]);
    expect(describeDraw(plain)).toEqual([]);
  });
});

describe('makeView', () => {
  it('shows exactly the box when nothing else is drawn', () => {
    const image = picture(12, 12, 2);
    const view = makeView(pixelsOf(image), plain);
    for (let y = 0; y < 8; y++)
      expect(view.data.subarray(y * 24, y * 24 + 24)).toEqual(
        image.data.subarray(((y + 2) * 12 + 1) * 3, ((y + 2) * 12 + 9) * 3),
      );
  });
});

describe('augmentationsAlone', () => {
  const image = pixelsOf(picture(20, 14, 3));

  it('shows every augmentation on the whole image at its full strength', () => {
    const alone = augmentationsAlone(image, defaultConfig.augment);
    expect(alone.map(({ name }) => name)).toEqual([
      'Flip',
      'Brightness',
      'Contrast',
      'Saturation',
      'Hue',
      'Grayscale',
      'Blur',
      'Solarize',
    ]);
    for (const { name, off, on } of alone) {
      expect([on.width, on.height], name).toEqual([20, 14]);
      expect(pixelsOf(off).rgba, name).toEqual(image.rgba);
      expect(on.data, name).not.toEqual(off.data);
    }
    expect(alone[1]?.detail).toBe('× 1.40, p 0.8');
  });

  it('changes nothing where a strength is 0', () => {
    const settings = { ...defaultConfig.augment, brightness: 0, contrast: 0, saturation: 0, hue: 0 };
    for (const { name, off, on } of augmentationsAlone(image, settings).slice(1, 5))
      expect(on.data, name).toEqual(off.data);
  });
});
