/** Pictures in memory: RGBA8 as browsers give them, RGB8 as the augmentation works on them. */

/** RGBA8, row by row; alpha is 255 wherever the project made it. */
export interface Pixels {
  width: number;
  height: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** RGB8, row by row ([height, width, 3]), as Pillow holds an image in mode RGB. */
export interface Rgb {
  width: number;
  height: number;
  data: Uint8Array<ArrayBuffer>;
}

export function rgbOf({ width, height, rgba }: Pixels): Rgb {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, j = 0; j < data.length; i += 4, j += 3) {
    data[j] = rgba[i] ?? 0;
    data[j + 1] = rgba[i + 1] ?? 0;
    data[j + 2] = rgba[i + 2] ?? 0;
  }
  return { width, height, data };
}

export function pixelsOf({ width, height, data }: Rgb): Pixels {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0, j = 0; j < data.length; i += 4, j += 3) {
    rgba[i] = data[j] ?? 0;
    rgba[i + 1] = data[j + 1] ?? 0;
    rgba[i + 2] = data[j + 2] ?? 0;
    rgba[i + 3] = 255;
  }
  return { width, height, rgba };
}
