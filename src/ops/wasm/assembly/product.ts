/** y = x·w with what follows it in a network: bias, GELU, residual, dropped rows; and the gradient's product likewise. */
import { geluSlopes, gelus } from './functions.ts';
import {
  columnsTimesPanels,
  packColumns,
  packRowStrips,
  packRows,
  panelBytes,
  panelCount,
  STRIP_ROW,
} from './panels.ts';
import { get, parallel, put, threadCount, threadIndex } from './pool.ts';
import { PACK, PRODUCT } from './tasks.ts';
import { COLUMNS, ROWS } from './tile.ts';

const X: usize = 0;
const W: usize = 1;
const TRANSPOSED: usize = 2;
const Y: usize = 3;
const M: usize = 4;
const N: usize = 5;
const K: usize = 6;
const BIAS: usize = 7;
const RESIDUAL: usize = 8;
const KEEP: usize = 9;
const HIDDEN: usize = 10;
const SLOPE: usize = 11;
const SCRATCH: usize = 12;
/** Panels of a task. */
const SPAN: usize = 13;

/** Rows of a task: their part of x stays in the second-level cache while every panel passes over it. */
const BLOCK_ROWS: i32 = 8 * ROWS;
/** Depth of a pass over a panel, which then stays in the first-level cache. */
const PASS: i32 = 512;
/** Panels that one task of packing lays out. */
const PACK_SPAN: i32 = 4;

/** Bytes of scratch that `product` needs: the bias, the panels of w, and a block of x for each thread. */
export function productScratch(n: i32, k: i32): usize {
  return panelBytes(1 + k) * panelCount(n) + blockBytes(k) * threadCount();
}

function blockBytes(k: i32): usize {
  return <usize>(BLOCK_ROWS / ROWS) * k * STRIP_ROW;
}

/**
 * y [m, n] = x [m, k] · w, for w [k, n], or [n, k] if `transposed`; then, as far as the address is not 0, in this order:
 * plus bias [n]; hidden [m, n] = gelu(y); y times gelu′(slope [m, n]); y times keep [m] row by row; plus residual [m, n].
 */
export function product(
  x: usize,
  w: usize,
  transposed: i32,
  y: usize,
  m: i32,
  n: i32,
  k: i32,
  bias: usize,
  residual: usize,
  keep: usize,
  hidden: usize,
  slope: usize,
  scratch: usize,
): void {
  const panels = panelCount(n);
  const blocks = (m + BLOCK_ROWS - 1) / BLOCK_ROWS;
  // Few rows are not enough to go round: then each task takes a part of the columns.
  const wanted = 3 * threadCount();
  const spans = blocks >= wanted ? 1 : min(panels, (wanted + blocks - 1) / blocks);
  const span = (panels + spans - 1) / spans;
  put(X, x);
  put(W, w);
  put(TRANSPOSED, transposed);
  put(Y, y);
  put(M, m);
  put(N, n);
  put(K, k);
  put(BIAS, bias);
  put(RESIDUAL, residual);
  put(KEEP, keep);
  put(HIDDEN, hidden);
  put(SLOPE, slope);
  put(SCRATCH, scratch);
  put(SPAN, span);
  parallel(PACK, (panels + PACK_SPAN - 1) / PACK_SPAN);
  parallel(PRODUCT, blocks * ((panels + span - 1) / span));
}

/** Lays out a few panels of w, and their part of the bias. */
export function packTask(task: i32): void {
  const n = <i32>get(N);
  const k = <i32>get(K);
  const bias = get(BIAS);
  const count = panelCount(n);
  const from = task * PACK_SPAN;
  const to = min(count, from + PACK_SPAN);
  for (let j = from * COLUMNS; j < to * COLUMNS; j++)
    store<f32>(get(SCRATCH) + (j << 2), bias != 0 && j < n ? load<f32>(bias + (j << 2)) : 0);
  const panels = panelsAt(count) + <usize>from * panelBytes(k);
  if (get(TRANSPOSED)) packRows(get(W), (<usize>k) << 2, k, n, from, to, panels, 1);
  else packColumns(get(W), (<usize>n) << 2, k, n, from, to, panels, 1);
}

function panelsAt(count: i32): usize {
  return get(SCRATCH) + panelBytes(1) * count;
}

/** A block of rows by a span of panels. */
export function productTask(task: i32): void {
  const n = <i32>get(N);
  const k = <i32>get(K);
  const count = panelCount(n);
  const span = <i32>get(SPAN);
  const spans = (count + span - 1) / span;
  const row = (task / spans) * BLOCK_ROWS;
  const rows = min(BLOCK_ROWS, <i32>get(M) - row);
  const panel = (task % spans) * span;
  const column = panel * COLUMNS;
  const width = min(n, (panel + span) * COLUMNS) - column;
  const ldx = (<usize>k) << 2;
  const ldy = (<usize>n) << 2;
  const offset = <usize>row * ldy + (column << 2);
  const y = get(Y) + offset;
  const panels = panelsAt(count) + <usize>panel * panelBytes(k);
  const strips = panelsAt(count) + panelBytes(k) * count + threadIndex() * blockBytes(k);
  packRowStrips(get(X) + <usize>row * ldx, ldx, rows, k, strips);
  for (let t = 0; t < k; t += PASS)
    columnsTimesPanels(
      strips + <usize>t * STRIP_ROW,
      STRIP_ROW,
      <usize>k * STRIP_ROW,
      rows,
      panels + panelBytes(t),
      k,
      min(PASS, k - t),
      width,
      y,
      ldy,
      t == 0 ? get(SCRATCH) + (column << 2) : y,
      t == 0 ? 0 : ldy,
    );
  const bytes = (<usize>width) << 2;
  if (get(HIDDEN))
    for (let i = 0; i < rows; i++) gelus(y + <usize>i * ldy, get(HIDDEN) + offset + <usize>i * ldy, bytes);
  if (get(SLOPE))
    for (let i = 0; i < rows; i++) {
      const at = y + <usize>i * ldy;
      geluSlopes(get(SLOPE) + offset + <usize>i * ldy, at, at, bytes);
    }
  if (get(KEEP)) applyKeep(y, get(KEEP) + (row << 2), ldy, rows, width);
  if (get(RESIDUAL)) addResidual(y, get(RESIDUAL) + offset, ldy, rows, width);
}

function applyKeep(y: usize, keep: usize, ld: usize, rows: i32, width: i32): void {
  for (; rows > 0; rows--) {
    const factor = load<f32>(keep);
    for (let j: usize = 0; j < (<usize>width) << 2; j += 4) store<f32>(y + j, load<f32>(y + j) * factor);
    keep += 4;
    y += ld;
  }
}

function addResidual(y: usize, residual: usize, ld: usize, rows: i32, width: i32): void {
  const rest = width & 3;
  const whole = (<usize>(width - rest)) << 2;
  for (; rows > 0; rows--) {
    for (let j: usize = 0; j < whole; j += 16)
      v128.store(y + j, f32x4.add(v128.load(y + j), v128.load(residual + j)));
    for (let j = whole; j < whole + ((<usize>rest) << 2); j += 4)
      store<f32>(y + j, load<f32>(y + j) + load<f32>(residual + j));
    y += ld;
    residual += ld;
  }
}
