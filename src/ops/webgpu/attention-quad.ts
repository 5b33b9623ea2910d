/**
 * Attention for a software adapter, whose subgroups are one SIMD register of four lanes: a quad of lanes to a head of a
 * sequence, without workgroup memory and barriers. A lane holds every fourth key of a tile; of every four queries it
 * loads one, and in turn t works with the query of lane l ^ t, which a quad swap brings.
 */
import {
  CHUNK,
  eachTurn,
  fromTurn,
  head,
  loadKeys,
  main,
  mayEnd,
  multiplyAdd,
  type QuadPlan,
  type QuadShape,
  rowText,
} from './attention-quad-text.ts';
import { lines, type Shader } from './shader.ts';

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
        ${lines(keys, (c) => `var s${c} = 0.0;`)}
        ${lines(width, (f) => `{ let r = ${fromTurn(turn, `q${f}`)}; ${lines(keys, (c) => multiplyAdd(`s${c}`, `k[${c * width + f}]`, 'r'))} }`)}
        ${lines(keys, (c) => (mayEnd(plan, c) ? `s${c} = select(-2e30, s${c}, first + ${4 * c}u + lane < ${length}u);` : ''))}
        most${turn} = s0;
        ${lines(keys, (c) => (c > 0 ? `most${turn} = select(most${turn}, s${c}, s${c} > most${turn});` : ''))}
        ${lines(keys, (c) => `${p(turn, c)} = s${c};`)}
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
        ${lines(keys, (c) => `{ let weight = exp2(${p(turn, c)} - peak); own += weight; ${p(turn, c)} = weight; }`)}
        sum += ${fromTurn(turn, 'own')};
      }`,
      )}
      ${lines(width, (f) => `var o${f} = 0.0;`)}
      ${
        one
          ? ''
          : `if (first > 0u) { ${lines(row.parts, (u) => `let held${u} = out[to + ${u}] * fade; ${lines(row.lanes, (e) => `o${u * row.lanes + e} = ${row.component(`held${u}`, e)};`)}`)} }`
      }
      ${lines(width, (f) =>
        eachTurn(
          (turn) =>
            `{ var a = ${p(turn, 0)} * v[${f}]; ${lines(keys, (c) => (c > 0 ? multiplyAdd('a', `v[${c * width + f}]`, p(turn, c)) : ''))} o${f} += ${fromTurn(turn, 'a')}; }`,
        ),
      )}
      if (query + lane < ${length}u) {
        let scale = 1.0 / sum;
        ${lines(row.parts, (u) => `out[to + ${u}] = ${row.part('o', u)} * scale;`)}
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
      lines(shape.plans.length, (i) => {
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
      ${lines(row.parts, (u) => `let yPart${u} = out[to + ${u}]; delta += ${product(u)};`)}
      let whole = select(1e30, lse[i * ${heads}u + head], present);
      ${eachTurn(
        (turn) => `{
        ${lines(keys, (c) => `var s${c} = 0.0; var h${c} = 0.0;`)}
        ${lines(width, (f) => `{ let r = ${fromTurn(turn, `q${f}`)}; ${lines(keys, (c) => multiplyAdd(`s${c}`, `k[${c * width + f}]`, 'r'))} }`)}
        let peak = ${fromTurn(turn, 'whole')};
        ${lines(keys, (c) => `${p(turn, c)} = ${mayEnd(plan, c) ? `select(0.0, exp2(s${c} - peak), first + ${4 * c}u + lane < ${length}u)` : `exp2(s${c} - peak)`};`)}
        ${lines(width, (f) => `{ let r = ${fromTurn(turn, `g${f}`)}; ${lines(keys, (c) => multiplyAdd(`h${c}`, `v[${c * width + f}]`, 'r'))} }`)}
        let mean = ${fromTurn(turn, 'delta')};
        ${lines(keys, (c) => `${d(turn, c)} = (h${c} - mean) * ${p(turn, c)};`)}
      }`,
      )}
      ${lines(
        width,
        (f) => `{
        ${eachTurn((turn) => `let ofG${turn} = ${fromTurn(turn, `g${f}`)};`)}
        ${lines(keys, (c) => `{ var a = dv[${c * width + f}]; ${eachTurn((turn) => multiplyAdd('a', p(turn, c), `ofG${turn}`))} dv[${c * width + f}] = a; }`)}
      } {
        ${eachTurn((turn) => `let ofQ${turn} = ${fromTurn(turn, `q${f}`)};`)}
        ${lines(keys, (c) => `{ var a = dk[${c * width + f}]; ${eachTurn((turn) => multiplyAdd('a', d(turn, c), `ofQ${turn}`))} dk[${c * width + f}] = a; }`)}
      }`,
      )}
      ${lines(
        width,
        (f) =>
          `var o${f} = 0.0; ${eachTurn((turn) => `{ var a = ${d(turn, 0)} * k[${f}]; ${lines(keys, (c) => (c > 0 ? multiplyAdd('a', `k[${c * width + f}]`, d(turn, c)) : ''))} o${f} += ${fromTurn(turn, 'a')}; }`)}`,
      )}
      if (present) {
        ${lines(row.parts, (u) => `let sum${u} = ${row.part('o', u)} * ${scale};`)}
        ${
          one
            ? lines(row.parts, (u) => `dqkv[at + ${u}] = sum${u};`)
            : `if (first > 0u) { ${lines(row.parts, (u) => `dqkv[at + ${u}] += sum${u};`)} } else { ${lines(row.parts, (u) => `dqkv[at + ${u}] = sum${u};`)} }`
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
      lines(shape.plans.length, (i) => {
        const plan = shape.plans[i];
        return plan ? gradientSegment(i, plan, shape) : '';
      }) +
      main(shape, () => 1),
  };
}
