/**
 * Attention for a software adapter, whose subgroups are one SIMD register of four lanes: a quad of lanes to a head of a
 * sequence, without workgroup memory and barriers. A lane holds every fourth key of a tile; of every four queries it
 * loads one, and in turn t works with the query of lane l ^ t, which a quad swap brings.
 */
import type { Shader } from './shader.ts';
import { FOLDED_INDEX } from './shader.ts';

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

const list = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('\n');

const SWAPS = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal'] as const;
const TURNS = [0, 1, 2, 3] as const;

/** The expression's value in lane l ^ turn. */
const fromTurn = (turn: (typeof TURNS)[number], value: string) => `${SWAPS[turn]}(${value})`;
const eachTurn = (text: (turn: (typeof TURNS)[number]) => string) => TURNS.map(text).join('\n');

/** `sum += a · b`, in the order that costs the software adapter's compiler no copies. */
const multiplyAdd = (sum: string, a: string, b: string) => `${sum} = ${sum} + ${a} * ${b};`;

/** How a row of a head lies in a buffer: four values or one at an index. */
function rowText(width: number) {
  const lanes = width % 4 === 0 ? 4 : 1;
  const parts = width / lanes;
  const value = (f: number) => (lanes === 4 ? `[${f >> 2}]`.concat(`.${'xyzw'[f & 3]}`) : `[${f}]`);
  return {
    lanes,
    parts,
    type: lanes === 4 ? 'vec4f' : 'f32',
    /** Loads the row at index `at` into values name0, name1, …, each times `factor`. */
    load: (name: string, buffer: string, at: string, factor = '') =>
      list(
        parts,
        (u) =>
          `let ${name}Part${u} = ${buffer}[${at} + ${u}]${factor};${list(lanes, (e) => `let ${name}${u * lanes + e} = ${name}Part${u}${lanes === 4 ? `.${'xyzw'[e]}` : ''};`)}`,
      ),
    /** The values name0, name1, … as the row's part u. */
    part: (name: string, u: number) =>
      lanes === 4
        ? `vec4f(${Array.from({ length: 4 }, (_, e) => `${name}${4 * u + e}`).join(', ')})`
        : `${name}${u}`,
    /** Component e of a part. */
    component: (part: string, e: number) => (lanes === 4 ? `${part}.${'xyzw'[e]}` : part),
    value,
  };
}

type RowText = ReturnType<typeof rowText>;

const head = (buffers: readonly string[]) => /* wgsl */ `enable subgroups;
diagnostic(off, subgroup_uniformity);
${FOLDED_INDEX}
// For each segment the number of its first workgroup and its first row; then the number of all workgroups.
@group(0) @binding(0) var<storage, read> segments: array<u32>;
${list(buffers.length, (i) => `@group(0) @binding(${i + 1}) var<storage, ${buffers[i]};`)}
`;

/** `main`: finds the segment, sequence, head and chunk of a workgroup and hands it to the segment's function. */
const main = ({ heads, plans }: QuadShape, chunks: (plan: QuadPlan) => number) => /* wgsl */ `
@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroupIndex(id, grid);
${list(plans.length, (i) => {
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
const loadKeys = (row: RowText, { length, keys }: QuadPlan, width: number, heads: number, more = '') => {
  const stride = 3 * heads * row.parts;
  return /* wgsl */ `
    for (var c = 0u; c < ${keys}u; c++) {
      let at = (start + min(first + 4u * c + lane, ${length - 1}u)) * ${stride}u + (${heads}u + head) * ${row.parts}u;
      for (var u = 0u; u < ${row.parts}u; u++) {
        let key = qkv[at + u];
        let value = qkv[at + ${heads * row.parts}u + u];
        let x = c * ${width}u + u * ${row.lanes}u;
        ${list(row.lanes, (e) => `k[x + ${e}] = ${row.component('key', e)}; v[x + ${e}] = ${row.component('value', e)};${more.replaceAll('$', String(e))}`)}
      }
    }`;
};

/** Whether a lane's key c may lie beyond the sequence in its last tile. */
const mayEnd = ({ length, keys }: QuadPlan, c: number) =>
  4 * (c + 1) > length - (Math.ceil(length / (4 * keys)) - 1) * 4 * keys;

/** out and lse of a segment: online softmax over the tiles, whose state between tiles is out and lse themselves. */
function forwardSegment(index: number, plan: QuadPlan, { heads, width }: QuadShape): string {
  const { length, keys } = plan;
  const row = rowText(width);
  const one = length <= 4 * keys;
  const p = (turn: number, c: number) => `p[${turn * keys + c}]`;
  return /* wgsl */ `
fn segment${index}(start: u32, head: u32, chunk: u32, lane: u32) {
  // Arrays, so that the registers are left to the sums; a store at a computed index keeps them out of registers.
  var k: array<f32, ${keys * width}>;
  var v: array<f32, ${keys * width}>;
  var p: array<f32, ${4 * keys}>;
  p[lane] = 0.0;
  for (var first = 0u; first < ${length}u; first += ${4 * keys}u) {
    ${loadKeys(row, plan, width, heads)}
    for (var query = chunk * ${CHUNK}u; query < min(${length}u, chunk * ${CHUNK}u + ${CHUNK}u); query += 4u) {
      let i = start + min(query + lane, ${length - 1}u);
      let to = (i * ${heads}u + head) * ${row.parts}u;
      ${row.load('q', 'qkv', `(i * ${3 * heads}u + head) * ${row.parts}u`, ` * ${Math.LOG2E / Math.sqrt(width)}`)}
      ${eachTurn(
        (turn) => `var most${turn}: f32;
      {
        ${list(keys, (c) => `var s${c} = 0.0;`)}
        ${list(width, (f) => `{ let r = ${fromTurn(turn, `q${f}`)}; ${list(keys, (c) => multiplyAdd(`s${c}`, `k[${c * width + f}]`, 'r'))} }`)}
        ${list(keys, (c) => (mayEnd(plan, c) ? `s${c} = select(-2e30, s${c}, first + ${4 * c}u + lane < ${length}u);` : ''))}
        most${turn} = s0;
        ${list(keys, (c) => (c > 0 ? `most${turn} = select(most${turn}, s${c}, s${c} > most${turn});` : ''))}
        ${list(keys, (c) => `${p(turn, c)} = s${c};`)}
      }`,
      )}
      var top = ${one ? '-1e30' : `select(-1e30, lse[i * ${heads}u + head], first > 0u)`};
      let before = top;
      ${eachTurn((turn) => `{ let other = ${fromTurn(turn, `most${turn}`)}; top = select(top, other, other > top); }`)}
      let fade = ${one ? '0.0' : 'exp2(before - top)'};
      var sum = fade;
      ${eachTurn(
        (turn) => `{
        let peak = ${fromTurn(turn, 'top')};
        var own = 0.0;
        ${list(keys, (c) => `{ let weight = exp2(${p(turn, c)} - peak); own += weight; ${p(turn, c)} = weight; }`)}
        sum += ${fromTurn(turn, 'own')};
      }`,
      )}
      ${list(width, (f) => `var o${f} = 0.0;`)}
      ${
        one
          ? ''
          : `if (first > 0u) { ${list(row.parts, (u) => `let held${u} = out[to + ${u}] * fade; ${list(row.lanes, (e) => `o${u * row.lanes + e} = ${row.component(`held${u}`, e)};`)}`)} }`
      }
      ${list(width, (f) =>
        eachTurn(
          (turn) =>
            `{ var a = ${p(turn, 0)} * v[${f}]; ${list(keys, (c) => (c > 0 ? multiplyAdd('a', `v[${c * width + f}]`, p(turn, c)) : ''))} o${f} += ${fromTurn(turn, 'a')}; }`,
        ),
      )}
      if (query + lane < ${length}u) {
        let scale = 1.0 / sum;
        ${list(row.parts, (u) => `out[to + ${u}] = ${row.part('o', u)} * scale;`)}
        lse[i * ${heads}u + head] = top + log2(sum);
      }
    }
  }
}`;
}

/** Bindings: segments, qkv, out, lse (in base 2). */
export function quadForward(shape: QuadShape): Shader {
  const { type } = rowText(shape.width);
  return {
    name: 'Attention',
    code:
      head([`read> qkv: array<${type}>`, `read_write> out: array<${type}>`, 'read_write> lse: array<f32>']) +
      list(shape.plans.length, (i) => {
        const plan = shape.plans[i];
        return plan ? forwardSegment(i, plan, shape) : '';
      }) +
      main(shape, ({ length }) => Math.ceil(length / CHUNK)),
  };
}

/** dq, dk and dv of a segment; dq is added up over the tiles in its place, by the one lane that owns its row. */
function gradientSegment(index: number, plan: QuadPlan, { heads, width }: QuadShape): string {
  const { length, keys } = plan;
  const row = rowText(width);
  const one = length <= 4 * keys;
  const scale = 1 / Math.sqrt(width);
  const p = (turn: number, c: number) => `p[${turn * keys + c}]`;
  const d = (turn: number, c: number) => `d[${turn * keys + c}]`;
  const product =
    row.lanes === 4 ? (u: number) => `dot(gPart${u}, yPart${u})` : (u: number) => `gPart${u} * yPart${u}`;
  return /* wgsl */ `
fn segment${index}(start: u32, head: u32, chunk: u32, lane: u32) {
  var k: array<f32, ${keys * width}>;
  var v: array<f32, ${keys * width}>;
  var dk: array<f32, ${keys * width}>;
  var dv: array<f32, ${keys * width}>;
  // The weights, and the gradients of the scores.
  var p: array<f32, ${4 * keys}>;
  var d: array<f32, ${4 * keys}>;
  p[lane] = 0.0;
  d[lane] = 0.0;
  for (var first = 0u; first < ${length}u; first += ${4 * keys}u) {
    ${loadKeys(row, plan, width, heads, ' dk[x + $] = 0.0; dv[x + $] = 0.0;')}
    for (var query = 0u; query < ${length}u; query += 4u) {
      let i = start + min(query + lane, ${length - 1}u);
      let at = (i * ${3 * heads}u + head) * ${row.parts}u;
      let to = (i * ${heads}u + head) * ${row.parts}u;
      let present = query + lane < ${length}u;
      ${row.load('q', 'qkv', 'at', ` * ${Math.LOG2E * scale}`)}
      ${row.load('g', 'dy', 'to')}
      var delta = 0.0;
      ${list(row.parts, (u) => `let yPart${u} = out[to + ${u}]; delta += ${product(u)};`)}
      let whole = select(1e30, lse[i * ${heads}u + head], present);
      ${eachTurn(
        (turn) => `{
        ${list(keys, (c) => `var s${c} = 0.0; var h${c} = 0.0;`)}
        ${list(width, (f) => `{ let r = ${fromTurn(turn, `q${f}`)}; ${list(keys, (c) => multiplyAdd(`s${c}`, `k[${c * width + f}]`, 'r'))} }`)}
        let peak = ${fromTurn(turn, 'whole')};
        ${list(keys, (c) => `${p(turn, c)} = ${mayEnd(plan, c) ? `select(0.0, exp2(s${c} - peak), first + ${4 * c}u + lane < ${length}u)` : `exp2(s${c} - peak)`};`)}
        ${list(width, (f) => `{ let r = ${fromTurn(turn, `g${f}`)}; ${list(keys, (c) => multiplyAdd(`h${c}`, `v[${c * width + f}]`, 'r'))} }`)}
        let mean = ${fromTurn(turn, 'delta')};
        ${list(keys, (c) => `${d(turn, c)} = (h${c} - mean) * ${p(turn, c)};`)}
      }`,
      )}
      ${list(
        width,
        (f) => `{
        ${eachTurn((turn) => `let g${turn} = ${fromTurn(turn, `g${f}`)};`).replaceAll(/let g(\d)/g, 'let ofG$1')}
        ${list(keys, (c) => `{ var a = dv[${c * width + f}]; ${eachTurn((turn) => multiplyAdd('a', p(turn, c), `ofG${turn}`))} dv[${c * width + f}] = a; }`)}
      } {
        ${eachTurn((turn) => `let ofQ${turn} = ${fromTurn(turn, `q${f}`)};`)}
        ${list(keys, (c) => `{ var a = dk[${c * width + f}]; ${eachTurn((turn) => multiplyAdd('a', d(turn, c), `ofQ${turn}`))} dk[${c * width + f}] = a; }`)}
      }`,
      )}
      ${list(
        width,
        (f) =>
          `var o${f} = 0.0; ${eachTurn((turn) => `{ var a = ${d(turn, 0)} * k[${f}]; ${list(keys, (c) => (c > 0 ? multiplyAdd('a', `k[${c * width + f}]`, d(turn, c)) : ''))} o${f} += ${fromTurn(turn, 'a')}; }`)}`,
      )}
      if (present) {
        ${list(row.parts, (u) => `let sum${u} = ${row.part('o', u)} * ${scale};`)}
        ${
          one
            ? list(row.parts, (u) => `dqkv[at + ${u}] = sum${u};`)
            : `if (first > 0u) { ${list(row.parts, (u) => `dqkv[at + ${u}] += sum${u};`)} } else { ${list(row.parts, (u) => `dqkv[at + ${u}] = sum${u};`)} }`
        }
      }
    }
    for (var c = 0u; c < ${keys}u; c++) {
      let key = first + 4u * c + lane;
      if (key < ${length}u) {
        let at = ((start + key) * ${3 * heads}u + ${heads}u + head) * ${row.parts}u;
        for (var u = 0u; u < ${row.parts}u; u++) {
          let x = c * ${width}u + u * ${row.lanes}u;
          // q was loaded with the factor that turns the base of exp2 into e's.
          dqkv[at + u] = ${row.lanes === 4 ? 'vec4f(dk[x], dk[x + 1], dk[x + 2], dk[x + 3])' : 'dk[x]'} * ${Math.LN2};
          dqkv[at + ${heads * row.parts}u + u] = ${row.lanes === 4 ? 'vec4f(dv[x], dv[x + 1], dv[x + 2], dv[x + 3])' : 'dv[x]'};
        }
      }
    }
  }
}`;
}

/** Bindings: segments, qkv, dy, out, lse, dqkv. */
export function quadGradient(shape: QuadShape): Shader {
  const { type } = rowText(shape.width);
  return {
    name: 'AttentionGradient',
    code:
      head([
        `read> qkv: array<${type}>`,
        `read> dy: array<${type}>`,
        `read> out: array<${type}>`,
        'read> lse: array<f32>',
        `read_write> dqkv: array<${type}>`,
      ]) +
      list(shape.plans.length, (i) => {
        const plan = shape.plans[i];
        return plan ? gradientSegment(i, plan, shape) : '';
      }) +
      main(shape, () => 1),
  };
}
