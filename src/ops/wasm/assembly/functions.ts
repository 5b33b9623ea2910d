/** The transcendental functions of the network, four floats at a time. */
import { room, table } from './pool.ts';
import { keep, loadPart, madd, nmadd, part, total } from './vectors.ts';

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
const SHIFTER: usize = 44;
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
  store<f32>(table, 12_582_912, SHIFTER);
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

function constant(offset: usize): v128 {
  return v128.load32_splat(table() + offset);
}

/**
 * to = e^(from·factor − shift) for `bytes` of values, whole vectors; returns their sum. Where the exponent is below
 * −87.3, the result leaves the normal numbers and is 0; above 88.3 it stays there; NaN stays NaN.
 * x = n·ln 2 + r, and eʳ = 1 + r + r²·p(r) with p by the Remez algorithm on |r| ≤ ln 2 / 2 (relative error 3.1e-9
 * before rounding).
 */
export function exponentials(from: usize, to: usize, bytes: usize, factor: f32, shift: f32): f32 {
  const by = f32x4.splat(factor);
  const less = f32x4.splat(shift);
  const low = constant(LOW);
  const high = constant(HIGH);
  const log2e = constant(LOG2_E);
  const ln2High = constant(LN2_HIGH);
  const ln2Low = constant(LN2_LOW);
  const e6 = constant(E6);
  const e5 = constant(E5);
  const e4 = constant(E4);
  const e3 = constant(E3);
  const e2 = constant(E2);
  const one = constant(ONE);
  const shifter = constant(SHIFTER);
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = f32x4.sub(f32x4.mul(v128.load(from + at), by), less);
    // The order of the operands keeps NaN.
    const held = f32x4.pmin(f32x4.pmax(x, low), high);
    // Adding 1.5·2²³ rounds to a whole number, and leaves it in the low bits.
    const rounded = madd(held, log2e, shifter);
    const n = f32x4.sub(rounded, shifter);
    const r = nmadd(n, ln2Low, nmadd(n, ln2High, held));
    const p = madd(madd(madd(madd(e6, r, e5), r, e4), r, e3), r, e2);
    const y = f32x4.add(madd(f32x4.mul(r, r), p, r), one);
    // 2ⁿ: n added to the exponent of 1.
    const power = i32x4.add(i32x4.shl(rounded, 23), one);
    const e = v128.andnot(f32x4.mul(y, power), f32x4.lt(x, low));
    v128.store(to + at, e);
    sums = f32x4.add(sums, e);
  }
  return total(sums);
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

/** Bytes of values that GELU works on at a time, in this thread's room. */
export const PIECE: usize = 1024;

/** hidden = gelu(x) for `bytes` of values. GELU(x) = x·Φ(x). */
export function gelus(x: usize, hidden: usize, bytes: usize): void {
  const rest = <i32>((bytes >> 2) & 3);
  for (let from: usize = 0; from < bytes; from += PIECE) {
    const end = min(PIECE, bytes - from);
    const whole = end & ~15;
    distribute(x + from, end, whole, rest);
    for (let j: usize = 0; j < whole; j += 16)
      v128.store(hidden + from + j, f32x4.mul(v128.load(x + from + j), v128.load(room() + PIECE + j)));
    for (let j = whole; j < end; j += 4)
      store<f32>(hidden + from + j, load<f32>(x + from + j) * load<f32>(room() + PIECE + j));
  }
}

/** to = from·gelu′(x) for `bytes` of values. GELU′(x) = Φ(x) + x·φ(x). */
export function geluSlopes(x: usize, from: usize, to: usize, bytes: usize): void {
  const rest = <i32>((bytes >> 2) & 3);
  const density = constant(DENSITY);
  for (let start: usize = 0; start < bytes; start += PIECE) {
    const end = min(PIECE, bytes - start);
    const whole = end & ~15;
    distribute(x + start, end, whole, rest);
    for (let j: usize = 0; j < end; j += 16) {
      const own = part(x + start, j, whole, rest);
      const slope = madd(f32x4.mul(own, density), v128.load(room() + j), v128.load(room() + PIECE + j));
      keep(to + start, j, whole, rest, f32x4.mul(part(from + start, j, whole, rest), slope));
    }
  }
}

/**
 * This thread's room = e^(−x²/2), and behind it the normal distribution function Φ(x). With z = |x| and
 * t = 1/(1 + 0.23 z), Φ(−z) = e^(−z²/2)·q(t), q of degree 8 without a constant term by the Remez algorithm on z ≤ 10
 * (relative error 3.9e-8 before rounding), the form of Abramowitz & Stegun 26.2.17; Φ(z) = 1 − Φ(−z).
 */
function distribute(x: usize, end: usize, whole: usize, rest: i32): void {
  const bells = room();
  const half = constant(MINUS_HALF);
  for (let j: usize = 0; j < whole; j += 16) {
    const own = v128.load(x + j);
    v128.store(bells + j, f32x4.mul(f32x4.mul(own, own), half));
  }
  if (whole < end) {
    const own = loadPart(x + whole, rest);
    v128.store(bells + whole, f32x4.mul(f32x4.mul(own, own), half));
  }
  exponentials(bells, bells, end, 1, 0);
  const one = constant(ONE);
  const slope = constant(SLOPE);
  const q8 = constant(Q8);
  const q7 = constant(Q7);
  const q6 = constant(Q6);
  const q5 = constant(Q5);
  const q4 = constant(Q4);
  const q3 = constant(Q3);
  const q2 = constant(Q2);
  const q1 = constant(Q1);
  for (let j: usize = 0; j < end; j += 16) {
    const own = part(x, j, whole, rest);
    const t = f32x4.div(one, madd(f32x4.abs(own), slope, one));
    let q = madd(madd(madd(madd(q8, t, q7), t, q6), t, q5), t, q4);
    q = madd(madd(madd(q, t, q3), t, q2), t, q1);
    const tail = f32x4.mul(f32x4.mul(q, t), v128.load(bells + j));
    v128.store(bells + PIECE + j, v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(own, f32x4.splat(0))));
  }
}
