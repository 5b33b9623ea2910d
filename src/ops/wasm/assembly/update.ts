/** The optimizer's loops over one parameter's values, in place. */
import { get, getFloat, parallel, put, putFloat } from './pool.ts';
import { ADAM, BLEND, SGD, SQUARES } from './tasks.ts';
import { keep, madd, part, total } from './vectors.ts';

const PARAMETER: usize = 0;
const GRADIENT: usize = 1;
const FIRST: usize = 2;
const SECOND: usize = 3;
const COUNT: usize = 4;
const COEFFICIENT: usize = 5;
const DECAY: usize = 6;
const KEPT: usize = 7;
const BETA1: usize = 8;
const BETA2: usize = 9;
const REST1: usize = 10;
const REST2: usize = 11;
const STEP: usize = 12;
const CORRECTION: usize = 13;
const EPSILON: usize = 14;

/** Values of a task; the squares are summed in blocks of as many, whatever the number of threads. */
const BLOCK: i32 = 16_384;

function blocks(count: i32): i32 {
  return (count + BLOCK - 1) / BLOCK;
}

/** Bytes of this task's values, and of those before it. */
function bytesOf(task: i32): usize {
  return (<usize>min(BLOCK, <i32>get(COUNT) - task * BLOCK)) << 2;
}

function before(task: i32): usize {
  return (<usize>(task * BLOCK)) << 2;
}

/** Bytes of scratch that `squares` needs. */
export function squaresScratch(count: i32): usize {
  return (<usize>blocks(count)) << 2;
}

/** The sum of the squares of `count` values. */
export function squares(values: usize, count: i32, scratch: usize): f64 {
  put(PARAMETER, values);
  put(COUNT, count);
  put(SECOND, scratch);
  parallel(SQUARES, blocks(count));
  let sum: f64 = 0;
  for (let i = 0; i < blocks(count); i++) sum += load<f32>(scratch + (i << 2));
  return sum;
}

export function squaresTask(task: i32): void {
  const values = get(PARAMETER) + before(task);
  const end = bytesOf(task);
  const rest = <i32>((end >> 2) & 3);
  const whole = end & ~15;
  let sums = f32x4.splat(0);
  for (let j: usize = 0; j < end; j += 16) {
    const x = part(values, j, whole, rest);
    sums = madd(x, x, sums);
  }
  store<f32>(get(SECOND) + (task << 2), total(sums));
}

/** target = target·own + other·added. */
export function blend(target: usize, other: usize, count: i32, own: f32, added: f32): void {
  put(PARAMETER, target);
  put(GRADIENT, other);
  put(COUNT, count);
  putFloat(BETA1, own);
  putFloat(REST1, added);
  parallel(BLEND, blocks(count));
}

export function blendTask(task: i32): void {
  const target = get(PARAMETER) + before(task);
  const other = get(GRADIENT) + before(task);
  const end = bytesOf(task);
  const rest = <i32>((end >> 2) & 3);
  const whole = end & ~15;
  const own = f32x4.splat(getFloat(BETA1));
  const added = f32x4.splat(getFloat(REST1));
  for (let j: usize = 0; j < end; j += 16) {
    const blended = f32x4.add(
      f32x4.mul(part(target, j, whole, rest), own),
      f32x4.mul(part(other, j, whole, rest), added),
    );
    keep(target, j, whole, rest, blended);
  }
}

/** The formulas of optimizers.ts: rest1 is 1 − β₁, rest2 is 1 − β₂, `kept` what decoupled decay leaves of a parameter. */
export function adam(
  parameter: usize,
  gradient: usize,
  first: usize,
  second: usize,
  count: i32,
  coefficient: f32,
  decay: f32,
  kept: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  step: f32,
  correction: f32,
  epsilon: f32,
): void {
  put(PARAMETER, parameter);
  put(GRADIENT, gradient);
  put(FIRST, first);
  put(SECOND, second);
  put(COUNT, count);
  putFloat(COEFFICIENT, coefficient);
  putFloat(DECAY, decay);
  putFloat(KEPT, kept);
  putFloat(BETA1, beta1);
  putFloat(REST1, rest1);
  putFloat(BETA2, beta2);
  putFloat(REST2, rest2);
  putFloat(STEP, step);
  putFloat(CORRECTION, correction);
  putFloat(EPSILON, epsilon);
  parallel(ADAM, blocks(count));
}

export function adamTask(task: i32): void {
  const parameter = get(PARAMETER) + before(task);
  const gradient = get(GRADIENT) + before(task);
  const first = get(FIRST) + before(task);
  const second = get(SECOND) + before(task);
  const end = bytesOf(task);
  const rest = <i32>((end >> 2) & 3);
  const whole = end & ~15;
  const coefficient = f32x4.splat(getFloat(COEFFICIENT));
  const decay = f32x4.splat(getFloat(DECAY));
  const kept = f32x4.splat(getFloat(KEPT));
  const beta1 = f32x4.splat(getFloat(BETA1));
  const rest1 = f32x4.splat(getFloat(REST1));
  const beta2 = f32x4.splat(getFloat(BETA2));
  const rest2 = f32x4.splat(getFloat(REST2));
  const step = f32x4.splat(getFloat(STEP));
  const correction = f32x4.splat(getFloat(CORRECTION));
  const epsilon = f32x4.splat(getFloat(EPSILON));
  for (let j: usize = 0; j < end; j += 16) {
    const p = part(parameter, j, whole, rest);
    const g = madd(p, decay, f32x4.mul(part(gradient, j, whole, rest), coefficient));
    const m = madd(part(first, j, whole, rest), beta1, f32x4.mul(g, rest1));
    const v = madd(part(second, j, whole, rest), beta2, f32x4.mul(f32x4.mul(g, g), rest2));
    const move = f32x4.div(m, madd(f32x4.sqrt(v), correction, epsilon));
    keep(first, j, whole, rest, m);
    keep(second, j, whole, rest, v);
    keep(parameter, j, whole, rest, f32x4.sub(f32x4.mul(p, kept), f32x4.mul(move, step)));
  }
}

export function sgd(
  parameter: usize,
  gradient: usize,
  buffer: usize,
  count: i32,
  coefficient: f32,
  decay: f32,
  momentum: f32,
  step: f32,
): void {
  put(PARAMETER, parameter);
  put(GRADIENT, gradient);
  put(FIRST, buffer);
  put(COUNT, count);
  putFloat(COEFFICIENT, coefficient);
  putFloat(DECAY, decay);
  putFloat(BETA1, momentum);
  putFloat(STEP, step);
  parallel(SGD, blocks(count));
}

export function sgdTask(task: i32): void {
  const parameter = get(PARAMETER) + before(task);
  const gradient = get(GRADIENT) + before(task);
  const buffer = get(FIRST) + before(task);
  const end = bytesOf(task);
  const rest = <i32>((end >> 2) & 3);
  const whole = end & ~15;
  const coefficient = f32x4.splat(getFloat(COEFFICIENT));
  const decay = f32x4.splat(getFloat(DECAY));
  const momentum = f32x4.splat(getFloat(BETA1));
  const step = f32x4.splat(getFloat(STEP));
  for (let j: usize = 0; j < end; j += 16) {
    const p = part(parameter, j, whole, rest);
    const g = madd(p, decay, f32x4.mul(part(gradient, j, whole, rest), coefficient));
    const b = madd(part(buffer, j, whole, rest), momentum, g);
    keep(buffer, j, whole, rest, b);
    keep(parameter, j, whole, rest, f32x4.sub(p, f32x4.mul(b, step)));
  }
}
