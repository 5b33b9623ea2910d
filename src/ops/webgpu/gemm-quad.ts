/**
 * GEMM for software adapters: four lanes, one subgroup, keep a tile of sums in registers. A load costs these adapters
 * as much as thirty multiply-adds and a barrier far more, so the lanes load a quarter of A's rows each and hand them
 * round by swaps, nothing passes through workgroup memory, and the tile is as large as compiles in reasonable time.
 */
import {
  each,
  type GemmTask,
  type GemmVariant,
  inFours,
  READ_SIZES,
  range,
  sharedText,
  stretch,
} from './gemm.ts';
import { folded } from './shader.ts';

const LANES = 4;
/** Rows of a tile, in sixteens, columns of a lane, 4 or 8, and how many k a round of the loop takes, in fours. */
interface QuadTile {
  rows: number;
  columns: number;
  depth: number;
}

/** Tiles below this many for a thread leave others idle; k is split to get them. */
const WANTED_TILES = 16;

export function quadVariant(tile: QuadTile): GemmVariant {
  const { rows, columns, depth } = tile;
  const tiles = ({ m, n }: GemmTask) => Math.ceil(m / rows) * Math.ceil(n / (LANES * columns));
  return {
    name: `quad ${rows}×${columns}×${depth}`,
    suits: (task, { traits: { software, subgroups } }) =>
      software &&
      subgroups !== null &&
      subgroups.least >= LANES &&
      inFours(task) &&
      (task.form === 'TN' || task.k % depth === 0),
    parts: (task) =>
      task.form === 'TN'
        ? Math.max(1, Math.min(Math.floor(WANTED_TILES / tiles(task)), Math.floor(task.k / (8 * depth))))
        : 1,
    plan(task, parts) {
      const [x, y = 1] = folded(tiles(task));
      return {
        shader: { name: task.name, code: quadText(task, tile) },
        grid: [x, y, parts],
        // The sizes are data, so that all layers share a pipeline: compiling one takes these adapters half a second.
        dims: [task.m, task.n, task.k, parts === 1 ? task.k : stretch(task.k, parts, depth)],
      };
    },
  };
}

const SWAPS = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal'] as const;
const PARTS = ['x', 'y', 'z', 'w'] as const;

function quadText(task: GemmTask, { rows, columns, depth }: QuadTile): string {
  const { form } = task;
  const acrossA = form === 'TN';
  const acrossB = form !== 'NT';
  const groups = rows / LANES;
  const quarters = columns / 4;
  const steps = depth / 4;

  /** Value `u` of the round for the lane's row of a group; in TN a lane holds four neighbouring rows. */
  const ownA = (group: number, u: number) =>
    acrossA ? `a${u}_${group >> 2}.${PARTS[group & 3]}` : `a${u >> 2}_${group}.${PARTS[u & 3]}`;
  const valueB = (column: number, u: number) =>
    acrossB ? `b${u}_${column >> 2}.${PARTS[column & 3]}` : `b${u >> 2}_${column}.${PARTS[u & 3]}`;

  const placesA = acrossA
    ? each(groups / 4, (g) => `  let pa${g} = min(row0 + ${16 * g}u + 4u * lane, m - 4u) / 4u;`)
    : each(groups, (g) => `  let pa${g} = min(row0 + ${4 * g}u + lane, m - 1u) * rowA;`);
  const placesB = acrossB
    ? each(quarters, (c) => `  let pb${c} = min(column0 + ${4 * c}u, n - 4u) / 4u;`)
    : each(columns, (c) => `  let pb${c} = min(column0 + ${c}u, n - 1u) * rowB;`);
  const times = task.keep ? 'keep[min(t + UU, k - 1u)]' : '1.0';
  const counts = acrossA
    ? each(depth, (u) => `    let f${u} = select(0.0, ${times.replace('UU', `${u}u`)}, t + ${u}u < end);`)
    : '';
  const loadB = acrossB
    ? range(depth)
        .map((u) =>
          each(
            quarters,
            (c) => `    let b${u}_${c} = b[(t + ${u}u) * rowB + pb${c}]${acrossA ? ` * f${u}` : ''};`,
          ),
        )
        .join('\n')
    : range(steps)
        .map((s) => each(columns, (c) => `    let b${s}_${c} = b[pb${c} + t / 4u + ${s}u];`))
        .join('\n');
  const loadA = (group: number) => {
    if (!acrossA) return each(steps, (s) => `    let a${s}_${group} = a[pa${group} + t / 4u + ${s}u];`);
    if (group % 4 !== 0) return '';
    return each(depth, (u) => `    let a${u}_${group >> 2} = a[(t + ${u}u) * rowA + pa${group >> 2}];`);
  };
  /** A sum takes all its products of the round in a row, while it is in a register. */
  const multiply = (group: number) =>
    each(LANES, (swap) => {
      const heard = each(depth, (u) => `    let v${u}_${group}_${swap} = ${SWAPS[swap]}(${ownA(group, u)});`);
      const sums = each(columns, (c) => {
        const sum = `s${LANES * group + swap}_${c}`;
        return each(depth, (u) => `    ${sum} = fma(v${u}_${group}_${swap}, ${valueB(c, u)}, ${sum});`);
      });
      return `${heard}\n${sums}`;
    });
  const summed = task.finishColumns !== undefined;
  const rowOf = acrossA
    ? 'row0 + (g >> 2u) * 16u + 4u * (lane ^ swap) + (g & 3u)'
    : 'row0 + g * 4u + (lane ^ swap)';

  return /* wgsl */ `${sharedText(task, {
    extensions: 'enable subgroups;\n',
    a: 'vec4f',
    b: 'vec4f',
    width: 4,
    sizes: null,
  })}
@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
${READ_SIZES}
  let across = (n + ${LANES * columns - 1}u) / ${LANES * columns}u;
  let index = workgroupIndex(id, grid);
  let row0 = index / across * ${rows}u;
  if (row0 >= m) { return; }
  let column0 = index % across * ${LANES * columns}u + lane * ${columns}u;
  let rowA = ${acrossA ? 'm' : 'k'} / 4u;
  let rowB = ${acrossB ? 'n' : 'k'} / 4u;
${placesA}
${placesB}
${range(rows)
  .map((r) => each(columns, (c) => `  var s${r}_${c} = 0.0;`))
  .join('\n')}
${summed ? each(quarters, (c) => `  var totals${c} = vec4f();`) : ''}
  let end = min((id.z + 1u) * part, k);
  for (var t = id.z * part; t < end; t += ${depth}u) {
${counts}
${loadB}
${summed ? each(quarters, (c) => each(depth, (u) => `    totals${c} += b${u}_${c};`)) : ''}
${each(groups, (g) => `${loadA(g)}\n${multiply(g)}`)}
  }
${
  summed
    ? each(
        quarters,
        (c) =>
          `  if (row0 == 0u && column0 + ${4 * c}u < n) { finishColumns(id.z, column0 / 4u + ${c}u, totals${c}); }`,
      )
    : ''
}
  // Written out, what follows each sum would be longer than the loop.
  var sums = array<vec4f, ${rows * quarters}>(
${range(rows)
  .map((r) => each(quarters, (q) => `    vec4f(${range(4).map((e) => `s${r}_${4 * q + e}`)}),`))
  .join('\n')}
  );
  for (var i = 0u; i < ${rows * quarters}u; i++) {
    // Shifts: a division costs as much as a hundred additions here.
    let g = i >> ${2 + Math.log2(quarters)}u;
    let swap = (i >> ${Math.log2(quarters)}u) & 3u;
    let row = ${rowOf};
    let column = column0 + ((i & ${quarters - 1}u) << 2u);
    if (row < m && column < n) { finish(id.z, row, column >> 2u, sums[i]); }
  }
}`;
}
