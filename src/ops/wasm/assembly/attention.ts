/** Self-attention inside each sequence, a task a sequence; no more scores exist than those of a few rows of one head. */
import { exponentials, log } from './functions.ts';
import { packColumns, packRows, panelBytes, panelCount, rowsTimesPanels } from './panels.ts';
import { get, parallel, put, threadCount, threadIndex } from './pool.ts';
import { ATTENTION } from './tasks.ts';
import { COLUMNS, ROWS } from './tile.ts';
import { largest } from './vectors.ts';

export const QKV: usize = 0;
export const OUT: usize = 1;
export const LSE: usize = 2;
export const HEADS: usize = 3;
export const WIDTH: usize = 4;
export const SEGMENTS: usize = 5;
export const COUNT: usize = 6;
export const SCRATCH: usize = 7;
export const SCRATCH_BYTES: usize = 8;

/** Sequences up to this long are done in one block of rows, longer ones in blocks that stay in the cache. */
const LONG: i32 = 96;
const BLOCK_ROWS: i32 = 8 * ROWS;

/** Rows of a sequence that are worked on at a time. */
export function blockRows(length: i32): i32 {
  return length <= LONG ? length : BLOCK_ROWS;
}

/** Length filled up to whole panels. */
export function filled(length: i32): i32 {
  return panelCount(length) * COLUMNS;
}

/** Bytes of a block's scores: rows of `filled` values, and room for a last strip to be read beyond them. */
export function scoreBytes(length: i32): usize {
  return (<usize>(blockRows(length) + ROWS) * filled(length) + COLUMNS) << 2;
}

/** Bytes of scratch that `attention` needs, for the longest sequence and a head's width. */
export function attentionScratch(length: i32, width: i32): usize {
  return attentionBytes(length, width) * threadCount();
}

function attentionBytes(length: i32, width: i32): usize {
  return (
    panelBytes(width) * panelCount(length) +
    panelBytes(length) * panelCount(width) +
    scoreBytes(length) +
    (blockRows(length) << 2)
  );
}

/**
 * qkv [tokens, 3·heads·width] → out [tokens, heads·width] and lse [tokens, heads], the logarithm of each row's sum of
 * exponents. `segments` is a table of `count` × (offset, sequences, length).
 */
export function attention(
  qkv: usize,
  out: usize,
  lse: usize,
  heads: i32,
  width: i32,
  segments: usize,
  count: i32,
  longest: i32,
  scratch: usize,
): void {
  put(QKV, qkv);
  put(OUT, out);
  put(LSE, lse);
  put(HEADS, heads);
  put(WIDTH, width);
  put(SEGMENTS, segments);
  put(COUNT, count);
  put(SCRATCH, scratch);
  put(SCRATCH_BYTES, attentionBytes(longest, width));
  parallel(ATTENTION, sequencesOf(segments, count));
}

export function sequencesOf(segments: usize, count: i32): i32 {
  let sequences = 0;
  for (let i = 0; i < count; i++) sequences += load<i32>(segments + 12 * i, 4);
  return sequences;
}

/** First token and length of the sequence that found() was asked for. */
let token: i32 = 0;
let length: i32 = 0;

export function firstToken(): i32 {
  return token;
}

/** Looks up a sequence in the table; returns its length. */
export function find(sequence: i32): i32 {
  let row = get(SEGMENTS);
  for (; sequence >= load<i32>(row, 4); row += 12) sequence -= load<i32>(row, 4);
  length = load<i32>(row, 8);
  token = load<i32>(row) + sequence * length;
  return length;
}

export function attentionTask(task: i32): void {
  const n = find(task);
  const heads = <i32>get(HEADS);
  const width = <i32>get(WIDTH);
  const ld = (<usize>(3 * heads * width)) << 2;
  const ldo = (<usize>(heads * width)) << 2;
  const third = ldo;
  const part = (<usize>width) << 2;
  const kPanels = get(SCRATCH) + threadIndex() * get(SCRATCH_BYTES);
  const vPanels = kPanels + panelBytes(width) * panelCount(n);
  const scores = vPanels + panelBytes(n) * panelCount(width);
  const inverses = scores + scoreBytes(n);
  const lds = (<usize>filled(n)) << 2;
  const step = blockRows(n);
  const scale = <f32>(1 / Math.sqrt(<f64>width));
  for (let head = 0; head < heads; head++) {
    const q = get(QKV) + <usize>firstToken() * ld + <usize>head * part;
    packRows(q + third, ld, width, n, 0, panelCount(n), kPanels, scale);
    packColumns(q + 2 * third, ld, n, width, 0, panelCount(width), vPanels, 1);
    for (let row = 0; row < n; row += step) {
      const rows = min(step, n - row);
      const out = get(OUT) + <usize>(firstToken() + row) * ldo + <usize>head * part;
      rowsTimesPanels(
        q + <usize>row * ld,
        ld,
        rows,
        kPanels,
        width,
        width,
        filled(n),
        scores,
        lds,
        0,
        0,
        true,
      );
      const lse = get(LSE) + (((firstToken() + row) * heads + head) << 2);
      for (let i = 0; i < rows; i++)
        store<f32>(inverses + (i << 2), exponents(scores + <usize>i * lds, n, lse + ((i * heads) << 2)));
      rowsTimesPanels(scores, lds, rows, vPanels, n, n, width, out, ldo, 0, 0, false);
      for (let i = 0; i < rows; i++) scaleRow(out + <usize>i * ldo, part, load<f32>(inverses + (i << 2)));
    }
  }
}

/** A row of scores → e^(score − largest); returns 1 / their sum. The columns beyond n are left as 0. */
function exponents(row: usize, n: i32, lse: usize): f32 {
  const end = row + ((<usize>filled(n)) << 2);
  for (let at = row + ((<usize>n) << 2); at < end; at += 4) store<f32>(at, -f32.MAX_VALUE);
  let most = v128.load(row);
  for (let at = row + 16; at < end; at += 16) most = f32x4.pmax(most, v128.load(at));
  const top = largest(most);
  const sum = exponentials(row, row, end - row, 1, top);
  store<f32>(lse, top + log(sum));
  return 1 / sum;
}

function scaleRow(row: usize, bytes: usize, factor: f32): void {
  const by = f32x4.splat(factor);
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) v128.store(row + j, f32x4.mul(v128.load(row + j), by));
  for (; j < bytes; j += 4) store<f32>(row + j, load<f32>(row + j) * factor);
}
