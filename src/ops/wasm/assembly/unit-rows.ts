/** Rows over their norms, times a gain or not, and the gradient. */
import { get, getFloat, parallel, put, putFloat } from './pool.ts';
import { UNIT_ROWS, UNIT_ROWS_GRADIENT } from './tasks.ts';
import { keep, madd, part, total } from './vectors.ts';

const X: usize = 0;
const GAIN: usize = 1;
const Y: usize = 2;
const NORMS: usize = 3;
const ROWS: usize = 4;
const COLUMNS: usize = 5;
const FLOOR: usize = 6;
const DY: usize = 7;
const DX: usize = 8;
const DGAIN: usize = 9;
const IS_UNIT: usize = 10;

/** Rows of a task. */
const BLOCK: i32 = 16;

/** norms [rows] = max(‖x‖, floor), y [rows, n] = gain·x/norm row by row; a gain of address 0 is 1. */
export function unitRows(x: usize, gain: usize, y: usize, norms: usize, rows: i32, n: i32, floor: f32): void {
  put(X, x);
  put(GAIN, gain);
  put(Y, y);
  put(NORMS, norms);
  put(ROWS, rows);
  put(COLUMNS, n);
  putFloat(FLOOR, floor);
  parallel(UNIT_ROWS, (rows + BLOCK - 1) / BLOCK);
}

export function unitRowsTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const end = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const from = task * BLOCK;
  const to = min(<i32>get(ROWS), from + BLOCK);
  for (let row = from; row < to; row++) {
    const x = get(X) + <usize>row * end;
    const y = get(Y) + <usize>row * end;
    let squares = f32x4.splat(0);
    for (let j: usize = 0; j < end; j += 16) {
      const values = part(x, j, whole, rest);
      squares = madd(values, values, squares);
    }
    const length = sqrt<f32>(total(squares));
    const norm = length < getFloat(FLOOR) ? getFloat(FLOOR) : length;
    store<f32>(get(NORMS) + (row << 2), norm);
    const gain = get(GAIN) == 0 ? <f32>1 : load<f32>(get(GAIN) + (row << 2));
    const by = f32x4.splat(gain / norm);
    for (let j: usize = 0; j < end; j += 16) keep(y, j, whole, rest, f32x4.mul(part(x, j, whole, rest), by));
  }
}

/**
 * dx [rows, n], and dgain [rows] where there is a gain, out of dy [rows, n], the norms, and x: either what `unitRows`
 * was given, or the unit rows that it gave if `isUnit`.
 */
export function unitRowsGradient(
  dy: usize,
  x: usize,
  isUnit: i32,
  gain: usize,
  norms: usize,
  dx: usize,
  dgain: usize,
  rows: i32,
  n: i32,
): void {
  put(DY, dy);
  put(X, x);
  put(IS_UNIT, isUnit);
  put(GAIN, gain);
  put(NORMS, norms);
  put(DX, dx);
  put(DGAIN, dgain);
  put(ROWS, rows);
  put(COLUMNS, n);
  parallel(UNIT_ROWS_GRADIENT, (rows + BLOCK - 1) / BLOCK);
}

export function unitRowsGradientTask(task: i32): void {
  const n = <i32>get(COLUMNS);
  const end = (<usize>n) << 2;
  const rest = n & 3;
  const whole = (<usize>(n - rest)) << 2;
  const from = task * BLOCK;
  const to = min(<i32>get(ROWS), from + BLOCK);
  for (let row = from; row < to; row++) {
    const x = get(X) + <usize>row * end;
    const dy = get(DY) + <usize>row * end;
    const dx = get(DX) + <usize>row * end;
    const norm = load<f32>(get(NORMS) + (row << 2));
    const inverse = f32x4.splat(get(IS_UNIT) ? 1 : <f32>1 / norm);
    let sums = f32x4.splat(0);
    for (let j: usize = 0; j < end; j += 16)
      sums = madd(part(dy, j, whole, rest), f32x4.mul(part(x, j, whole, rest), inverse), sums);
    const along = total(sums);
    const gain = get(GAIN) == 0 ? <f32>1 : load<f32>(get(GAIN) + (row << 2));
    if (get(DGAIN)) store<f32>(get(DGAIN) + (row << 2), along);
    const by = f32x4.splat(gain / norm);
    const mean = f32x4.splat(along);
    for (let j: usize = 0; j < end; j += 16) {
      const unit = f32x4.mul(part(x, j, whole, rest), inverse);
      const across = f32x4.sub(part(dy, j, whole, rest), f32x4.mul(unit, mean));
      keep(dx, j, whole, rest, f32x4.mul(across, by));
    }
  }
}
