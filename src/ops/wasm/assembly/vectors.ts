/** Four floats at a time: multiply-add, sums, and the transcendental functions of the network. */

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

/**
 * eˣ. Below −87.3, where the result leaves the normal numbers, it is 0; above 88.3 it stays there; NaN stays NaN.
 * x = n·ln 2 + r, and eʳ = 1 + r + r²·p(r) with p by the Remez algorithm on |r| ≤ ln 2 / 2 (relative error 3.1e-9
 * before rounding; the worst found in floats is 1.2e-7).
 */
export function exp(x: v128): v128 {
  const low = f32x4.splat(-87.3);
  // The order of the operands keeps NaN.
  const held = f32x4.pmin(f32x4.pmax(x, low), f32x4.splat(88.3));
  const n = f32x4.nearest(f32x4.mul(held, f32x4.splat(1.44269504)));
  // ln 2 in two parts, the first so short that n times it is exact.
  const r = nmadd(n, f32x4.splat(-0.00021219444), nmadd(n, f32x4.splat(0.693359375), held));
  let p = madd(f32x4.splat(0.001381459854), r, f32x4.splat(0.008368716881));
  p = madd(p, r, f32x4.splat(0.04166838805));
  p = madd(p, r, f32x4.splat(0.1666652063));
  p = madd(p, r, f32x4.splat(0.4999999345));
  const y = f32x4.add(madd(f32x4.mul(r, r), p, r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(y, power), f32x4.lt(x, low));
}

/**
 * ln x for normal x > 0. x = 2ⁿ·m with m in [√½, √2), and ln m = 2s + s³·p(s²) with s = (m − 1)/(m + 1): the series of
 * artanh with its coefficients by the Remez algorithm (relative error 8e-10 before rounding).
 */
export function log(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  // 0x3f3504f3 is √½: what is above it in the exponent is n.
  const n = (bits - 0x3f35_04f3) >> 23;
  const m = reinterpret<f32>(bits - (n << 23));
  const s = (m - 1) / (m + 1);
  const q = s * s;
  const p: f32 = 0.6666677615 + q * (0.3997756484 + q * <f32>0.2987120599);
  return <f32>n * <f32>0.693147181 + (2 * s + s * q * p);
}

/** e^(−x²/2), what the normal density and the tail of the distribution have in common. */
export function bell(x: v128): v128 {
  return exp(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

/**
 * The normal distribution function Φ(x), given bell(x). With z = |x| and t = 1/(1 + 0.23 z), Φ(−z) = bell·q(t), q of
 * degree 8 without a constant term by the Remez algorithm on z ≤ 10 (relative error 3.9e-8 before rounding), the form of
 * Abramowitz & Stegun 26.2.17; Φ(z) = 1 − Φ(−z).
 */
export function normalCdf(x: v128, bellOfX: v128): v128 {
  const t = f32x4.div(f32x4.splat(1), madd(f32x4.abs(x), f32x4.splat(0.23), f32x4.splat(1)));
  let q = madd(f32x4.splat(-0.0767366821), t, f32x4.splat(0.28146613));
  q = madd(q, t, f32x4.splat(-0.258300189));
  q = madd(q, t, f32x4.splat(0.276910848));
  q = madd(q, t, f32x4.splat(-0.0143356029));
  q = madd(q, t, f32x4.splat(0.110729113));
  q = madd(q, t, f32x4.splat(0.0882939792));
  q = madd(q, t, f32x4.splat(0.0919723844));
  const tail = f32x4.mul(f32x4.mul(q, t), bellOfX);
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

/** GELU(x) = x·Φ(x). */
export function gelu(x: v128): v128 {
  return f32x4.mul(x, normalCdf(x, bell(x)));
}

/** GELU′(x) = Φ(x) + x·φ(x). */
export function geluSlope(x: v128): v128 {
  const b = bell(x);
  return madd(f32x4.mul(x, f32x4.splat(0.39894228)), b, normalCdf(x, b));
}
