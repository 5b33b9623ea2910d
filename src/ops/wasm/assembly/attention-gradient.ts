/** The gradient of attention: the scores are worked out again, block by block. */
import {
  blockRows,
  COUNT,
  filled,
  find,
  firstToken,
  HEADS,
  LSE,
  OUT,
  QKV,
  SCRATCH,
  SCRATCH_BYTES,
  SEGMENTS,
  scoreBytes,
  sequencesOf,
  WIDTH,
} from './attention.ts';
import { exponentials } from './functions.ts';
import {
  columnsTimesPanels,
  packColumns,
  packRows,
  panelBytes,
  panelCount,
  rowsTimesPanels,
  STRIP_ROW,
} from './panels.ts';
import { get, parallel, put, threadCount, threadIndex } from './pool.ts';
import { ATTENTION_GRADIENT } from './tasks.ts';
import { madd, total } from './vectors.ts';

const DY: usize = 9;
const DQKV: usize = 10;

/** Bytes of scratch that `attentionGradient` needs, for the longest sequence and a head's width. */
export function attentionGradientScratch(length: i32, width: i32): usize {
  return gradientBytes(length, width) * threadCount();
}

/** k and v as rows, k as columns; a block's q and dy; two blocks of scores. */
function gradientBytes(length: i32, width: i32): usize {
  return (
    2 * panelBytes(width) * panelCount(length) +
    panelBytes(length) * panelCount(width) +
    2 * panelBytes(blockRows(length)) * panelCount(width) +
    2 * scoreBytes(length)
  );
}

/** dy [tokens, heads·width], and what `attention` was given and gave → dqkv [tokens, 3·heads·width]. */
export function attentionGradient(
  dy: usize,
  qkv: usize,
  out: usize,
  lse: usize,
  dqkv: usize,
  heads: i32,
  width: i32,
  segments: usize,
  count: i32,
  longest: i32,
  scratch: usize,
): void {
  put(DY, dy);
  put(QKV, qkv);
  put(OUT, out);
  put(LSE, lse);
  put(DQKV, dqkv);
  put(HEADS, heads);
  put(WIDTH, width);
  put(SEGMENTS, segments);
  put(COUNT, count);
  put(SCRATCH, scratch);
  put(SCRATCH_BYTES, gradientBytes(longest, width));
  parallel(ATTENTION_GRADIENT, sequencesOf(segments, count));
}

export function attentionGradientTask(task: i32): void {
  const n = find(task);
  const heads = <i32>get(HEADS);
  const width = <i32>get(WIDTH);
  const ld = (<usize>(3 * heads * width)) << 2;
  const ldo = (<usize>(heads * width)) << 2;
  const part = (<usize>width) << 2;
  const across = panelCount(n);
  const narrow = panelCount(width);
  const kRows = get(SCRATCH) + threadIndex() * get(SCRATCH_BYTES);
  const vRows = kRows + panelBytes(width) * across;
  const kColumns = vRows + panelBytes(width) * across;
  const qBlock = kColumns + panelBytes(n) * narrow;
  const dyBlock = qBlock + panelBytes(blockRows(n)) * narrow;
  const weights = dyBlock + panelBytes(blockRows(n)) * narrow;
  const changes = weights + scoreBytes(n);
  const lds = (<usize>filled(n)) << 2;
  const step = blockRows(n);
  const scale = <f32>(1 / Math.sqrt(<f64>width));
  const first = <usize>firstToken();
  for (let head = 0; head < heads; head++) {
    const column = <usize>head * part;
    const q = get(QKV) + first * ld + column;
    const dq = get(DQKV) + first * ld + column;
    const dk = dq + ldo;
    const dv = dk + ldo;
    packRows(q + ldo, ld, width, n, 0, across, kRows, scale);
    packRows(q + 2 * ldo, ld, width, n, 0, across, vRows, 1);
    packColumns(q + ldo, ld, n, width, 0, narrow, kColumns, scale);
    for (let row = 0; row < n; row += step) {
      const rows = min(step, n - row);
      const down = <usize>row;
      const dy = get(DY) + (first + down) * ldo + column;
      const out = get(OUT) + (first + down) * ldo + column;
      const lse = get(LSE) + (((<i32>first + row) * heads + head) << 2);
      packColumns(q + down * ld, ld, rows, width, 0, narrow, qBlock, scale);
      packColumns(dy, ldo, rows, width, 0, narrow, dyBlock, 1);
      rowsTimesPanels(q + down * ld, ld, rows, kRows, width, width, filled(n), weights, lds, 0, 0, true);
      rowsTimesPanels(dy, ldo, rows, vRows, width, width, filled(n), changes, lds, 0, 0, true);
      for (let i = 0; i < rows; i++) {
        const at = <usize>i * lds;
        const along = dot(dy + <usize>i * ldo, out + <usize>i * ldo, part);
        differentiate(weights + at, changes + at, n, load<f32>(lse + ((i * heads) << 2)), along);
      }
      // The first block starts the sums of the others.
      const sumK = row == 0 ? <usize>0 : dk;
      const sumV = row == 0 ? <usize>0 : dv;
      const ldsum = row == 0 ? <usize>0 : ld;
      columnsTimesPanels(weights, lds, STRIP_ROW, n, dyBlock, rows, rows, width, dv, ld, sumV, ldsum);
      columnsTimesPanels(changes, lds, STRIP_ROW, n, qBlock, rows, rows, width, dk, ld, sumK, ldsum);
      rowsTimesPanels(changes, lds, rows, kColumns, n, n, width, dq + down * ld, ld, 0, 0, false);
    }
  }
}

/** A row of scores → weights p; the row of dL/dp → dL/dscore = p·(dL/dp − along). Columns beyond n become 0. */
function differentiate(weights: usize, changes: usize, n: i32, lse: f32, along: f32): void {
  const end = (<usize>filled(n)) << 2;
  for (let at = (<usize>n) << 2; at < end; at += 4) store<f32>(weights + at, -f32.MAX_VALUE);
  exponentials(weights, weights, end, 1, lse);
  const mean = f32x4.splat(along);
  for (let at: usize = 0; at < end; at += 16) {
    const change = f32x4.sub(v128.load(changes + at), mean);
    v128.store(changes + at, f32x4.mul(v128.load(weights + at), change));
  }
}

function dot(a: usize, b: usize, bytes: usize): f32 {
  let sums = f32x4.splat(0);
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) sums = madd(v128.load(a + j), v128.load(b + j), sums);
  let sum = total(sums);
  for (; j < bytes; j += 4) sum += load<f32>(a + j) * load<f32>(b + j);
  return sum;
}
