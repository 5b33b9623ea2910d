/** C = Aᵀ·B over many rows: the gradient of a weight, with the bias's beside it. */
import { columnsTimesPanel, packColumns, packStrips, panelBytes, panelCount, STRIP_ROW } from './panels.ts';
import { get, parallel, put, threadCount, threadIndex } from './pool.ts';
import { OUTER } from './tasks.ts';
import { COLUMNS, PANEL_ROW, ROWS } from './tile.ts';

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;
const STEPS: usize = 3;
const M: usize = 4;
const N: usize = 5;
const KEEP: usize = 6;
const SUMS: usize = 7;
const SCRATCH: usize = 8;
const STRIPS: usize = 9;
const PANELS: usize = 10;

/** Steps that a task lays out at a time: a strip and a panel of them fit the first-level cache. */
const PASS: i32 = 128;

/** The grid of tasks: strips of C's rows and panels of its columns that one task takes. */
let strips: i32 = 0;
let panels: i32 = 0;

/**
 * Halves the larger side of a task until there are enough for the threads: what a task lays out is used as often as the
 * other side is long.
 */
function divide(m: i32, n: i32): void {
  const rows = (m + ROWS - 1) / ROWS;
  const columns = panelCount(n);
  const wanted = threadCount() == 1 ? 1 : 3 * threadCount();
  strips = rows;
  panels = columns;
  while (tasksOf(rows, columns) < wanted && (strips > 2 || panels > 2)) {
    if (strips * ROWS > panels * COLUMNS) strips = (strips + 1) / 2;
    else panels = (panels + 1) / 2;
  }
}

function tasksOf(rows: i32, columns: i32): i32 {
  return ((rows + strips - 1) / strips) * ((columns + panels - 1) / panels);
}

/** Bytes that a thread lays out: strips, panels, and a row of sums. */
function threadBytes(): usize {
  return <usize>PASS * STRIP_ROW * strips + panelBytes(PASS) * panels + PANEL_ROW * panels;
}

/** Bytes of scratch that `outer` needs. */
export function outerScratch(m: i32, n: i32): usize {
  divide(m, n);
  return threadBytes() * threadCount();
}

/**
 * c [m, n] = aᵀ·(keep·b) for a [steps, m], b [steps, n] and keep [steps], which is 1 where its address is 0;
 * sums [n] = the sum of keep·b over the steps, unless its address is 0.
 */
export function outer(
  a: usize,
  b: usize,
  c: usize,
  steps: i32,
  m: i32,
  n: i32,
  keep: usize,
  sums: usize,
  scratch: usize,
): void {
  divide(m, n);
  put(A, a);
  put(B, b);
  put(C, c);
  put(STEPS, steps);
  put(M, m);
  put(N, n);
  put(KEEP, keep);
  put(SUMS, sums);
  put(SCRATCH, scratch);
  put(STRIPS, strips);
  put(PANELS, panels);
  parallel(OUTER, tasksOf((m + ROWS - 1) / ROWS, panelCount(n)));
}

/** A rectangle of C over all steps. */
export function outerTask(task: i32): void {
  strips = <i32>get(STRIPS);
  panels = <i32>get(PANELS);
  const m = <i32>get(M);
  const n = <i32>get(N);
  const steps = <i32>get(STEPS);
  const across = (panelCount(n) + panels - 1) / panels;
  const firstStrip = (task / across) * strips;
  const lastStrip = min((m + ROWS - 1) / ROWS, firstStrip + strips);
  const firstPanel = (task % across) * panels;
  const lastPanel = min(panelCount(n), firstPanel + panels);
  const lda = (<usize>m) << 2;
  const ldb = (<usize>n) << 2;
  const packedA = get(SCRATCH) + threadIndex() * threadBytes();
  const packedB = packedA + <usize>PASS * STRIP_ROW * strips;
  // The first row of tasks alone adds up the bias's gradient.
  const sums = task < across ? get(SUMS) : 0;
  const rowOfSums = packedB + panelBytes(PASS) * panels;
  memory.fill(rowOfSums, 0, PANEL_ROW * panels);
  for (let t = 0; t < steps; t += PASS) {
    const count = min(PASS, steps - t);
    packStrips(get(A) + <usize>t * lda, lda, count, m, firstStrip, lastStrip, packedA);
    packColumns(get(B) + <usize>t * ldb, ldb, count, n, firstPanel, lastPanel, packedB, 1);
    if (get(KEEP)) scaleRows(packedB, lastPanel - firstPanel, count, get(KEEP) + (t << 2));
    if (sums) addUp(packedB, lastPanel - firstPanel, count, rowOfSums);
    for (let p = firstPanel; p < lastPanel; p++)
      for (let s = firstStrip; s < lastStrip; s++)
        columnsTimesPanel(
          packedA + <usize>((s - firstStrip) * count) * STRIP_ROW,
          STRIP_ROW,
          min(ROWS, m - s * ROWS),
          packedB + panelBytes(count) * (p - firstPanel),
          count,
          min(COLUMNS, n - p * COLUMNS),
          s * ROWS,
          p * COLUMNS,
          get(C),
          ldb,
          t == 0 ? 0 : get(C),
          t == 0 ? 0 : ldb,
        );
  }
  if (sums) {
    const from = firstPanel * COLUMNS;
    memory.copy(sums + (from << 2), rowOfSums, (<usize>(min(n, lastPanel * COLUMNS) - from)) << 2);
  }
}

function scaleRows(packed: usize, count: i32, steps: i32, keep: usize): void {
  for (let p = 0; p < count; p++)
    for (let t = 0; t < steps; t++) {
      const factor = v128.load32_splat(keep + (t << 2));
      v128.store(packed, f32x4.mul(v128.load(packed), factor));
      v128.store(packed, f32x4.mul(v128.load(packed, 16), factor), 16);
      packed += PANEL_ROW;
    }
}

function addUp(packed: usize, count: i32, steps: i32, sums: usize): void {
  for (let p = 0; p < count; p++) {
    let left = v128.load(sums);
    let right = v128.load(sums, 16);
    for (let t = 0; t < steps; t++) {
      left = f32x4.add(v128.load(packed), left);
      right = f32x4.add(v128.load(packed, 16), right);
      packed += PANEL_ROW;
    }
    v128.store(sums, left);
    v128.store(sums, right, 16);
    sums += PANEL_ROW;
  }
}
