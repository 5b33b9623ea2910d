/** Layer normalisation of rows, and its gradient. */
import { get, getFloat, parallel, put, putFloat } from './pool.ts';
import { LAYER_NORM, LAYER_NORM_GRADIENT } from './tasks.ts';
import { keep, lanes, madd, part, total } from './vectors.ts';

const X: usize = 0;
const WEIGHT: usize = 1;
const BIAS: usize = 2;
const Y: usize = 3;
const MEAN: usize = 4;
const SCALE: usize = 5;
const ROWS: usize = 6;
const DIM: usize = 7;
const EPSILON: usize = 8;
const DY: usize = 9;
const SUMS: usize = 10;
const BESIDE: usize = 11;

/** Rows of a task; the sums of the gradient are made in blocks of as many, whatever the number of threads. */
const BLOCK: i32 = 64;

/** y [rows, dim] = (x − mean)·scale·weight + bias; mean [rows], scale [rows] = 1/√(variance + epsilon). */
export function layerNorm(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  mean: usize,
  scale: usize,
  rows: i32,
  dim: i32,
  epsilon: f32,
): void {
  put(X, x);
  put(WEIGHT, weight);
  put(BIAS, bias);
  put(Y, y);
  put(MEAN, mean);
  put(SCALE, scale);
  put(ROWS, rows);
  put(DIM, dim);
  putFloat(EPSILON, epsilon);
  parallel(LAYER_NORM, blocks(rows));
}

function blocks(rows: i32): i32 {
  return (rows + BLOCK - 1) / BLOCK;
}

export function layerNormTask(task: i32): void {
  const dim = <i32>get(DIM);
  const end = (<usize>dim) << 2;
  const rest = dim & 3;
  const whole = (<usize>(dim - rest)) << 2;
  const inside = lanes(rest);
  const weight = get(WEIGHT);
  const bias = get(BIAS);
  const from = task * BLOCK;
  const to = min(<i32>get(ROWS), from + BLOCK);
  for (let row = from; row < to; row++) {
    const x = get(X) + <usize>row * end;
    const y = get(Y) + <usize>row * end;
    let sum = f32x4.splat(0);
    for (let j: usize = 0; j < end; j += 16) sum = f32x4.add(sum, part(x, j, whole, rest));
    const mean = total(sum) / <f32>dim;
    const middle = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let j: usize = 0; j < end; j += 16) {
      let centered = f32x4.sub(part(x, j, whole, rest), middle);
      if (j >= whole) centered = v128.and(centered, inside);
      squares = madd(centered, centered, squares);
    }
    const scale = <f32>1 / sqrt<f32>(total(squares) / <f32>dim + getFloat(EPSILON));
    const by = f32x4.splat(scale);
    for (let j: usize = 0; j < end; j += 16) {
      const normal = f32x4.mul(f32x4.sub(part(x, j, whole, rest), middle), by);
      keep(y, j, whole, rest, madd(normal, part(weight, j, whole, rest), part(bias, j, whole, rest)));
    }
    store<f32>(get(MEAN) + (row << 2), mean);
    store<f32>(get(SCALE) + (row << 2), scale);
  }
}

/** Bytes of scratch that `layerNormGradient` needs: for each block of rows a row of sums for weight and bias. */
export function layerNormScratch(rows: i32, dim: i32): usize {
  return <usize>blocks(rows) * dim * 8;
}

/**
 * dy, x [rows, dim], and what `layerNorm` was given and gave → dx [rows, dim], dweight and dbias [dim]. `beside`
 * [rows, dim] is added to dx; 0 where there is none.
 */
export function layerNormGradient(
  dy: usize,
  beside: usize,
  x: usize,
  mean: usize,
  scale: usize,
  weight: usize,
  dx: usize,
  dweight: usize,
  dbias: usize,
  rows: i32,
  dim: i32,
  scratch: usize,
): void {
  put(DY, dy);
  put(BESIDE, beside);
  put(X, x);
  put(MEAN, mean);
  put(SCALE, scale);
  put(WEIGHT, weight);
  put(Y, dx);
  put(ROWS, rows);
  put(DIM, dim);
  put(SUMS, scratch);
  parallel(LAYER_NORM_GRADIENT, blocks(rows));
  const bytes = (<usize>dim) << 2;
  memory.copy(dweight, scratch, bytes);
  memory.copy(dbias, scratch + bytes, bytes);
  for (let i = 1; i < blocks(rows); i++) {
    const sums = scratch + <usize>i * 2 * bytes;
    addTo(dweight, sums, bytes);
    addTo(dbias, sums + bytes, bytes);
  }
}

function addTo(a: usize, b: usize, bytes: usize): void {
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) v128.store(a + j, f32x4.add(v128.load(a + j), v128.load(b + j)));
  for (; j < bytes; j += 4) store<f32>(a + j, load<f32>(a + j) + load<f32>(b + j));
}

export function layerNormGradientTask(task: i32): void {
  const dim = <i32>get(DIM);
  const end = (<usize>dim) << 2;
  const rest = dim & 3;
  const whole = (<usize>(dim - rest)) << 2;
  const weight = get(WEIGHT);
  const besides = get(BESIDE);
  const dweight = get(SUMS) + <usize>task * 2 * end;
  const dbias = dweight + end;
  memory.fill(dweight, 0, 2 * end);
  const from = task * BLOCK;
  const to = min(<i32>get(ROWS), from + BLOCK);
  for (let row = from; row < to; row++) {
    const x = get(X) + <usize>row * end;
    const dy = get(DY) + <usize>row * end;
    const dx = get(Y) + <usize>row * end;
    const beside = besides + <usize>row * end;
    const middle = v128.load32_splat(get(MEAN) + (row << 2));
    const scale = v128.load32_splat(get(SCALE) + (row << 2));
    let sum = f32x4.splat(0);
    let along = f32x4.splat(0);
    for (let j: usize = 0; j < end; j += 16) {
      const d = part(dy, j, whole, rest);
      const normal = f32x4.mul(f32x4.sub(part(x, j, whole, rest), middle), scale);
      const dn = f32x4.mul(d, part(weight, j, whole, rest));
      sum = f32x4.add(sum, dn);
      along = madd(dn, normal, along);
      keep(dweight, j, whole, rest, madd(d, normal, part(dweight, j, whole, rest)));
      keep(dbias, j, whole, rest, f32x4.add(d, part(dbias, j, whole, rest)));
    }
    const meanSum = f32x4.splat(total(sum) / <f32>dim);
    const meanAlong = f32x4.splat(total(along) / <f32>dim);
    for (let j: usize = 0; j < end; j += 16) {
      const normal = f32x4.mul(f32x4.sub(part(x, j, whole, rest), middle), scale);
      const dn = f32x4.mul(part(dy, j, whole, rest), part(weight, j, whole, rest));
      const own = f32x4.sub(f32x4.sub(dn, meanSum), f32x4.mul(normal, meanAlong));
      let value = f32x4.mul(own, scale);
      if (besides) value = f32x4.add(value, part(beside, j, whole, rest));
      keep(dx, j, whole, rest, value);
    }
  }
}
