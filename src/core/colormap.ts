/**
 * Perceptually uniform color maps that stay readable with color-vision deficiency: viridis (Smith, van der Walt, Firing)
 * and inferno (Smith, van der Walt), matplotlib 2015, CC0. Each is held as 33 of the 256 published colors, evenly spaced;
 * straight lines between them differ from the published table by at most 2 of 255.
 */
const KNOTS = {
  viridis:
    '440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e' +
    '21918d1f978b1f9f8821a68527ad8131b57b3ebc744dc26c5dc8636ece5882d34d95d840aadc32c0df25d5e21aeae51afde725',
  inferno:
    '0000040403120b0724150b37210c4a2f0a5b3d09654a0c6b57106e63156e70196e7d1e6d89226a962766a32c61af315b' +
    'bb3755c63d4dd14545da4f3ce35932eb6529f1721ef67f14f98d0afb9b06fcaa0ffbba1ff9c932f5d949f2e865f3f586fcffa4',
} as const;

export type ColormapName = keyof typeof KNOTS;
export const COLORMAPS: readonly ColormapName[] = ['viridis', 'inferno'];

const STEPS = 256;

function tableOf(knots: string): Uint8ClampedArray {
  const colors = knots.length / 6;
  const channel = (color: number, c: number) =>
    Number.parseInt(knots.slice(6 * color + 2 * c, 6 * color + 2 * c + 2), 16);
  const table = new Uint8ClampedArray(STEPS * 3);
  for (let i = 0; i < STEPS; i++) {
    const at = (i / (STEPS - 1)) * (colors - 1);
    const low = Math.min(colors - 2, Math.floor(at));
    for (let c = 0; c < 3; c++)
      table[3 * i + c] = channel(low, c) + (channel(low + 1, c) - channel(low, c)) * (at - low);
  }
  return table;
}

const tables: Record<ColormapName, Uint8ClampedArray> = {
  viridis: tableOf(KNOTS.viridis),
  inferno: tableOf(KNOTS.inferno),
};

/** Where in a table the color of a share of the scale begins. */
const entryOf = (share: number): number => 3 * Math.round(Math.min(1, Math.max(0, share)) * (STEPS - 1));

/** The color at `share` of the scale (0 … 1, clamped), as [red, green, blue] in 0 … 255, sRGB. */
export function colorAt(name: ColormapName, share: number): [number, number, number] {
  const table = tables[name];
  const i = entryOf(share);
  return [table[i] ?? 0, table[i + 1] ?? 0, table[i + 2] ?? 0];
}

/** Values from 0 to `top` in color, opaque RGBA8, four bytes a value. */
export function colorize(
  values: ArrayLike<number>,
  top: number,
  name: ColormapName,
): Uint8ClampedArray<ArrayBuffer> {
  const table = tables[name];
  const rgba = new Uint8ClampedArray(values.length * 4);
  for (let i = 0, to = 0; i < values.length; i++, to += 4) {
    const from = entryOf(top > 0 ? (values[i] ?? 0) / top : 0);
    rgba[to] = table[from] ?? 0;
    rgba[to + 1] = table[from + 1] ?? 0;
    rgba[to + 2] = table[from + 2] ?? 0;
    rgba[to + 3] = 255;
  }
  return rgba;
}

/** The map as a CSS gradient, dark to light. */
export function gradientOf(name: ColormapName): string {
  const stops = Array.from({ length: 17 }, (_, i) => `rgb(${colorAt(name, i / 16).join(' ')})`);
  return `linear-gradient(to right, ${stops.join(', ')})`;
}
