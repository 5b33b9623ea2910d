/** Windows of pictures as rows of a matrix, and the sums of such rows back into pictures. */
import { get, parallel, put } from './pool.ts';
import { WINDOW_ROWS, WINDOW_SUMS } from './tasks.ts';

const X: usize = 0;
const Y: usize = 1;
const HEIGHT: usize = 2;
const WIDTH: usize = 3;
const CHANNELS: usize = 4;
const SIDE: usize = 5;
const STRIDE: usize = 6;
const PADDING: usize = 7;
const DOWN: usize = 8;
const ACROSS: usize = 9;

function begin(
  x: usize,
  y: usize,
  height: i32,
  width: i32,
  channels: i32,
  side: i32,
  stride: i32,
  padding: i32,
): void {
  put(X, x);
  put(Y, y);
  put(HEIGHT, height);
  put(WIDTH, width);
  put(CHANNELS, channels);
  put(SIDE, side);
  put(STRIDE, stride);
  put(PADDING, padding);
  put(DOWN, (height + 2 * padding - side) / stride + 1);
  put(ACROSS, (width + 2 * padding - side) / stride + 1);
}

/** x [pictures·height·width, channels] → y [pictures·down·across, side²·channels], 0 beyond the edges. */
export function windowRows(
  x: usize,
  y: usize,
  pictures: i32,
  height: i32,
  width: i32,
  channels: i32,
  side: i32,
  stride: i32,
  padding: i32,
): void {
  begin(x, y, height, width, channels, side, stride, padding);
  parallel(WINDOW_ROWS, pictures * <i32>get(DOWN));
}

/** One line of windows. */
export function windowRowsTask(task: i32): void {
  const down = <i32>get(DOWN);
  const across = <i32>get(ACROSS);
  const height = <i32>get(HEIGHT);
  const width = <i32>get(WIDTH);
  const side = <i32>get(SIDE);
  const stride = <i32>get(STRIDE);
  const pixel = get(CHANNELS) << 2;
  const line = <usize>side * pixel;
  const picture = get(X) + <usize>((task / down) * height * width) * pixel;
  const top = (task % down) * stride - <i32>get(PADDING);
  let y = get(Y) + <usize>(task * across * side) * line;
  for (let i = 0; i < across; i++) {
    const left = i * stride - <i32>get(PADDING);
    const from = max(0, -left);
    const to = min(side, width - left);
    for (let ky = 0; ky < side; ky++) {
      const row = top + ky;
      if (row < 0 || row >= height || to <= from) memory.fill(y, 0, line);
      else {
        if (from > 0) memory.fill(y, 0, <usize>from * pixel);
        copy(
          y + <usize>from * pixel,
          picture + <usize>(row * width + left + from) * pixel,
          <usize>(to - from) * pixel,
        );
        if (to < side) memory.fill(y + <usize>to * pixel, 0, <usize>(side - to) * pixel);
      }
      y += line;
    }
  }
}

/** For lengths that are mostly short: a call of the engine's own copy costs more than the copy. */
function copy(to: usize, from: usize, bytes: usize): void {
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) v128.store(to + j, v128.load(from + j));
  for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(from + j));
}

/** The gradient of `windowRows`: y holds that of the windows, x [pictures·height·width, channels] is written. */
export function windowSums(
  x: usize,
  y: usize,
  pictures: i32,
  height: i32,
  width: i32,
  channels: i32,
  side: i32,
  stride: i32,
  padding: i32,
): void {
  begin(x, y, height, width, channels, side, stride, padding);
  parallel(WINDOW_SUMS, pictures * height);
}

/** One line of pixels, each the sum over the windows that it lies in. */
export function windowSumsTask(task: i32): void {
  const down = <i32>get(DOWN);
  const across = <i32>get(ACROSS);
  const height = <i32>get(HEIGHT);
  const width = <i32>get(WIDTH);
  const side = <i32>get(SIDE);
  const stride = <i32>get(STRIDE);
  const padding = <i32>get(PADDING);
  const pixel = get(CHANNELS) << 2;
  const window = <usize>(side * side) * pixel;
  const first = get(Y) + <usize>((task / height) * down * across) * window;
  const row = (task % height) + padding;
  let x = get(X) + <usize>(task * width) * pixel;
  for (let i = 0; i < width; i++) {
    memory.fill(x, 0, pixel);
    for (let ky = 0; ky < side; ky++) {
      const above = row - ky;
      if (above < 0 || above % stride != 0 || above / stride >= down) continue;
      for (let kx = 0; kx < side; kx++) {
        const before = i + padding - kx;
        if (before < 0 || before % stride != 0 || before / stride >= across) continue;
        const at = first + <usize>((above / stride) * across + before / stride) * window;
        add(x, at + <usize>(ky * side + kx) * pixel, pixel);
      }
    }
    x += pixel;
  }
}

function add(sum: usize, values: usize, bytes: usize): void {
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) v128.store(sum + j, f32x4.add(v128.load(sum + j), v128.load(values + j)));
  for (; j < bytes; j += 4) store<f32>(sum + j, load<f32>(sum + j) + load<f32>(values + j));
}
