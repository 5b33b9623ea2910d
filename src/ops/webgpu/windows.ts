/** Windows of pictures as rows of a matrix, and the sums of such rows back into pictures. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { inputOf, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, vectorWidth } from './rows.ts';

/** Of pictures, and of the windows in them; see ops/convolution.ts. */
export interface WindowSettings {
  pictures: number;
  height: number;
  width: number;
  channels: number;
  side: number;
  stride: number;
  padding: number;
  /** Windows of a picture. */
  down: number;
  across: number;
}

/** @throws KernelCallError where one is missing. */
export function windowSettings(settings: NamedAttrMap): WindowSettings {
  const of = (name: string) => numberOf(settings, name);
  const [side, stride, padding] = [of('side'), of('stride'), of('padding')];
  const [height, width] = [of('height'), of('width')];
  const along = (n: number) => Math.floor((n + 2 * padding - side) / stride) + 1;
  return {
    pictures: of('pictures'),
    channels: of('channels'),
    height,
    width,
    side,
    stride,
    padding,
    down: along(height),
    across: along(width),
  };
}

const named = (numbers: Record<string, number>) =>
  Object.entries(numbers)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join('\n');

const constants = (s: WindowSettings) =>
  named({
    HEIGHT: s.height,
    ACROSS_PICTURE: s.width,
    CHANNELS: s.channels / vectorWidth(s.channels),
    SIDE: s.side,
    STRIDE: s.stride,
    PADDING: s.padding,
    DOWN: s.down,
    ACROSS: s.across,
  });

/** {x [pixels, c]} and the settings → [rows, side²·c]: a thread takes neighbouring channels of one place of a window. */
const WINDOW_ROWS: GpuKernel = {
  name: 'WindowRows',
  run(backend, inputs, settings) {
    const s = windowSettings(settings);
    const x = inputOf(inputs, 'x');
    const y = backend.output([s.pictures * s.down * s.across, s.side ** 2 * s.channels]);
    const count = (s.pictures * s.down * s.across * s.side ** 2 * s.channels) / vectorWidth(s.channels);
    const { shader, grid } = flatShader(
      {
        name: 'WindowRows',
        variables: [
          ['x', 'read', 'V'],
          ['y', 'read_write', 'V'],
        ],
        before: constants(s),
        body: /* wgsl */ `
  let channel = i % CHANNELS;
  let place = (i / CHANNELS) % (SIDE * SIDE);
  let window = i / (CHANNELS * SIDE * SIDE);
  // Beyond the upper or left edge this wraps round to a number that is larger than any picture.
  let row = (window / ACROSS) % DOWN * STRIDE + place / SIDE - PADDING;
  let column = window % ACROSS * STRIDE + place % SIDE - PADDING;
  var value = V();
  if (row < HEIGHT && column < ACROSS_PICTURE) {
    let picture = window / (ACROSS * DOWN);
    value = x[((picture * HEIGHT + row) * ACROSS_PICTURE + column) * CHANNELS + channel];
  }
  y[i] = value;`,
      },
      count,
      s.channels,
    );
    backend.dispatch(shader, [x, y], grid);
    return [y];
  },
};

/** {columns [rows, side²·c]} and the settings → [pixels, c]: a thread adds up what the windows say of its pixel. */
const WINDOW_SUMS: GpuKernel = {
  name: 'WindowSums',
  run(backend, inputs, settings) {
    const s = windowSettings(settings);
    const columns = inputOf(inputs, 'columns');
    const x = backend.output([s.pictures * s.height * s.width, s.channels]);
    const count = (s.pictures * s.height * s.width * s.channels) / vectorWidth(s.channels);
    const { shader, grid } = flatShader(
      {
        name: 'WindowSums',
        variables: [
          ['columns', 'read', 'V'],
          ['x', 'read_write', 'V'],
        ],
        before: constants(s),
        body: /* wgsl */ `
  let channel = i % CHANNELS;
  let pixel = i / CHANNELS;
  let picture = pixel / (HEIGHT * ACROSS_PICTURE);
  let row = (pixel / ACROSS_PICTURE) % HEIGHT + PADDING;
  let column = pixel % ACROSS_PICTURE + PADDING;
  var sum = V();
  for (var ky = 0u; ky < SIDE; ky++) {
    let above = row - ky;
    if (row < ky || above % STRIDE != 0u || above / STRIDE >= DOWN) { continue; }
    for (var kx = 0u; kx < SIDE; kx++) {
      let before = column - kx;
      if (column < kx || before % STRIDE != 0u || before / STRIDE >= ACROSS) { continue; }
      let window = (picture * DOWN + above / STRIDE) * ACROSS + before / STRIDE;
      sum += columns[(window * SIDE * SIDE + ky * SIDE + kx) * CHANNELS + channel];
    }
  }
  x[i] = sum;`,
      },
      count,
      s.channels,
    );
    backend.dispatch(shader, [columns, x], grid);
    return [x];
  },
};

export const WINDOW_KERNELS: readonly GpuKernel[] = [WINDOW_ROWS, WINDOW_SUMS];
