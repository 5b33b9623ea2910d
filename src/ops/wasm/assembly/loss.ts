/** The teacher's targets, the loss over all pairs of views, and the loss's gradient, a row of logits at a time. */
import { exponentials, log, PIECE } from './functions.ts';
import { get, getFloat, parallel, put, putFloat, room } from './pool.ts';
import { LOSS, LOSS_GRADIENT, TARGETS } from './tasks.ts';
import { keep, largest, madd, part, total } from './vectors.ts';

const LOGITS: usize = 0;
const WANTED: usize = 1;
const RESULT: usize = 2;
const STATISTICS: usize = 3;
const PROTOTYPES: usize = 4;
const BATCH: usize = 5;
const FACTOR: usize = 6;
const SCALE: usize = 7;

/** result [rows, k] = softmax of the rows of (logits − center)·factor; a center of address 0 is 0. */
export function targets(logits: usize, center: usize, result: usize, rows: i32, k: i32, factor: f32): void {
  put(LOGITS, logits);
  put(WANTED, center);
  put(RESULT, result);
  put(PROTOTYPES, k);
  putFloat(FACTOR, factor);
  parallel(TARGETS, rows);
}

export function targetsTask(row: i32): void {
  const k = <i32>get(PROTOTYPES);
  const end = (<usize>k) << 2;
  const rest = k & 3;
  const whole = (<usize>(k - rest)) << 2;
  const factor = f32x4.splat(getFloat(FACTOR));
  const x = get(LOGITS) + <usize>row * end;
  const y = get(RESULT) + <usize>row * end;
  const center = get(WANTED);
  for (let j: usize = 0; j < end; j += 16) {
    let z = part(x, j, whole, rest);
    if (center) z = f32x4.sub(z, part(center, j, whole, rest));
    keep(y, j, whole, rest, f32x4.mul(z, factor));
  }
  const shift = most(y, end, whole, rest, f32x4.splat(1));
  let sum: f32 = 0;
  for (let from: usize = 0; from < end; from += PIECE) {
    const bytes = min(PIECE, end - from);
    sum += exponentialsOf(y + from, bytes, 1, shift);
    memory.copy(y + from, room(), bytes);
  }
  const by = f32x4.splat(<f32>1 / sum);
  for (let j: usize = 0; j < end; j += 16) keep(y, j, whole, rest, f32x4.mul(part(y, j, whole, rest), by));
}

/** This thread's room = e^(x·factor − shift) for a piece of a row; returns the sum. */
function exponentialsOf(x: usize, bytes: usize, factor: f32, shift: f32): f32 {
  memory.copy(room(), x, bytes);
  for (let at = bytes; at & 15; at += 4) store<f32>(room() + at, -f32.MAX_VALUE);
  return exponentials(room(), room(), bytes, factor, shift);
}

/** The largest of a row's values times `factor`. */
function most(row: usize, end: usize, whole: usize, rest: i32, factor: v128): f32 {
  let found = f32x4.splat(-f32.MAX_VALUE);
  for (let j: usize = 0; j < whole; j += 16) found = f32x4.pmax(found, f32x4.mul(v128.load(row + j), factor));
  let top = largest(found);
  for (let j = whole; j < end; j += 4) {
    const value = load<f32>(row + j) * f32x4.extract_lane(factor, 0);
    if (value > top) top = value;
  }
  return top;
}

/** What a student's row is to learn: the teacher's row of the other global view, or both for a local view. */
function wanted(first: usize, second: usize, j: usize, whole: usize, rest: i32): v128 {
  const a = first ? part(first, j, whole, rest) : f32x4.splat(0);
  return second ? f32x4.add(a, part(second, j, whole, rest)) : a;
}

function firstOf(row: i32): usize {
  const batch = <i32>get(BATCH);
  return row < batch ? 0 : get(WANTED) + <usize>((row % batch) * <i32>get(PROTOTYPES)) * 4;
}

function secondOf(row: i32): usize {
  const batch = <i32>get(BATCH);
  const isSecond = row >= batch && row < 2 * batch;
  return isSecond ? 0 : get(WANTED) + <usize>((batch + (row % batch)) * <i32>get(PROTOTYPES)) * 4;
}

/**
 * loss [1] = scale · Σ over rows of −Σ wanted · log softmax(student·factor), and statistics [rows, 3]: the largest of
 * student·factor, the logarithm of Σ exp below it, Σ wanted. student [views·batch, k], teacher [2·batch, k].
 */
export function crossViewLoss(
  student: usize,
  teacher: usize,
  loss: usize,
  statistics: usize,
  rows: i32,
  k: i32,
  batch: i32,
  factor: f32,
  scale: f32,
  scratch: usize,
): void {
  put(LOGITS, student);
  put(WANTED, teacher);
  put(RESULT, scratch);
  put(STATISTICS, statistics);
  put(PROTOTYPES, k);
  put(BATCH, batch);
  putFloat(FACTOR, factor);
  parallel(LOSS, rows);
  let sum: f32 = 0;
  for (let i = 0; i < rows; i++) sum += load<f32>(scratch + (i << 2));
  store<f32>(loss, sum * scale);
}

export function lossTask(row: i32): void {
  const k = <i32>get(PROTOTYPES);
  const end = (<usize>k) << 2;
  const rest = k & 3;
  const whole = (<usize>(k - rest)) << 2;
  const factor = f32x4.splat(getFloat(FACTOR));
  const x = get(LOGITS) + <usize>row * end;
  const first = firstOf(row);
  const second = secondOf(row);
  const top = most(x, end, whole, rest, factor);
  const shift = f32x4.splat(top);
  let sum: f32 = 0;
  for (let from: usize = 0; from < end; from += PIECE)
    sum += exponentialsOf(x + from, min(PIECE, end - from), getFloat(FACTOR), top);
  let terms = f32x4.splat(0);
  let along = f32x4.splat(0);
  for (let j: usize = 0; j < end; j += 16) {
    const z = f32x4.sub(f32x4.mul(part(x, j, whole, rest), factor), shift);
    const q = wanted(first, second, j, whole, rest);
    terms = f32x4.add(terms, q);
    along = madd(q, z, along);
  }
  const logarithm = log(sum);
  const count = total(terms);
  const statistics = get(STATISTICS) + <usize>row * 12;
  store<f32>(statistics, top);
  store<f32>(statistics, logarithm, 4);
  store<f32>(statistics, count, 8);
  store<f32>(get(RESULT) + (row << 2), logarithm * count - total(along));
}

/** dstudent = (softmax(student·factor)·Σ wanted − wanted)·scale, with the statistics of `crossViewLoss`. */
export function crossViewLossGradient(
  student: usize,
  teacher: usize,
  statistics: usize,
  dstudent: usize,
  rows: i32,
  k: i32,
  batch: i32,
  factor: f32,
  scale: f32,
): void {
  put(LOGITS, student);
  put(WANTED, teacher);
  put(STATISTICS, statistics);
  put(RESULT, dstudent);
  put(PROTOTYPES, k);
  put(BATCH, batch);
  putFloat(FACTOR, factor);
  putFloat(SCALE, scale);
  parallel(LOSS_GRADIENT, rows);
}

export function lossGradientTask(row: i32): void {
  const k = <i32>get(PROTOTYPES);
  const end = (<usize>k) << 2;
  const rest = k & 3;
  const whole = (<usize>(k - rest)) << 2;
  const scale = f32x4.splat(getFloat(SCALE));
  const x = get(LOGITS) + <usize>row * end;
  const dx = get(RESULT) + <usize>row * end;
  const first = firstOf(row);
  const second = secondOf(row);
  const statistics = get(STATISTICS) + <usize>row * 12;
  const shift = load<f32>(statistics) + load<f32>(statistics, 4);
  const terms = v128.load32_splat(statistics, 8);
  for (let from: usize = 0; from < end; from += PIECE) {
    const to = min(end, from + PIECE);
    exponentialsOf(x + from, to - from, getFloat(FACTOR), shift);
    for (let j = from; j < to; j += 16) {
      const p = v128.load(room() + (j - from));
      const own = f32x4.sub(f32x4.mul(p, terms), wanted(first, second, j, whole, rest));
      keep(dx, j, whole, rest, f32x4.mul(own, scale));
    }
  }
}
