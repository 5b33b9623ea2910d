/** BatchNorm over the rows of a matrix, column by column, and its gradient. */
import { get, getFloat, parallel, put, putFloat } from './pool.ts';
import { BATCH_NORM, BATCH_NORM_GRADIENT } from './tasks.ts';
import { keep, madd, part } from './vectors.ts';

const X: usize = 0;
const WEIGHT: usize = 1;
const BIAS: usize = 2;
const Y: usize = 3;
const MEAN: usize = 4;
const SCALE: usize = 5;
const ROWS: usize = 6;
const COLUMNS: usize = 7;
const EPSILON: usize = 8;
const DY: usize = 9;
const DWEIGHT: usize = 10;
const DBIAS: usize = 11;

/** Bytes of a row that a task takes: a line of the cache. */
const SPAN: usize = 64;

/** y [rows, n] = (x − mean)·scale·weight + bias; mean [n], scale [n] = 1/√(variance + epsilon). */
export function batchNorm(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  mean: usize,
  scale: usize,
  rows: i32,
  n: i32,
  epsilon: f32,
): void {
  put(X, x);
  put(WEIGHT, weight);
  put(BIAS, bias);
  put(Y, y);
  put(MEAN, mean);
  put(SCALE, scale);
  put(ROWS, rows);
  put(COLUMNS, n);
  putFloat(EPSILON, epsilon);
  parallel(BATCH_NORM, tasks(n));
}

function tasks(n: i32): i32 {
  return <i32>((((<usize>n) << 2) + SPAN - 1) / SPAN);
}

export function batchNormTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const ld = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const count = f32x4.splat(<f32>(<i32>get(ROWS)));
  const last = get(X) + get(ROWS) * ld;
  const to = min(ld, <usize>(task + 1) * SPAN);
  for (let j = <usize>task * SPAN; j < to; j += 16) {
    let sum = f32x4.splat(0);
    for (let x = get(X); x < last; x += ld) sum = f32x4.add(sum, part(x, j, whole, rest));
    const mean = f32x4.div(sum, count);
    let squares = f32x4.splat(0);
    for (let x = get(X); x < last; x += ld) {
      const centered = f32x4.sub(part(x, j, whole, rest), mean);
      squares = madd(centered, centered, squares);
    }
    const variance = f32x4.add(f32x4.div(squares, count), f32x4.splat(getFloat(EPSILON)));
    const scale = f32x4.div(f32x4.splat(1), f32x4.sqrt(variance));
    const weight = part(get(WEIGHT), j, whole, rest);
    const bias = part(get(BIAS), j, whole, rest);
    let y = get(Y);
    for (let x = get(X); x < last; x += ld) {
      const normal = f32x4.mul(f32x4.sub(part(x, j, whole, rest), mean), scale);
      keep(y, j, whole, rest, madd(normal, weight, bias));
      y += ld;
    }
    keep(get(MEAN), j, whole, rest, mean);
    keep(get(SCALE), j, whole, rest, scale);
  }
}

/** dy, x [rows, n], and what `batchNorm` was given and gave → dx [rows, n], dweight and dbias [n]. */
export function batchNormGradient(
  dy: usize,
  x: usize,
  mean: usize,
  scale: usize,
  weight: usize,
  dx: usize,
  dweight: usize,
  dbias: usize,
  rows: i32,
  n: i32,
): void {
  put(DY, dy);
  put(X, x);
  put(MEAN, mean);
  put(SCALE, scale);
  put(WEIGHT, weight);
  put(Y, dx);
  put(DBIAS, dbias);
  put(DWEIGHT, dweight);
  put(ROWS, rows);
  put(COLUMNS, n);
  parallel(BATCH_NORM_GRADIENT, tasks(n));
}

export function batchNormGradientTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const ld = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const count = f32x4.splat(<f32>(<i32>get(ROWS)));
  const last = get(X) + get(ROWS) * ld;
  const to = min(ld, <usize>(task + 1) * SPAN);
  for (let j = <usize>task * SPAN; j < to; j += 16) {
    const mean = part(get(MEAN), j, whole, rest);
    const scale = part(get(SCALE), j, whole, rest);
    let sum = f32x4.splat(0);
    let along = f32x4.splat(0);
    let dy = get(DY);
    for (let x = get(X); x < last; x += ld) {
      const d = part(dy, j, whole, rest);
      sum = f32x4.add(sum, d);
      along = madd(d, f32x4.mul(f32x4.sub(part(x, j, whole, rest), mean), scale), along);
      dy += ld;
    }
    keep(get(DBIAS), j, whole, rest, sum);
    keep(get(DWEIGHT), j, whole, rest, along);
    const by = f32x4.mul(scale, part(get(WEIGHT), j, whole, rest));
    const meanSum = f32x4.div(sum, count);
    const meanAlong = f32x4.div(along, count);
    let dx = get(Y);
    dy = get(DY);
    for (let x = get(X); x < last; x += ld) {
      const normal = f32x4.mul(f32x4.sub(part(x, j, whole, rest), mean), scale);
      const own = f32x4.sub(f32x4.sub(part(dy, j, whole, rest), meanSum), f32x4.mul(normal, meanAlong));
      keep(dx, j, whole, rest, f32x4.mul(own, by));
      dx += ld;
      dy += ld;
    }
  }
}
