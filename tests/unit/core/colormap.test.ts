/** The color maps: the published colors, rising lightness, even steps. */
import { describe, expect, it } from 'vitest';
import { COLORMAPS, type ColormapName, colorAt, colorize, gradientOf } from '../../../src/core/colormap.ts';

/** CIE L*a*b* (D65) of an sRGB color. */
function lab(rgb: readonly number[]): [number, number, number] {
  const [r = 0, g = 0, b = 0] = rgb.map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Colors of the published tables at some of their 256 places. */
const published: Record<ColormapName, [number, [number, number, number]][]> = {
  viridis: [
    [0, [68, 1, 84]],
    [25, [72, 36, 117]],
    [77, [52, 96, 141]],
    [128, [33, 145, 140]],
    [179, [68, 191, 112]],
    [204, [122, 209, 81]],
    [255, [253, 231, 37]],
  ],
  inferno: [
    [0, [0, 0, 4]],
    [25, [22, 11, 57]],
    [77, [108, 24, 110]],
    [128, [188, 55, 84]],
    [179, [243, 120, 25]],
    [204, [252, 165, 10]],
    [255, [252, 255, 164]],
  ],
};

describe.each(COLORMAPS)('%s', (name) => {
  const colors = Array.from({ length: 256 }, (_, i) => lab(colorAt(name, i / 255)));

  it('is within 2 of 255 of the published colors', () => {
    for (const [place, wanted] of published[name])
      for (const [c, value] of colorAt(name, place / 255).entries())
        expect(Math.abs(value - (wanted[c] ?? 0))).toBeLessThanOrEqual(2);
  });

  it('gets lighter all the way, so it reads in gray and with any color vision', () => {
    for (let i = 4; i < 256; i += 4) expect(colors[i]?.[0]).toBeGreaterThan(colors[i - 4]?.[0] ?? 100);
    expect((colors[255]?.[0] ?? 0) - (colors[0]?.[0] ?? 0)).toBeGreaterThan(70);
  });

  it('has no step in lightness more than twice the mean', () => {
    const rise = (colors[255]?.[0] ?? 0) - (colors[0]?.[0] ?? 0);
    for (let i = 8; i < 256; i += 8)
      expect((colors[i]?.[0] ?? 0) - (colors[i - 8]?.[0] ?? 0)).toBeLessThan((2 * rise * 8) / 255);
  });

  it('clamps', () => {
    expect(colorAt(name, -1)).toEqual(colorAt(name, 0));
    expect(colorAt(name, 7)).toEqual(colorAt(name, 1));
  });

  it('writes a gradient from dark to light', () => {
    expect(gradientOf(name).startsWith(`linear-gradient(to right, rgb(${colorAt(name, 0).join(' ')})`)).toBe(
      true,
    );
  });
});

describe('colorize', () => {
  it('scales to the top and is opaque', () => {
    const rgba = colorize([0, 0.1, 0.2], 0.2, 'viridis');
    expect([...rgba.subarray(0, 4)]).toEqual([...colorAt('viridis', 0), 255]);
    expect([...rgba.subarray(4, 8)]).toEqual([...colorAt('viridis', 0.5), 255]);
    expect([...rgba.subarray(8, 12)]).toEqual([...colorAt('viridis', 1), 255]);
  });

  it('shows a map of zeros as zeros', () => {
    expect([...colorize([0, 0], 0, 'inferno').subarray(4, 8)]).toEqual([...colorAt('inferno', 0), 255]);
  });
});
