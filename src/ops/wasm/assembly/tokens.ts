/** Tokens out of patches, CLS and positions, the CLS rows out of tokens, and the gradients of both. */
import { find, firstToken, SEGMENTS, sequencesOf } from './attention.ts';
import { get, parallel, put } from './pool.ts';
import { ASSEMBLE, ASSEMBLE_GRADIENT, POSITION_SUMS, SELECT, SPREAD } from './tasks.ts';

const PATCHES: usize = 0;
const CLS: usize = 1;
const POSITIONS: usize = 2;
const TOKENS: usize = 3;
const DIM: usize = 4;
// SEGMENTS is 5.
const COUNT: usize = 6;

function begin(
  patches: usize,
  cls: usize,
  positions: usize,
  tokens: usize,
  dim: i32,
  segments: usize,
  count: i32,
): void {
  put(PATCHES, patches);
  put(CLS, cls);
  put(POSITIONS, positions);
  put(TOKENS, tokens);
  put(DIM, dim);
  put(SEGMENTS, segments);
  put(COUNT, count);
}

/** Segment of a sequence. */
function segmentOf(sequence: i32): i32 {
  let i = 0;
  for (; sequence >= sequences(i); i++) sequence -= sequences(i);
  return i;
}

function sequences(segment: i32): i32 {
  return load<i32>(get(SEGMENTS) + 12 * segment, 4);
}

function lengthOf(segment: i32): i32 {
  return load<i32>(get(SEGMENTS) + 12 * segment, 8);
}

/** First row of a segment's positions. */
function positionRow(segment: i32): i32 {
  let row = 0;
  for (let i = 0; i < segment; i++) row += lengthOf(i);
  return row;
}

/** patches [Σ sequences·(length − 1), dim], cls [dim], positions [Σ length, dim] → tokens [Σ sequences·length, dim]. */
export function assemble(
  patches: usize,
  cls: usize,
  positions: usize,
  tokens: usize,
  dim: i32,
  segments: usize,
  count: i32,
): void {
  begin(patches, cls, positions, tokens, dim, segments, count);
  parallel(ASSEMBLE, sequencesOf(segments, count));
}

export function assembleTask(task: i32): void {
  const length = find(task);
  const bytes = get(DIM) << 2;
  const positions = get(POSITIONS) + <usize>positionRow(segmentOf(task)) * bytes;
  const tokens = get(TOKENS) + <usize>firstToken() * bytes;
  // Every sequence before this one has a row of CLS that the patches have not.
  const patches = get(PATCHES) + <usize>(firstToken() - task) * bytes;
  add(get(CLS), positions, tokens, bytes);
  add(patches, positions + bytes, tokens + bytes, <usize>(length - 1) * bytes);
}

function add(a: usize, b: usize, c: usize, bytes: usize): void {
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) v128.store(c + j, f32x4.add(v128.load(a + j), v128.load(b + j)));
  for (; j < bytes; j += 4) store<f32>(c + j, load<f32>(a + j) + load<f32>(b + j));
}

/** The gradient of `assemble`: tokens holds dL/dtokens, the others are written. */
export function assembleGradient(
  patches: usize,
  cls: usize,
  positions: usize,
  tokens: usize,
  dim: i32,
  segments: usize,
  count: i32,
): void {
  begin(patches, cls, positions, tokens, dim, segments, count);
  parallel(ASSEMBLE_GRADIENT, sequencesOf(segments, count));
  parallel(POSITION_SUMS, positionRow(count));
  const bytes = (<usize>dim) << 2;
  memory.copy(cls, positions, bytes);
  for (let i = 1; i < count; i++) add(cls, positions + <usize>positionRow(i) * bytes, cls, bytes);
}

export function assembleGradientTask(task: i32): void {
  const length = find(task);
  const bytes = get(DIM) << 2;
  const patches = get(PATCHES) + <usize>(firstToken() - task) * bytes;
  memory.copy(patches, get(TOKENS) + <usize>(firstToken() + 1) * bytes, <usize>(length - 1) * bytes);
}

/** One row of the positions' gradient: the sum over the sequences of its segment. */
export function positionSumsTask(task: i32): void {
  let row = task;
  let segment = 0;
  for (; row >= lengthOf(segment); segment++) row -= lengthOf(segment);
  const bytes = get(DIM) << 2;
  const sum = get(POSITIONS) + <usize>task * bytes;
  const step = <usize>lengthOf(segment) * bytes;
  let token = get(TOKENS) + <usize>(load<i32>(get(SEGMENTS) + 12 * segment) + row) * bytes;
  memory.copy(sum, token, bytes);
  for (let i = 1; i < sequences(segment); i++) {
    token += step;
    add(sum, token, sum, bytes);
  }
}

/** cls [sequences, dim] = the first row of each sequence of tokens. */
export function select(cls: usize, tokens: usize, dim: i32, segments: usize, count: i32): void {
  begin(0, cls, 0, tokens, dim, segments, count);
  parallel(SELECT, sequencesOf(segments, count));
}

export function selectTask(task: i32): void {
  find(task);
  const bytes = get(DIM) << 2;
  memory.copy(get(CLS) + <usize>task * bytes, get(TOKENS) + <usize>firstToken() * bytes, bytes);
}

/** The gradient of `select`: tokens get the rows of cls, and 0 elsewhere. */
export function spread(cls: usize, tokens: usize, dim: i32, segments: usize, count: i32): void {
  begin(0, cls, 0, tokens, dim, segments, count);
  parallel(SPREAD, sequencesOf(segments, count));
}

export function spreadTask(task: i32): void {
  const length = find(task);
  const bytes = get(DIM) << 2;
  const tokens = get(TOKENS) + <usize>firstToken() * bytes;
  memory.copy(tokens, get(CLS) + <usize>task * bytes, bytes);
  memory.fill(tokens + bytes, 0, <usize>(length - 1) * bytes);
}
