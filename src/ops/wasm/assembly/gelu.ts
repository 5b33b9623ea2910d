/** GELU and its gradient by themselves, for heads where BatchNorm stands before them. */
import { gelu, geluSlope } from './functions.ts';
import { get, parallel, put, table } from './pool.ts';
import { GELU } from './tasks.ts';
import { keep, part } from './vectors.ts';

const X: usize = 0;
const DY: usize = 1;
const Y: usize = 2;
const COUNT: usize = 3;

/** Values of a task. */
const BLOCK: i32 = 8192;

/** y = gelu(x), or dy·gelu′(x) where dy is not 0; `count` values. */
export function applyGelu(x: usize, dy: usize, y: usize, count: i32): void {
  put(X, x);
  put(DY, dy);
  put(Y, y);
  put(COUNT, count);
  parallel(GELU, (count + BLOCK - 1) / BLOCK);
}

export function geluTask(task: i32): void {
  const from = task * BLOCK;
  const count = min(BLOCK, <i32>get(COUNT) - from);
  const offset = (<usize>from) << 2;
  const end = (<usize>count) << 2;
  const rest = count & 3;
  const whole = (<usize>(count - rest)) << 2;
  const x = get(X) + offset;
  const y = get(Y) + offset;
  const constants = table();
  if (get(DY) == 0)
    for (let j: usize = 0; j < end; j += 16)
      keep(y, j, whole, rest, gelu(part(x, j, whole, rest), constants));
  else {
    const dy = get(DY) + offset;
    for (let j: usize = 0; j < end; j += 16) {
      const slope = geluSlope(part(x, j, whole, rest), constants);
      keep(y, j, whole, rest, f32x4.mul(part(dy, j, whole, rest), slope));
    }
  }
}
