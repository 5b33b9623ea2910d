/** The innermost loops of every product: a tile of 6 rows and 8 columns, held in registers. */
import { madd } from './vectors.ts';

// 12 accumulators, two vectors of the panel and one splat value are the 15 registers that V8 hands out on x86.
export const ROWS: i32 = 6;
export const COLUMNS: i32 = 8;
/** Bytes of a panel's row. */
export const PANEL_ROW: usize = 32;

/**
 * C[6, 8] = start + A·B. A's rows lie `lda` bytes apart, its columns side by side; beyond `rows` the last row is read
 * again. B is a panel of `k` rows of 8. The tile begins with `start`, whose rows lie `lds` bytes apart; `lds` 0 starts
 * every row with the same 8 values.
 */
export function rowTile(
  a: usize,
  lda: usize,
  rows: i32,
  b: usize,
  k: i32,
  c: usize,
  ldc: usize,
  start: usize,
  lds: usize,
): void {
  let a1 = rows > 1 ? a + lda : a;
  let a2 = rows > 2 ? a1 + lda : a1;
  let a3 = rows > 3 ? a2 + lda : a2;
  let a4 = rows > 4 ? a3 + lda : a3;
  let a5 = rows > 5 ? a4 + lda : a4;
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let s = start + lds;
  let c10 = v128.load(s);
  let c11 = v128.load(s, 16);
  s += lds;
  let c20 = v128.load(s);
  let c21 = v128.load(s, 16);
  s += lds;
  let c30 = v128.load(s);
  let c31 = v128.load(s, 16);
  s += lds;
  let c40 = v128.load(s);
  let c41 = v128.load(s, 16);
  s += lds;
  let c50 = v128.load(s);
  let c51 = v128.load(s, 16);
  const end = b + <usize>k * PANEL_ROW;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load32_splat(a4);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load32_splat(a5);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    b += PANEL_ROW;
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
  }
  storeRow(c, c00, c01);
  c += ldc;
  storeRow(c, c10, c11);
  c += ldc;
  storeRow(c, c20, c21);
  c += ldc;
  storeRow(c, c30, c31);
  c += ldc;
  storeRow(c, c40, c41);
  c += ldc;
  storeRow(c, c50, c51);
}

/**
 * C[6, 8] = start + Aᵀ·B over `k` steps: A's 6 values of a step lie side by side, its steps `lda` bytes apart. The rest
 * is as in rowTile.
 */
export function columnTile(
  a: usize,
  lda: usize,
  b: usize,
  k: i32,
  c: usize,
  ldc: usize,
  start: usize,
  lds: usize,
): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let s = start + lds;
  let c10 = v128.load(s);
  let c11 = v128.load(s, 16);
  s += lds;
  let c20 = v128.load(s);
  let c21 = v128.load(s, 16);
  s += lds;
  let c30 = v128.load(s);
  let c31 = v128.load(s, 16);
  s += lds;
  let c40 = v128.load(s);
  let c41 = v128.load(s, 16);
  s += lds;
  let c50 = v128.load(s);
  let c51 = v128.load(s, 16);
  const end = b + <usize>k * PANEL_ROW;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    b += PANEL_ROW;
    a += lda;
  }
  storeRow(c, c00, c01);
  c += ldc;
  storeRow(c, c10, c11);
  c += ldc;
  storeRow(c, c20, c21);
  c += ldc;
  storeRow(c, c30, c31);
  c += ldc;
  storeRow(c, c40, c41);
  c += ldc;
  storeRow(c, c50, c51);
}

function storeRow(c: usize, left: v128, right: v128): void {
  v128.store(c, left);
  v128.store(c, right, 16);
}
