/** The transcendental functions of the network, four floats at a time. */
import { madd, nmadd } from './vectors.ts';

// V8 makes a vector constant out of four moves wherever it is used, also in a loop: half of the time of a GELU went
// there. A broadcast from memory is one load, so the constants lie in a table. Offsets in bytes:
const LOW: usize = 0;
const HIGH: usize = 4;
const LOG2_E: usize = 8;
const LN2_HIGH: usize = 12;
const LN2_LOW: usize = 16;
const E6: usize = 20;
const E5: usize = 24;
const E4: usize = 28;
const E3: usize = 32;
const E2: usize = 36;
const ONE: usize = 40;
const BIAS: usize = 44;
const MINUS_HALF: usize = 48;
const SLOPE: usize = 52;
const Q8: usize = 56;
const Q7: usize = 60;
const Q6: usize = 64;
const Q5: usize = 68;
const Q4: usize = 72;
const Q3: usize = 76;
const Q2: usize = 80;
const Q1: usize = 84;
const DENSITY: usize = 88;

/** Writes the table, of 92 bytes. */
export function fillTable(table: usize): void {
  store<f32>(table, -87.3, LOW);
  store<f32>(table, 88.3, HIGH);
  store<f32>(table, 1.44269504, LOG2_E);
  // ln 2 in two parts, the first so short that a small whole number times it is exact.
  store<f32>(table, 0.693359375, LN2_HIGH);
  store<f32>(table, -0.00021219444, LN2_LOW);
  store<f32>(table, 0.001381459854, E6);
  store<f32>(table, 0.008368716881, E5);
  store<f32>(table, 0.04166838805, E4);
  store<f32>(table, 0.1666652063, E3);
  store<f32>(table, 0.4999999345, E2);
  store<f32>(table, 1, ONE);
  store<i32>(table, 127, BIAS);
  store<f32>(table, -0.5, MINUS_HALF);
  store<f32>(table, 0.23, SLOPE);
  store<f32>(table, -0.0767366821, Q8);
  store<f32>(table, 0.28146613, Q7);
  store<f32>(table, -0.258300189, Q6);
  store<f32>(table, 0.276910848, Q5);
  store<f32>(table, -0.0143356029, Q4);
  store<f32>(table, 0.110729113, Q3);
  store<f32>(table, 0.0882939792, Q2);
  store<f32>(table, 0.0919723844, Q1);
  // 1/√(2π)
  store<f32>(table, 0.39894228, DENSITY);
}

function constant(table: usize, offset: usize): v128 {
  return v128.load32_splat(table + offset);
}

/**
 * eˣ. Below −87.3, where the result leaves the normal numbers, it is 0; above 88.3 it stays there; NaN stays NaN.
 * x = n·ln 2 + r, and eʳ = 1 + r + r²·p(r) with p by the Remez algorithm on |r| ≤ ln 2 / 2 (relative error 3.1e-9
 * before rounding).
 */
export function exp(x: v128, table: usize): v128 {
  const low = constant(table, LOW);
  // The order of the operands keeps NaN.
  const held = f32x4.pmin(f32x4.pmax(x, low), constant(table, HIGH));
  const n = f32x4.nearest(f32x4.mul(held, constant(table, LOG2_E)));
  const r = nmadd(n, constant(table, LN2_LOW), nmadd(n, constant(table, LN2_HIGH), held));
  let p = madd(constant(table, E6), r, constant(table, E5));
  p = madd(p, r, constant(table, E4));
  p = madd(p, r, constant(table, E3));
  p = madd(p, r, constant(table, E2));
  const y = f32x4.add(madd(f32x4.mul(r, r), p, r), constant(table, ONE));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), constant(table, BIAS)), 23);
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
function bell(x: v128, table: usize): v128 {
  return exp(f32x4.mul(f32x4.mul(x, x), constant(table, MINUS_HALF)), table);
}

/**
 * The normal distribution function Φ(x), given bell(x). With z = |x| and t = 1/(1 + 0.23 z), Φ(−z) = bell·q(t), q of
 * degree 8 without a constant term by the Remez algorithm on z ≤ 10 (relative error 3.9e-8 before rounding), the form of
 * Abramowitz & Stegun 26.2.17; Φ(z) = 1 − Φ(−z).
 */
function normalCdf(x: v128, bellOfX: v128, table: usize): v128 {
  const one = constant(table, ONE);
  const t = f32x4.div(one, madd(f32x4.abs(x), constant(table, SLOPE), one));
  let q = madd(constant(table, Q8), t, constant(table, Q7));
  q = madd(q, t, constant(table, Q6));
  q = madd(q, t, constant(table, Q5));
  q = madd(q, t, constant(table, Q4));
  q = madd(q, t, constant(table, Q3));
  q = madd(q, t, constant(table, Q2));
  q = madd(q, t, constant(table, Q1));
  const tail = f32x4.mul(f32x4.mul(q, t), bellOfX);
  return v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
}

/** GELU(x) = x·Φ(x). */
export function gelu(x: v128, table: usize): v128 {
  return f32x4.mul(x, normalCdf(x, bell(x, table), table));
}

/** GELU′(x) = Φ(x) + x·φ(x). */
export function geluSlope(x: v128, table: usize): v128 {
  const b = bell(x, table);
  return madd(f32x4.mul(x, constant(table, DENSITY)), b, normalCdf(x, b, table));
}
