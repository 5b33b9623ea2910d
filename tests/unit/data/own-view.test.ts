/** A picture of any size brought to whole patches. */
import { describe, expect, it } from 'vitest';
import { ownView, PictureTooNarrowError } from '../../../src/data/own-view.ts';

/** Every pixel says where it is. */
function picture(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([x, y, 0], 3 * (y * width + x));
  return { width, height, data };
}

describe('ownView', () => {
  it('cuts around the middle, pixel for pixel, where the picture fits', () => {
    const view = ownView(picture(101, 67), 4);
    expect([view.width, view.height]).toEqual([100, 64]);
    expect([...view.data.subarray(0, 3)]).toEqual([0, 1, 0]);
    expect([...view.data.subarray(-3)]).toEqual([99, 64, 0]);
  });

  it.each([
    [4000, 3000, 16, 960, 720],
    [300, 1000, 4, 72, 240],
    [960, 960, 16, 960, 960],
    [961, 960, 16, 960, 944],
  ])(
    'brings %i × %i px with patches of %i to %i × %i: 60 patches a side at most',
    (w, h, patch, width, height) => {
      const view = ownView({ width: w, height: h, data: new Uint8Array(w * h * 3).fill(9) }, patch);
      expect([view.width, view.height]).toEqual([width, height]);
      expect(view.data.every((byte) => byte === 9)).toBe(true);
    },
  );

  it('enlarges what is smaller than a patch, and refuses what is too narrow for both', () => {
    const view = ownView(picture(5, 3), 16);
    expect([view.width, view.height]).toEqual([16, 16]);
    expect(() => ownView(picture(200, 1), 4)).toThrow(PictureTooNarrowError);
    expect(() => ownView(picture(200, 1), 4)).toThrow(/200 × 1 px is too narrow/);
  });
});
