/** GEMM of any size on any adapter: each thread keeps 8 × 4 sums in registers and checks every index. */
import { each, type GemmTask, type GemmVariant, READ_SIZES, range, sharedText } from './gemm.ts';
import { folded } from './shader.ts';

const ROWS = 8;
const COLUMNS = 4;
const THREADS = 64;
const DEEP = 512;

const threads = ({ m, n }: GemmTask) => Math.ceil(m / ROWS) * Math.ceil(n / COLUMNS);

export const PLAIN: GemmVariant = {
  name: 'plain',
  suits: () => true,
  parts: (task) =>
    task.form === 'TN'
      ? Math.max(1, Math.min(Math.floor(task.k / DEEP), Math.ceil(8192 / threads(task))))
      : 1,
  plan(task, parts) {
    const [x, y = 1] = folded(Math.ceil(threads(task) / THREADS));
    return {
      shader: { name: task.name, code: plainText(task) },
      grid: [x, y, parts],
      dims: [task.m, task.n, task.k, Math.ceil(task.k / parts)],
    };
  },
};

function plainText(task: GemmTask): string {
  const { form } = task;
  const summed = task.finishColumns !== undefined;
  const placeA = form === 'TN' ? 't * M() + row' : 'row * K() + t';
  const placeB = form === 'NT' ? 'column * K() + t' : 't * N() + column';
  return /* wgsl */ `${sharedText(task, {
    a: 'f32',
    b: 'f32',
    width: 1,
    sizes: null,
  })}
fn valueA(row: u32, t: u32) -> f32 { if (row >= M()) { return 0.0; } return a[${placeA}]; }
fn valueB(column: u32, t: u32) -> f32 { if (column >= N()) { return 0.0; } return b[${placeB}]${task.keep ? ' * keep[t]' : ''}; }
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
${READ_SIZES}
  let across = (N() + ${COLUMNS - 1}u) / ${COLUMNS}u;
  let index = workgroupIndex(id, grid) * ${THREADS}u + lane;
  let row0 = index / across * ${ROWS}u;
  let column0 = index % across * ${COLUMNS}u;
  if (row0 >= M()) { return; }
${each(ROWS, (r) => each(COLUMNS, (c) => `  var s${r}_${c} = 0.0;`))}
${summed ? each(COLUMNS, (c) => `  var total${c} = 0.0;`) : ''}
  let end = min((id.z + 1u) * STRETCH(), K());
  for (var t = id.z * STRETCH(); t < end; t++) {
${each(COLUMNS, (c) => `    let b${c} = valueB(column0 + ${c}u, t);`)}
${summed ? each(COLUMNS, (c) => `    total${c} += b${c};`) : ''}
${each(ROWS, (r) => `    let a${r} = valueA(row0 + ${r}u, t);\n${each(COLUMNS, (c) => `    s${r}_${c} = fma(a${r}, b${c}, s${r}_${c});`)}`)}
  }
${
  summed
    ? each(
        COLUMNS,
        (c) =>
          `  if (row0 == 0u && column0 + ${c}u < N()) { finishColumns(id.z, column0 + ${c}u, total${c}); }`,
      )
    : ''
}
${range(ROWS)
  .map((r) =>
    each(
      COLUMNS,
      (c) =>
        `  if (row0 + ${r}u < M() && column0 + ${c}u < N()) { finish(id.z, row0 + ${r}u, column0 + ${c}u, s${r}_${c}); }`,
    ),
  )
  .join('\n')}
}`;
}
