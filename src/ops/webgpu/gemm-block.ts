/**
 * GEMM for GPUs: a workgroup keeps a block of A and of B in workgroup memory while each thread adds up a tile in
 * registers; the next blocks are on their way meanwhile. Sizes are constants of the text.
 */
import { each, type GemmTask, type GemmVariant, inFours, range, sharedText, stretch } from './gemm.ts';
import { folded } from './shader.ts';

/** Rows and columns of a workgroup's block, and of a thread's tile; all in fours. */
export interface BlockTile {
  rows: number;
  columns: number;
  threadRows: number;
  threadColumns: number;
}

const DEPTH = 16;
const FOURS = DEPTH / 4;
/** A row of workgroup memory is one longer than its fours, so that neighbouring threads meet different banks. */
const PITCH = FOURS + 1;
const FOUR_BYTES = 16;
/** Enough workgroups to fill a large GPU twice; k is split to get them, into parts of at least LEAST_PART. */
const WANTED_BLOCKS = 256;
const LEAST_PART = 256;

const blocksOf = ({ m, n }: GemmTask, { rows, columns }: BlockTile) =>
  Math.ceil(m / rows) * Math.ceil(n / columns);

/** Fours of a block that lies in workgroup memory. */
const foursOfA = ({ form }: GemmTask, { rows }: BlockTile) => rows * (form === 'TN' ? FOURS : PITCH);
const foursOfB = ({ form }: GemmTask, { columns }: BlockTile) => columns * (form === 'NT' ? PITCH : FOURS);

export function blockVariant(tile: BlockTile): GemmVariant {
  return {
    name: `block ${tile.rows}×${tile.columns}, ${tile.threadRows}×${tile.threadColumns} each`,
    suits: (task, { traits, storage }) =>
      !traits.software && FOUR_BYTES * (foursOfA(task, tile) + foursOfB(task, tile)) <= storage,
    parts: (task) =>
      task.form === 'TN'
        ? Math.max(
            1,
            Math.min(Math.floor(WANTED_BLOCKS / blocksOf(task, tile)), Math.floor(task.k / LEAST_PART)),
          )
        : 1,
    plan(task, parts) {
      const [x, y = 1] = folded(blocksOf(task, tile));
      return {
        shader: { name: task.name, code: blockText(task, tile, parts) },
        grid: [x, y, parts],
        dims: null,
      };
    },
  };
}

function blockText(task: GemmTask, tile: BlockTile, parts: number): string {
  const { form, m, n, k } = task;
  const { rows, columns, threadRows, threadColumns } = tile;
  const [down, across] = [rows / threadRows, columns / threadColumns];
  const threads = down * across;
  const [loadsA, loadsB] = [(rows * FOURS) / threads, (columns * FOURS) / threads];
  const acrossA = form === 'TN';
  const acrossB = form !== 'NT';
  const width = inFours(task) ? 4 : 1;
  const part = stretch(k, parts, DEPTH);
  const whole = m % rows === 0 && n % columns === 0 && k % part === 0 && part % DEPTH === 0 && width === 4;
  const quarters = threadColumns / 4;
  const summed = task.finishColumns !== undefined;

  /** WGSL of a function that reads four neighbouring values of a matrix stored by rows, `limit` long and `pitch` wide. */
  const reader = (name: string, matrix: string, limit: string, pitch: string) => {
    if (whole)
      return `fn ${name}(row: u32, column: u32) -> vec4f { return ${matrix}[(row * ${pitch} + column) / 4u]; }`;
    if (width === 4)
      return `fn ${name}(row: u32, column: u32) -> vec4f {
  if (row >= ${limit} || column >= ${pitch}) { return vec4f(); }
  return ${matrix}[(row * ${pitch} + column) / 4u];
}`;
    return `fn ${name}One(row: u32, column: u32) -> f32 {
  if (row >= ${limit} || column >= ${pitch}) { return 0.0; }
  return ${matrix}[row * ${pitch} + column];
}
fn ${name}(row: u32, column: u32) -> vec4f {
  return vec4f(${range(4).map((e) => `${name}One(row, column + ${e}u)`)});
}`;
  };
  const index = (i: number) => `(lane + ${i * threads}u)`;
  const fetchA = (i: number, t: string) => {
    if (!acrossA) return `fourOfA(row0 + ${index(i)} / ${FOURS}u, ${t} + ${index(i)} % ${FOURS}u * 4u)`;
    const at = `${t} + ${index(i)} / ${rows / 4}u`;
    return `fourOfA(${at}, row0 + ${index(i)} % ${rows / 4}u * 4u)`;
  };
  const fetchB = (i: number, t: string) => {
    if (!acrossB) return `fourOfB(column0 + ${index(i)} / ${FOURS}u, ${t} + ${index(i)} % ${FOURS}u * 4u)`;
    const at = `${t} + ${index(i)} / ${columns / 4}u`;
    const four = `fourOfB(${at}, column0 + ${index(i)} % ${columns / 4}u * 4u)`;
    return task.keep ? `${four} * keep[min(${at}, K() - 1u)]` : four;
  };
  /** Where a fetched four lies: rows that one thread reads are as far apart as there are threads. */
  const placeA = (i: number) =>
    acrossA
      ? index(i)
      : `(${index(i)} / ${FOURS}u % ${threadRows}u * ${down}u + ${index(i)} / ${FOURS * threadRows}u) * ${PITCH}u + ${index(i)} % ${FOURS}u`;
  const placeB = (i: number) =>
    acrossB
      ? index(i)
      : `(${index(i)} / ${FOURS}u % 4u * ${columns / 4}u + ${index(i)} / ${4 * FOURS}u) * ${PITCH}u + ${index(i)} % ${FOURS}u`;

  const PARTS = ['x', 'y', 'z', 'w'] as const;
  const readA = acrossA
    ? ''
    : each(threadRows, (r) => `      let a${r} = blockA[(${r * down}u + y) * ${PITCH}u + q];`);
  const valueA = (r: number, e: number) =>
    acrossA ? `a${e}_${r >> 2}.${PARTS[r & 3]}` : `a${r}.${PARTS[e]}`;
  const readStepA = (e: number) =>
    acrossA
      ? each(
          threadRows / 4,
          (v) =>
            `      let a${e}_${v} = blockA[(q * 4u + ${e}u) * ${rows / 4}u + y * ${threadRows / 4}u + ${v}u];`,
        )
      : '';
  const addUp = (e: number, c: number, four: string) =>
    each(threadRows, (r) => `      s${r}_${c} = fma(vec4f(${valueA(r, e)}), ${four}, s${r}_${c});`);
  /** Four steps of k; with B stored along k, its fours are read column by column and turned. */
  const multiply = acrossB
    ? each(4, (e) => {
        const fours = each(
          quarters,
          (c) => `      let b${e}_${c} = blockB[(q * 4u + ${e}u) * ${columns / 4}u + ${c * across}u + x];`,
        );
        const totals = summed
          ? each(quarters, (c) => `      if (row0 == 0u) { totals${c} += b${e}_${c}; }`)
          : '';
        return [readStepA(e), fours, totals, each(quarters, (c) => addUp(e, c, `b${e}_${c}`))].join('\n');
      })
    : each(quarters, (c) => {
        const fours = each(
          4,
          (f) => `      let b${c}_${f} = blockB[(${f * (columns / 4) + c * across}u + x) * ${PITCH}u + q];`,
        );
        const turned = (e: number) => `vec4f(${range(4).map((f) => `b${c}_${f}.${PARTS[e]}`)})`;
        return [fours, each(4, (e) => addUp(e, c, turned(e)))].join('\n');
      });
  const finish = (r: number, c: number) => {
    const row = `row0 + y * ${threadRows}u + ${r}u`;
    const column = `column0 / 4u + ${c * across}u + x`;
    if (whole) return `  finish(id.z, ${row}, ${column}, s${r}_${c});`;
    if (width === 4)
      return `  if (${row} < M() && (${column}) * 4u < N()) { finish(id.z, ${row}, ${column}, s${r}_${c}); }`;
    return each(
      4,
      (e) =>
        `  if (${row} < M() && (${column}) * 4u + ${e}u < N()) { finish(id.z, ${row}, (${column}) * 4u + ${e}u, s${r}_${c}.${PARTS[e]}); }`,
    );
  };
  const finishColumns = (c: number) => {
    const column = `column0 / 4u + ${c * across}u + x`;
    if (width === 4) return `    if ((${column}) * 4u < N()) { finishColumns(id.z, ${column}, totals${c}); }`;
    return each(
      4,
      (e) =>
        `    if ((${column}) * 4u + ${e}u < N()) { finishColumns(id.z, (${column}) * 4u + ${e}u, totals${c}.${PARTS[e]}); }`,
    );
  };

  return /* wgsl */ `${sharedText(task, {
    a: width === 4 ? 'vec4f' : 'f32',
    b: width === 4 ? 'vec4f' : 'f32',
    width,
    sizes: [m, n, k, part],
  })}
${acrossA ? reader('fourOfA', 'a', 'K()', 'M()') : reader('fourOfA', 'a', 'M()', 'K()')}
${acrossB ? reader('fourOfB', 'b', 'K()', 'N()') : reader('fourOfB', 'b', 'N()', 'K()')}
var<workgroup> blockA: array<vec4f, ${foursOfA(task, tile)}>;
var<workgroup> blockB: array<vec4f, ${foursOfB(task, tile)}>;
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(id, grid);
  let row0 = index / ${Math.ceil(n / columns)}u * ${rows}u;
  let column0 = index % ${Math.ceil(n / columns)}u * ${columns}u;
  if (row0 >= M()) { return; }
  let x = lane % ${across}u;
  let y = lane / ${across}u;
  let begin = id.z * STRETCH();
  let end = min(begin + STRETCH(), K());
${range(threadRows)
  .map((r) => each(quarters, (c) => `  var s${r}_${c} = vec4f();`))
  .join('\n')}
${summed ? each(quarters, (c) => `  var totals${c} = vec4f();`) : ''}
${each(loadsA, (i) => `  var nextA${i} = ${fetchA(i, 'begin')};`)}
${each(loadsB, (i) => `  var nextB${i} = ${fetchB(i, 'begin')};`)}
  for (var t = begin; t < end; t += ${DEPTH}u) {
${each(loadsA, (i) => `    blockA[${placeA(i)}] = nextA${i};`)}
${each(loadsB, (i) => `    blockB[${placeB(i)}] = nextB${i};`)}
    workgroupBarrier();
    let then = t + ${DEPTH}u;
    if (then < end) {
${each(loadsA, (i) => `      nextA${i} = ${fetchA(i, 'then')};`)}
${each(loadsB, (i) => `      nextB${i} = ${fetchB(i, 'then')};`)}
    }
    for (var q = 0u; q < ${FOURS}u; q++) {
${readA}
${multiply}
    }
    workgroupBarrier();
  }
${range(threadRows)
  .map((r) => each(quarters, (c) => finish(r, c)))
  .join('\n')}
${summed ? `  if (row0 == 0u && y == 0u) {\n${each(quarters, finishColumns)}\n  }` : ''}
}`;
}
