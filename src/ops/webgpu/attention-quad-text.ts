/** WGSL that attention's forward pass and gradient share where a quad of lanes takes a head of a sequence. */
import { FOLDED_INDEX, lines } from './shader.ts';

/** One segment's part of the text. */
export interface QuadPlan {
  length: number;
  /** Keys of a lane in a tile. */
  keys: number;
}

export interface QuadShape {
  heads: number;
  /** Of a head. */
  width: number;
  plans: readonly QuadPlan[];
}

/** Queries of a workgroup in the forward pass: a long sequence gives several cores work. */
export const CHUNK = 256;

// Unrolled text grows with keys × width; beyond these, compiling it takes longer than it saves in a run.
const MOST_FORWARD = 576;
const MOST_GRADIENT = 384;
const MOST_KEYS = 18;

/** Keys a lane so that the tiles of a sequence are equally full. */
export function quadPlan(length: number, width: number, gradient: boolean): QuadPlan {
  const most = Math.floor((gradient ? MOST_GRADIENT : MOST_FORWARD) / width);
  const tiles = Math.ceil(length / (4 * Math.min(MOST_KEYS, Math.max(1, most))));
  return { length, keys: Math.ceil(length / (4 * tiles)) };
}

const SWAPS = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal'] as const;
const TURNS = [0, 1, 2, 3] as const;

/** The expression's value in lane l ^ turn. */
export const fromTurn = (turn: (typeof TURNS)[number], value: string) => `${SWAPS[turn]}(${value})`;
export const eachTurn = (text: (turn: (typeof TURNS)[number]) => string) => TURNS.map(text).join('\n');

/** `sum += a · b`, in the order that costs the software adapter's compiler no copies. */
export const multiplyAdd = (sum: string, a: string, b: string) => `${sum} = ${sum} + ${a} * ${b};`;

/** How a row of a head lies in a buffer: four values or one at an index. */
export function rowText(width: number) {
  const lanes = width % 4 === 0 ? 4 : 1;
  const parts = width / lanes;
  return {
    lanes,
    parts,
    type: lanes === 4 ? 'vec4f' : 'f32',
    /** Loads the row at index `at` into values name0, name1, …, each times `factor`. */
    load: (name: string, buffer: string, at: string, factor = '') =>
      lines(
        parts,
        (u) =>
          `let ${name}Part${u} = ${buffer}[${at} + ${u}]${factor};${lines(lanes, (e) => `let ${name}${u * lanes + e} = ${name}Part${u}${lanes === 4 ? `.${'xyzw'[e]}` : ''};`)}`,
      ),
    /** The values name0, name1, … as the row's part u. */
    part: (name: string, u: number) =>
      lanes === 4
        ? `vec4f(${Array.from({ length: 4 }, (_, e) => `${name}${4 * u + e}`).join(', ')})`
        : `${name}${u}`,
    /** Component e of a part. */
    component: (part: string, e: number) => (lanes === 4 ? `${part}.${'xyzw'[e]}` : part),
  };
}

export type RowText = ReturnType<typeof rowText>;

export const head = (buffers: readonly string[]) => /* wgsl */ `enable subgroups;
diagnostic(off, subgroup_uniformity);
${FOLDED_INDEX}
// For each segment the number of its first workgroup and its first row; then the number of all workgroups.
@group(0) @binding(0) var<storage, read> segments: array<u32>;
${lines(buffers.length, (i) => `@group(0) @binding(${i + 1}) var<storage, ${buffers[i]};`)}
`;

/** `main`: finds the segment, sequence, head and chunk of a workgroup and hands it to the segment's function. */
export const main = ({ heads, plans }: QuadShape, chunks: (plan: QuadPlan) => number) => /* wgsl */ `
@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroupIndex(id, grid);
${lines(plans.length, (i) => {
  const plan = plans[i];
  if (!plan) return '';
  const count = chunks(plan);
  return /* wgsl */ `
  if (group >= segments[${2 * i}] && group < segments[${2 * i + 2}]) {
    let index = group - segments[${2 * i}];
    let row = segments[${2 * i + 1}] + index / ${heads * count}u * ${plan.length}u;
    segment${i}(row, index / ${count}u % ${heads}u, index % ${count}u, lane);
  }`;
})}
}`;

/** Fills the lane's keys and values; a key beyond the sequence repeats the last one. */
export const loadKeys = (
  row: RowText,
  { length, keys }: QuadPlan,
  width: number,
  heads: number,
  more = '',
) => {
  const stride = 3 * heads * row.parts;
  return /* wgsl */ `
    for (var c = 0u; c < ${keys}u; c++) {
      let at = (start + min(first + 4u * c + lane, ${length - 1}u)) * ${stride}u + (${heads}u + head) * ${row.parts}u;
      for (var u = 0u; u < ${row.parts}u; u++) {
        let key = qkv[at + u];
        let value = qkv[at + ${heads * row.parts}u + u];
        let x = c * ${width}u + u * ${row.lanes}u;
        ${lines(row.lanes, (e) => `k[x + ${e}] = ${row.component('key', e)}; v[x + ${e}] = ${row.component('value', e)};${more.replaceAll('$', String(e))}`)}
      }
    }`;
};

/** Whether a lane's key c may lie beyond the sequence in its last tile. */
export const mayEnd = ({ length, keys }: QuadPlan, c: number) =>
  4 * (c + 1) > length - (Math.ceil(length / (4 * keys)) - 1) * 4 * keys;
