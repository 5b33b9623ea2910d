/** The two shapes that our smaller kernels have: a team of lanes to a row, or a thread to four neighbouring values. */
import type { AdapterTraits } from './backend.ts';
import { FOLDED_INDEX, folded, type Grid, type Shader } from './shader.ts';

/** A variable of the shader; `V` is four values or one, by the width. */
export type Variable = readonly [name: string, access: 'read' | 'read_write', type: 'V' | 'f32' | 'u32'];

export interface KernelText {
  name: string;
  /** In the order of the dispatch's bindings. */
  variables: readonly Variable[];
  /** WGSL before `main`. */
  before?: string;
  /** WGSL of `main`. */
  body: string;
}

const LEAST_LANES = 32;
const MOST_LANES = 256;
const THREADS = 64;

/** How many values a `V` holds where rows are `width` wide. */
export const vectorWidth = (width: number): 1 | 4 => (width % 4 === 0 ? 4 : 1);

/**
 * A team of LANES lanes to each of `rows` rows. The body has `row`, `lane`, WIDTH (vectors of a row), `start` (the
 * row's first vector), `total(V)` and `peak(V)` over a vector's values, and over the team, to be called by all its
 * lanes, `teamSum(vec4f, lane)` and `teamMax(f32, lane)`.
 */
export function rowShader(
  traits: AdapterTraits,
  { name, variables, before = '', body }: KernelText,
  rows: number,
  width: number,
): Shader {
  const perRow = width / vectorWidth(width);
  const team = rowTeam(traits, perRow);
  return {
    name,
    code: /* wgsl */ `${team.extensions}${vectorText(width)}${team.code}${FOLDED_INDEX}${declared(variables)}
const WIDTH = ${perRow}u;
${before}
@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(id, grid);
  if (row >= ${rows}u) { return; }
  let start = row * WIDTH;
${body}
}`,
  };
}

/** A thread to each of `count` vectors of rows `width` wide; the body has its number `i`. */
export function flatShader(
  { name, variables, before = '', body }: KernelText,
  count: number,
  width: number,
): { shader: Shader; grid: Grid } {
  const shader = {
    name,
    code: /* wgsl */ `${vectorText(width)}${FOLDED_INDEX}${declared(variables)}
const WIDTH = ${width / vectorWidth(width)}u;
${before}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroupIndex(id, grid) * ${THREADS}u + lane;
  if (i >= ${count}u) { return; }
${body}
}`,
  };
  return { shader, grid: folded(Math.ceil(count / THREADS)) };
}

const declared = (variables: readonly Variable[]) =>
  variables
    .map(
      ([name, access, type], i) =>
        `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${type}>;\n`,
    )
    .join('');

const vectorText = (width: number) =>
  vectorWidth(width) === 4
    ? /* wgsl */ `
alias V = vec4f;
fn total(v: V) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn peak(v: V) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
`
    : /* wgsl */ `
alias V = f32;
fn total(v: V) -> f32 { return v; }
fn peak(v: V) -> f32 { return v; }
`;

/**
 * The workgroup that takes a row. On a software adapter it is one subgroup, because a barrier costs more there than
 * the row; on a GPU it grows with the row and adds up in workgroup memory.
 */
function rowTeam(
  { software, subgroups }: AdapterTraits,
  perRow: number,
): { extensions: string; code: string } {
  if (software && subgroups && subgroups.least === subgroups.most) {
    return {
      // Extensions belong before all else.
      extensions: 'enable subgroups;\n',
      code: /* wgsl */ `
const LANES = ${subgroups.least}u;
fn teamSum(value: vec4f, lane: u32) -> vec4f { return subgroupAdd(value); }
fn teamMax(value: f32, lane: u32) -> f32 { return subgroupMax(value); }
`,
    };
  }
  let lanes = LEAST_LANES;
  while (lanes < perRow && lanes < MOST_LANES) lanes *= 2;
  return { extensions: '', code: treeOver(lanes) };
}

/** A tree in workgroup memory: its order is fixed, so that the same values always have the same sum. */
const treeOver = (lanes: number) => /* wgsl */ `
const LANES = ${lanes}u;
var<workgroup> held: array<vec4f, LANES>;
fn teamSum(value: vec4f, lane: u32) -> vec4f {
  workgroupBarrier(); // the team may still be reading its last result
  held[lane] = value;
  for (var stride = LANES / 2u; stride > 0u; stride = stride / 2u) {
    workgroupBarrier();
    if (lane < stride) { held[lane] += held[lane + stride]; }
  }
  workgroupBarrier();
  return held[0];
}
fn teamMax(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  held[lane].x = value;
  for (var stride = LANES / 2u; stride > 0u; stride = stride / 2u) {
    workgroupBarrier();
    if (lane < stride) { held[lane].x = max(held[lane].x, held[lane + stride].x); }
  }
  workgroupBarrier();
  return held[0].x;
}
`;
