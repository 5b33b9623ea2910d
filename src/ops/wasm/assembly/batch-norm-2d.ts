/** BatchNorm over many rows, a block of rows a task, with a residual and ReLU behind it; and its gradient. */
import { get, getFloat, parallel, put, putFloat } from './pool.ts';
import { NORM_APPLY, NORM_GRADIENT, NORM_GRADIENT_SUMS, NORM_SQUARES, NORM_SUMS } from './tasks.ts';
import { keep, madd, part } from './vectors.ts';

const X: usize = 0;
const WEIGHT: usize = 1;
const BIAS: usize = 2;
const RESIDUAL: usize = 3;
const Y: usize = 4;
const MEAN: usize = 5;
const VARIANCE: usize = 6;
const SCALE: usize = 7;
const ROWS: usize = 8;
const COLUMNS: usize = 9;
const RELU: usize = 10;
const PARTS: usize = 11;
const DY: usize = 12;
const DX: usize = 13;
const DRESIDUAL: usize = 14;
const DWEIGHT: usize = 15;
const DBIAS: usize = 16;
const COUNT: usize = 17;

/** Rows of a task. */
const BLOCK: i32 = 512;

// A function that is a value would lie in memory, which is tfjs's.
function blocks(rows: i32): i32 {
  return (rows + BLOCK - 1) / BLOCK;
}

/** Bytes for two sums of every column and block. */
export function batchNorm2dScratch(rows: i32, n: i32): i32 {
  return blocks(rows) * n * 8;
}

/**
 * y [rows, n] = (x − mean)·scale·weight + bias, plus the residual where that is not 0, then its positive part where relu
 * is not 0; mean, variance (biased) and scale = 1/√(variance + epsilon), [n] each.
 */
export function batchNorm2d(
  x: usize,
  weight: usize,
  bias: usize,
  residual: usize,
  y: usize,
  mean: usize,
  variance: usize,
  scale: usize,
  rows: i32,
  n: i32,
  relu: i32,
  epsilon: f32,
  scratch: usize,
): void {
  put(X, x);
  put(WEIGHT, weight);
  put(BIAS, bias);
  put(RESIDUAL, residual);
  put(Y, y);
  put(MEAN, mean);
  put(VARIANCE, variance);
  put(SCALE, scale);
  put(ROWS, rows);
  put(COLUMNS, n);
  put(RELU, relu);
  put(PARTS, scratch);
  putFloat(COUNT, <f32>rows);
  const tasks = blocks(rows);
  parallel(NORM_SUMS, tasks);
  addUp(mean, scratch, tasks, n, n);
  divide(mean, n, <f32>rows);
  parallel(NORM_SQUARES, tasks);
  addUp(variance, scratch, tasks, n, n);
  divide(variance, n, <f32>rows);
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 2;
    store<f32>(scale + at, <f32>1 / sqrt<f32>(load<f32>(variance + at) + epsilon));
  }
  parallel(NORM_APPLY, tasks);
}

/** The same with statistics that are given: scale [n] = 1/√(variance + epsilon). */
export function fixedNorm2d(
  x: usize,
  weight: usize,
  bias: usize,
  residual: usize,
  y: usize,
  mean: usize,
  scale: usize,
  rows: i32,
  n: i32,
  relu: i32,
): void {
  put(X, x);
  put(WEIGHT, weight);
  put(BIAS, bias);
  put(RESIDUAL, residual);
  put(Y, y);
  put(MEAN, mean);
  put(SCALE, scale);
  put(ROWS, rows);
  put(COLUMNS, n);
  put(RELU, relu);
  parallel(NORM_APPLY, blocks(rows));
}

/** sum [n] = the first n of each part's `stride` numbers, added up. */
function addUp(sum: usize, parts: usize, count: i32, n: i32, stride: i32): void {
  for (let i = 0; i < n; i++) {
    let total: f64 = 0;
    for (let p = 0; p < count; p++) total += <f64>load<f32>(parts + ((<usize>(p * stride + i)) << 2));
    store<f32>(sum + ((<usize>i) << 2), <f32>total);
  }
}

function divide(values: usize, n: i32, by: f32): void {
  for (let i = 0; i < n; i++) {
    const at = values + ((<usize>i) << 2);
    store<f32>(at, load<f32>(at) / by);
  }
}

export function normSumsTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const ld = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const sums = get(PARTS) + <usize>task * ld;
  memory.fill(sums, 0, ld);
  const last = get(X) + <usize>min((task + 1) * BLOCK, <i32>get(ROWS)) * ld;
  for (let x = get(X) + <usize>(task * BLOCK) * ld; x < last; x += ld)
    for (let j: usize = 0; j < ld; j += 16)
      keep(sums, j, whole, rest, f32x4.add(part(sums, j, whole, rest), part(x, j, whole, rest)));
}

export function normSquaresTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const ld = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const sums = get(PARTS) + <usize>task * ld;
  memory.fill(sums, 0, ld);
  const mean = get(MEAN);
  const last = get(X) + <usize>min((task + 1) * BLOCK, <i32>get(ROWS)) * ld;
  for (let x = get(X) + <usize>(task * BLOCK) * ld; x < last; x += ld)
    for (let j: usize = 0; j < ld; j += 16) {
      const centered = f32x4.sub(part(x, j, whole, rest), part(mean, j, whole, rest));
      keep(sums, j, whole, rest, madd(centered, centered, part(sums, j, whole, rest)));
    }
}

export function normApplyTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const ld = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const mean = get(MEAN);
  const scale = get(SCALE);
  const weight = get(WEIGHT);
  const bias = get(BIAS);
  const relu = get(RELU) != 0;
  const added = get(RESIDUAL) != 0;
  const first = <usize>(task * BLOCK) * ld;
  const to = <usize>min((task + 1) * BLOCK, <i32>get(ROWS)) * ld;
  for (let row = first; row < to; row += ld) {
    const x = get(X) + row;
    const y = get(Y) + row;
    const residual = get(RESIDUAL) + row;
    for (let j: usize = 0; j < ld; j += 16) {
      const normal = f32x4.mul(
        f32x4.sub(part(x, j, whole, rest), part(mean, j, whole, rest)),
        part(scale, j, whole, rest),
      );
      let value = madd(normal, part(weight, j, whole, rest), part(bias, j, whole, rest));
      if (added) value = f32x4.add(value, part(residual, j, whole, rest));
      if (relu) value = f32x4.max(value, f32x4.splat(0));
      keep(y, j, whole, rest, value);
    }
  }
}

/**
 * The gradient: dy, x [rows, n] and what `batchNorm2d` was given and gave; y where a ReLU stood behind it, else 0 → dx,
 * dweight, dbias, and dresidual where that is not 0.
 */
export function batchNorm2dGradient(
  dy: usize,
  x: usize,
  y: usize,
  mean: usize,
  scale: usize,
  weight: usize,
  dx: usize,
  dweight: usize,
  dbias: usize,
  dresidual: usize,
  rows: i32,
  n: i32,
  scratch: usize,
): void {
  put(DY, dy);
  put(X, x);
  put(Y, y);
  put(MEAN, mean);
  put(SCALE, scale);
  put(WEIGHT, weight);
  put(DX, dx);
  put(DWEIGHT, dweight);
  put(DBIAS, dbias);
  put(DRESIDUAL, dresidual);
  put(ROWS, rows);
  put(COLUMNS, n);
  put(PARTS, scratch);
  putFloat(COUNT, <f32>rows);
  const tasks = blocks(rows);
  parallel(NORM_GRADIENT_SUMS, tasks);
  addUp(dbias, scratch, tasks, n, 2 * n);
  addUp(dweight, scratch + ((<usize>n) << 2), tasks, n, 2 * n);
  parallel(NORM_GRADIENT, tasks);
}

/** dy where the ReLU let through, else 0. */
function passed(dy: v128, y: usize, j: usize, whole: usize, rest: i32): v128 {
  return v128.and(dy, f32x4.gt(part(y, j, whole, rest), f32x4.splat(0)));
}

export function normGradientSumsTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const ld = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const sums = get(PARTS) + <usize>(2 * task) * ld;
  const along = sums + ld;
  memory.fill(sums, 0, 2 * ld);
  const mean = get(MEAN);
  const scale = get(SCALE);
  const relu = get(Y) != 0;
  const to = <usize>min((task + 1) * BLOCK, <i32>get(ROWS)) * ld;
  for (let row = <usize>(task * BLOCK) * ld; row < to; row += ld) {
    const x = get(X) + row;
    for (let j: usize = 0; j < ld; j += 16) {
      let d = part(get(DY) + row, j, whole, rest);
      if (relu) d = passed(d, get(Y) + row, j, whole, rest);
      const normal = f32x4.mul(
        f32x4.sub(part(x, j, whole, rest), part(mean, j, whole, rest)),
        part(scale, j, whole, rest),
      );
      keep(sums, j, whole, rest, f32x4.add(part(sums, j, whole, rest), d));
      keep(along, j, whole, rest, madd(d, normal, part(along, j, whole, rest)));
    }
  }
}

export function normGradientTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const ld = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const mean = get(MEAN);
  const scale = get(SCALE);
  const relu = get(Y) != 0;
  const added = get(DRESIDUAL) != 0;
  const count = f32x4.splat(getFloat(COUNT));
  const to = <usize>min((task + 1) * BLOCK, <i32>get(ROWS)) * ld;
  for (let row = <usize>(task * BLOCK) * ld; row < to; row += ld) {
    const x = get(X) + row;
    for (let j: usize = 0; j < ld; j += 16) {
      let d = part(get(DY) + row, j, whole, rest);
      if (relu) d = passed(d, get(Y) + row, j, whole, rest);
      if (added) keep(get(DRESIDUAL) + row, j, whole, rest, d);
      const spread = part(scale, j, whole, rest);
      const normal = f32x4.mul(f32x4.sub(part(x, j, whole, rest), part(mean, j, whole, rest)), spread);
      const sum = f32x4.div(part(get(DBIAS), j, whole, rest), count);
      const along = f32x4.div(part(get(DWEIGHT), j, whole, rest), count);
      const own = f32x4.sub(f32x4.sub(d, sum), f32x4.mul(normal, along));
      keep(
        get(DX) + row,
        j,
        whole,
        rest,
        f32x4.mul(own, f32x4.mul(spread, part(get(WEIGHT), j, whole, rest))),
      );
    }
  }
}
