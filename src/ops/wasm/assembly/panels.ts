/** Matrices laid out for the tiles, and products of what is laid out: the parts of larger kernels, on one thread. */
import { edge, zeros } from './pool.ts';
import { COLUMNS, columnTile, PANEL_ROW, ROWS, rowTile } from './tile.ts';

/** Panels that n columns take. */
export function panelCount(n: i32): i32 {
  return (n + COLUMNS - 1) / COLUMNS;
}

/** Bytes of one panel of k rows. */
export function panelBytes(k: i32): usize {
  return <usize>k * PANEL_ROW;
}

/**
 * Columns 8·from to 8·to of B [k, n] as panels, times `factor`; columns beyond n are 0. Rows lie `ldb` bytes apart.
 * `panels` is where panel `from` goes.
 */
export function packColumns(
  b: usize,
  ldb: usize,
  k: i32,
  n: i32,
  from: i32,
  to: i32,
  panels: usize,
  factor: f32,
): void {
  const by = f32x4.splat(factor);
  for (let p = from; p < to; p++) {
    const width = min(COLUMNS, n - p * COLUMNS);
    let row = b + <usize>p * PANEL_ROW;
    for (let t = 0; t < k; t++) {
      if (width == COLUMNS) {
        v128.store(panels, f32x4.mul(v128.load(row), by));
        v128.store(panels, f32x4.mul(v128.load(row, 16), by), 16);
      } else {
        for (let j = 0; j < COLUMNS; j++)
          store<f32>(panels + (j << 2), j < width ? load<f32>(row + (j << 2)) * factor : 0);
      }
      panels += PANEL_ROW;
      row += ldb;
    }
  }
}

/** The same for a B that is given as its transpose: rows of [n, k], `ldb` bytes apart. */
export function packRows(
  b: usize,
  ldb: usize,
  k: i32,
  n: i32,
  from: i32,
  to: i32,
  panels: usize,
  factor: f32,
): void {
  for (let p = from; p < to; p++) {
    const width = min(COLUMNS, n - p * COLUMNS);
    const rows = b + <usize>(p * COLUMNS) * ldb;
    if (width == COLUMNS) {
      packFourRows(rows, ldb, k, panels, factor);
      packFourRows(rows + 4 * ldb, ldb, k, panels + 16, factor);
    } else {
      for (let j = 0; j < COLUMNS; j++)
        for (let t = 0; t < k; t++)
          store<f32>(
            panels + <usize>t * PANEL_ROW + (j << 2),
            j < width ? load<f32>(rows + <usize>j * ldb + (t << 2)) * factor : 0,
          );
    }
    panels += panelBytes(k);
  }
}

/** Four rows of k values become four neighbouring columns of a panel. */
function packFourRows(b: usize, ldb: usize, k: i32, panel: usize, factor: f32): void {
  const by = f32x4.splat(factor);
  const b1 = b + ldb;
  const b2 = b1 + ldb;
  const b3 = b2 + ldb;
  const whole = (<usize>k & ~3) << 2;
  let t: usize = 0;
  for (; t < whole; t += 16) {
    const r0 = f32x4.mul(v128.load(b + t), by);
    const r1 = f32x4.mul(v128.load(b1 + t), by);
    const r2 = f32x4.mul(v128.load(b2 + t), by);
    const r3 = f32x4.mul(v128.load(b3 + t), by);
    const low01 = i8x16.shuffle(r0, r1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const high01 = i8x16.shuffle(r0, r1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    const low23 = i8x16.shuffle(r2, r3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const high23 = i8x16.shuffle(r2, r3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    v128.store(panel, i64x2.shuffle(low01, low23, 0, 2));
    v128.store(panel, i64x2.shuffle(low01, low23, 1, 3), 32);
    v128.store(panel, i64x2.shuffle(high01, high23, 0, 2), 64);
    v128.store(panel, i64x2.shuffle(high01, high23, 1, 3), 96);
    panel += 4 * PANEL_ROW;
  }
  for (const end = (<usize>k) << 2; t < end; t += 4) {
    store<f32>(panel, load<f32>(b + t) * factor);
    store<f32>(panel, load<f32>(b1 + t) * factor, 4);
    store<f32>(panel, load<f32>(b2 + t) * factor, 8);
    store<f32>(panel, load<f32>(b3 + t) * factor, 12);
    panel += PANEL_ROW;
  }
}

/** Columns 6·from to 6·to of A [steps, m] as strips of 6; columns beyond m are 0. Steps lie `lda` bytes apart. */
export function packStrips(
  a: usize,
  lda: usize,
  steps: i32,
  m: i32,
  from: i32,
  to: i32,
  strips: usize,
): void {
  for (let s = from; s < to; s++) {
    const width = min(ROWS, m - s * ROWS);
    let row = a + <usize>(s * ROWS) * 4;
    for (let t = 0; t < steps; t++) {
      if (width == ROWS) {
        v128.store(strips, v128.load(row));
        store<u64>(strips, load<u64>(row, 16), 16);
      } else {
        for (let i = 0; i < ROWS; i++)
          store<f32>(strips + (i << 2), i < width ? load<f32>(row + (i << 2)) : 0);
      }
      strips += STRIP_ROW;
      row += lda;
    }
  }
}

/** The first `rows` rows of A, `lda` bytes apart, as strips of 6 by k steps; the last row fills the last strip. */
export function packRowStrips(a: usize, lda: usize, rows: i32, k: i32, strips: usize): void {
  const whole = (<usize>k & ~3) << 2;
  const end = (<usize>k) << 2;
  for (let i = 0; i < rows; i += ROWS) {
    const a0 = a + <usize>i * lda;
    const a1 = i + 1 < rows ? a0 + lda : a0;
    const a2 = i + 2 < rows ? a1 + lda : a1;
    const a3 = i + 3 < rows ? a2 + lda : a2;
    const a4 = i + 4 < rows ? a3 + lda : a3;
    const a5 = i + 5 < rows ? a4 + lda : a4;
    let t: usize = 0;
    for (; t < whole; t += 16) {
      const r0 = v128.load(a0 + t);
      const r1 = v128.load(a1 + t);
      const r2 = v128.load(a2 + t);
      const r3 = v128.load(a3 + t);
      const r4 = v128.load(a4 + t);
      const r5 = v128.load(a5 + t);
      const low01 = i8x16.shuffle(r0, r1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
      const high01 = i8x16.shuffle(r0, r1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
      const low23 = i8x16.shuffle(r2, r3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
      const high23 = i8x16.shuffle(r2, r3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
      const low45 = i8x16.shuffle(r4, r5, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
      const high45 = i8x16.shuffle(r4, r5, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
      v128.store(strips, i64x2.shuffle(low01, low23, 0, 2));
      v128.store64_lane(strips, low45, 0, 16);
      v128.store(strips, i64x2.shuffle(low01, low23, 1, 3), 24);
      v128.store64_lane(strips, low45, 1, 40);
      v128.store(strips, i64x2.shuffle(high01, high23, 0, 2), 48);
      v128.store64_lane(strips, high45, 0, 64);
      v128.store(strips, i64x2.shuffle(high01, high23, 1, 3), 72);
      v128.store64_lane(strips, high45, 1, 88);
      strips += 4 * STRIP_ROW;
    }
    for (; t < end; t += 4) {
      store<f32>(strips, load<f32>(a0 + t));
      store<f32>(strips, load<f32>(a1 + t), 4);
      store<f32>(strips, load<f32>(a2 + t), 8);
      store<f32>(strips, load<f32>(a3 + t), 12);
      store<f32>(strips, load<f32>(a4 + t), 16);
      store<f32>(strips, load<f32>(a5 + t), 20);
      strips += STRIP_ROW;
    }
  }
}

/** Bytes of a strip's row. */
export const STRIP_ROW: usize = 24;

/**
 * C[m, n] = start + A·B for rows of A that lie `lda` bytes apart and panels of B; a panel has `depth` rows, of which k
 * are used. `lds` as in rowTile, but `start` moves on with the columns and, unless `lds` is 0, with the rows.
 */
export function rowsTimesPanels(
  a: usize,
  lda: usize,
  m: i32,
  panels: usize,
  depth: i32,
  k: i32,
  n: i32,
  c: usize,
  ldc: usize,
  start: usize,
  lds: usize,
  roomy: bool,
): void {
  for (let j = 0; j < n; j += COLUMNS) {
    const width = min(COLUMNS, n - j);
    for (let i = 0; i < m; i += ROWS) {
      const rows = min(ROWS, m - i);
      const at = c + <usize>i * ldc + (j << 2);
      const from = start == 0 ? zeros() : start + <usize>i * lds + (j << 2);
      const x = a + <usize>i * lda;
      if ((roomy || rows == ROWS) && width == COLUMNS) rowTile(x, lda, rows, panels, k, at, ldc, from, lds);
      else {
        const whole = lds == 0 ? from : wholeTile(from, lds, rows, width);
        rowTile(x, lda, rows, panels, k, edge(), PANEL_ROW, whole, lds == 0 ? 0 : PANEL_ROW);
        partOfTile(at, ldc, rows, width);
      }
    }
    panels += panelBytes(depth);
  }
}

/**
 * C[m, n] = start + Aᵀ·B over `steps` for strips of A, whose steps lie `lda` bytes apart and who themselves lie `apart`
 * bytes apart, and panels of B, which have `depth` rows of which `steps` are used.
 */
export function columnsTimesPanels(
  a: usize,
  lda: usize,
  apart: usize,
  m: i32,
  panels: usize,
  depth: i32,
  steps: i32,
  n: i32,
  c: usize,
  ldc: usize,
  start: usize,
  lds: usize,
): void {
  for (let j = 0; j < n; j += COLUMNS) {
    const width = min(COLUMNS, n - j);
    let strip = a;
    for (let i = 0; i < m; i += ROWS) {
      columnsTimesPanel(strip, lda, min(ROWS, m - i), panels, steps, width, i, j, c, ldc, start, lds);
      strip += apart;
    }
    panels += panelBytes(depth);
  }
}

/** One tile of columnsTimesPanels, at row i and column j of C. */
export function columnsTimesPanel(
  a: usize,
  lda: usize,
  rows: i32,
  panel: usize,
  steps: i32,
  width: i32,
  i: i32,
  j: i32,
  c: usize,
  ldc: usize,
  start: usize,
  lds: usize,
): void {
  const at = c + <usize>i * ldc + (j << 2);
  const from = start == 0 ? zeros() : start + <usize>i * lds + (j << 2);
  if (rows == ROWS && width == COLUMNS) columnTile(a, lda, panel, steps, at, ldc, from, lds);
  else {
    const whole = lds == 0 ? from : wholeTile(from, lds, rows, width);
    columnTile(a, lda, panel, steps, edge(), PANEL_ROW, whole, lds == 0 ? 0 : PANEL_ROW);
    partOfTile(at, ldc, rows, width);
  }
}

/** Copies a part of a tile to this thread's buffer, as nothing may be read beyond a matrix; returns the buffer. */
function wholeTile(from: usize, ld: usize, rows: i32, width: i32): usize {
  copyPart(edge(), PANEL_ROW, from, ld, rows, width);
  return edge();
}

/** Copies the part of this thread's buffer that lies inside of the matrix. */
function partOfTile(to: usize, ld: usize, rows: i32, width: i32): void {
  copyPart(to, ld, edge(), PANEL_ROW, rows, width);
}

/** Without memory.copy, which is a call out of the module. */
function copyPart(to: usize, ldTo: usize, from: usize, ldFrom: usize, rows: i32, width: i32): void {
  const bytes = (<usize>width) << 2;
  for (; rows > 0; rows--) {
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) v128.store(to + j, v128.load(from + j));
    for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(from + j));
    to += ldTo;
    from += ldFrom;
  }
}
