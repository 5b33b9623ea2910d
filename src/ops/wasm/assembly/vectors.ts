/** Four floats at a time: multiply-add, sums, and the ends of rows that are no multiple of four. */

/** a·b + c, in one rounding where the processor has it. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b, in one rounding where the processor has it. */
export function nmadd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** The sum of the four. */
export function total(x: v128): f32 {
  const pairs = f32x4.add(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of the four. */
export function largest(x: v128): f32 {
  const pairs = f32x4.pmax(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  const first = f32x4.extract_lane(pairs, 0);
  const second = f32x4.extract_lane(pairs, 1);
  return first < second ? second : first;
}

/** 1 to 3 values from memory, the others 0. */
export function loadPart(address: usize, count: usize): v128 {
  let x = v128.load32_zero(address);
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(address, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(address, 8));
  return x;
}

/** The first 1 to 3 values to memory. */
export function storePart(address: usize, x: v128, count: usize): void {
  store<f32>(address, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(address, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(address, f32x4.extract_lane(x, 2), 8);
}

/**
 * The values at byte `at` of a row whose whole vectors end at `whole`; behind it lie `rest` values, and 0 beyond. One
 * place for both kinds of vectors keeps the loops short enough to be inlined.
 */
export function part(row: usize, at: usize, whole: usize, rest: i32): v128 {
  return at < whole ? v128.load(row + at) : loadPart(row + at, rest);
}

/** Stores what `part` would read. */
export function keep(row: usize, at: usize, whole: usize, rest: i32, values: v128): void {
  if (at < whole) v128.store(row + at, values);
  else storePart(row + at, values, rest);
}

/** All ones in the lanes before `rest`. */
export function lanes(rest: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rest));
}
