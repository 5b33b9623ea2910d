/** GELU and its gradient by themselves, for heads where BatchNorm stands before them. */
import { geluSlopes, gelus } from './functions.ts';
import { get, parallel, put } from './pool.ts';
import { GELU } from './tasks.ts';

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
  const bytes = (<usize>min(BLOCK, <i32>get(COUNT) - from)) << 2;
  const offset = (<usize>from) << 2;
  const x = get(X) + offset;
  const y = get(Y) + offset;
  if (get(DY) == 0) gelus(x, y, bytes);
  else geluSlopes(x, get(DY) + offset, y, bytes);
}
