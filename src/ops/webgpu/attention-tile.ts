/**
 * Attention for GPUs: 64 threads, in 8 rows of 8, compute tiles of 32 × 32 scores, 4 × 4 a thread, from rows that are
 * staged in workgroup memory 32 features at a time. No score leaves the workgroup.
 */
import type { Shader } from './shader.ts';
import { FOLDED_INDEX } from './shader.ts';

/** Rows and columns of a tile. */
export const TILE = 32;

export interface TileShape {
  heads: number;
  /** Of a head. */
  width: number;
  segments: number;
}

const list = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('\n');

/** Quadruples of features: of a head, of a stage, and the stages. */
function stages(width: number) {
  const quads = Math.ceil(width / 4);
  const staged = Math.min(8, quads);
  // An odd stride puts neighbouring rows into different banks.
  return { quads, staged, count: Math.ceil(quads / staged), stride: staged | 1 };
}

interface Source {
  buffer: string;
  /** Heads in a row of the buffer, and those before the first one that is meant. */
  heads: number;
  before: number;
}

/** WGSL functions that read and write four features of a head's row, nothing beyond its width. */
function rowAccess(name: string, { buffer, heads, before }: Source, width: number, writes: boolean): string {
  const index = `((row * ${heads}u + ${before}u + head) * ${width}u)`;
  if (width % 4 === 0) {
    const at = `${buffer}[${index} / 4u + quad]`;
    return writes
      ? `fn put_${name}(row: u32, head: u32, quad: u32, value: vec4f) { ${at} = value; }`
      : `fn get_${name}(row: u32, head: u32, quad: u32) -> vec4f { return ${at}; }`;
  }
  const each = (text: (f: number) => string) =>
    list(4, (f) => `if (quad * 4u + ${f}u < ${width}u) { ${text(f)} }`);
  return writes
    ? `fn put_${name}(row: u32, head: u32, quad: u32, value: vec4f) {
  let at = ${index} + quad * 4u;
  ${each((f) => `${buffer}[at + ${f}u] = value[${f}];`)}
}`
    : `fn get_${name}(row: u32, head: u32, quad: u32) -> vec4f {
  let at = ${index} + quad * 4u;
  var value = vec4f();
  ${each((f) => `value[${f}] = ${buffer}[at + ${f}u];`)}
  return value;
}`;
}

/** Stages 32 rows of a sequence from row `first` on, zeros beyond its length or the head's width; `column` in quadruples. */
const stage = (memory: 'left' | 'right', source: string, first: string, column: string, width: number) => {
  const { quads, staged, stride } = stages(width);
  return /* wgsl */ `
    for (var e = thread; e < ${TILE * staged}u; e += 64u) {
      let r = e / ${staged}u;
      let quad = ${column} + e % ${staged}u;
      var value = vec4f();
      if (${first} + r < place.length && quad < ${quads}u) { value = get_${source}(place.start + ${first} + r, place.head, quad); }
      ${memory}[r * ${stride}u + e % ${staged}u] = value;
    }`;
};

/** sums0 … sums3, one a row of the thread, += left row · right row for the thread's four columns. */
const scores = (
  sums: string,
  left: readonly [source: string, first: string],
  right: readonly [source: string, first: string],
  width: number,
) => {
  const { quads, staged, stride } = stages(width);
  return /* wgsl */ `
  ${list(4, (r) => `var ${sums}${r} = vec4f();`)}
  for (var column = 0u; column < ${quads}u; column += ${staged}u) {
    workgroupBarrier();
    ${stage('left', ...left, 'column', width)}
    ${stage('right', ...right, 'column', width)}
    workgroupBarrier();
    for (var u = 0u; u < ${staged}u; u++) {
      ${list(4, (c) => `let b${c} = right[(across + ${8 * c}u) * ${stride}u + u];`)}
      ${list(4, (r) => `{ let a = left[(down * 4u + ${r}u) * ${stride}u + u]; ${sums}${r} += vec4f(dot(a, b0), dot(a, b1), dot(a, b2), dot(a, b3)); }`)}
    }
  }`;
};

/** Puts a tile of values, name0 … name3 a row of the thread, into workgroup memory: four rows together, by column. */
const share = (name: string) => /* wgsl */ `
  workgroupBarrier();
  ${list(4, (c) => `shared_tile[(across + ${8 * c}u) * 8u + down] = vec4f(${name}0[${c}], ${name}1[${c}], ${name}2[${c}], ${name}3[${c}]);`)}`;

/** sums{stage}_{row} += tile · rows of the source: the thread has one quadruple of each stage. */
const spread = (sums: string, source: string, first: string, width: number) => {
  const { staged, count, stride } = stages(width);
  return list(
    count,
    (x) => /* wgsl */ `
  workgroupBarrier();
  {
    ${stage('right', source, first, `${x * staged}u`, width)}
    workgroupBarrier();
    if (across < ${staged}u) {
      for (var j = 0u; j < ${TILE}u; j++) {
        let weight = shared_tile[j * 8u + down];
        let value = right[j * ${stride}u + across];
        ${list(4, (r) => `${sums}${x}_${r} += weight[${r}] * value;`)}
      }
    }
  }`,
  );
};

const zeros = (sums: string, width: number) =>
  list(stages(width).count, (x) => list(4, (r) => `var ${sums}${x}_${r} = vec4f();`));

/** Writes the thread's rows, `text` making the value of a sum of a row. */
const write = (target: string, sums: string, width: number, text: (sum: string, row: number) => string) => {
  const { quads, staged, count } = stages(width);
  return list(count, (x) =>
    list(
      4,
      (r) =>
        `if (across < ${staged}u && ${x * staged}u + across < ${quads}u && first + down * 4u + ${r}u < place.length) {
      put_${target}(place.start + first + down * 4u + ${r}u, place.head, ${x * staged}u + across, ${text(`${sums}${x}_${r}`, r)});
    }`,
    ),
  );
};

/** The whole text around a kernel's body, which has place, first (its tile's first row), thread, across and down. */
function shader(
  name: string,
  shape: TileShape,
  buffers: readonly (readonly [name: string, access: 'read' | 'read_write', type: 'rows' | 'f32'])[],
  functions: string,
  body: string,
): Shader {
  const { heads, width, segments } = shape;
  const { stride } = stages(width);
  const rows = width % 4 === 0 ? 'vec4f' : 'f32';
  return {
    name,
    code: /* wgsl */ `${FOLDED_INDEX}
// For each segment the number of its first workgroup, its first row, its length and the tiles of a sequence; then the
// number of all workgroups.
@group(0) @binding(0) var<storage, read> segments: array<u32>;
${list(buffers.length, (i) => {
  const [buffer, access, type] = buffers[i] ?? ['', 'read', 'f32'];
  return `@group(0) @binding(${i + 1}) var<storage, ${access}> ${buffer}: array<${type === 'rows' ? rows : type}>;`;
})}
var<workgroup> left: array<vec4f, ${TILE * stride}>;
var<workgroup> right: array<vec4f, ${TILE * stride}>;
var<workgroup> shared_tile: array<vec4f, ${TILE * 8}>;
var<workgroup> across_rows: array<vec4f, 64>;
struct Place { start: u32, length: u32, head: u32, tile: u32 }
fn placeOf(group: u32) -> Place {
  var s = 0u;
  while (s + 1u < ${segments}u && group >= segments[4u * s + 4u]) { s++; }
  let index = group - segments[4u * s];
  let length = segments[4u * s + 2u];
  let tiles = segments[4u * s + 3u];
  let row = segments[4u * s + 1u] + index / (tiles * ${heads}u) * length;
  return Place(row, length, index / tiles % ${heads}u, index % tiles);
}
${functions}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = workgroupIndex(id, grid);
  if (group >= segments[${4 * segments}]) { return; }
  let place = placeOf(group);
  let first = place.tile * ${TILE}u;
  let across = thread % 8u;
  let down = thread / 8u;
  ${body}
}`,
  };
}

const thirds = (buffer: string, prefix: string, heads: number, width: number, writes: boolean) =>
  ['q', 'k', 'v']
    .map((name, i) =>
      rowAccess(prefix + name, { buffer, heads: 3 * heads, before: i * heads }, width, writes),
    )
    .join('\n');

const own = (buffer: string, heads: number, width: number, writes = false) =>
  rowAccess(buffer, { buffer, heads, before: 0 }, width, writes);

/** Into base 2, with the scale of the scores. */
const exponent = (width: number) => Math.LOG2E / Math.sqrt(width);

/** A value over a row's eight threads, by way of workgroup memory. */
const overRow = (result: string, value: string, combine: (a: string, b: string) => string) => /* wgsl */ `
  workgroupBarrier();
  across_rows[across * 8u + down] = ${value};
  workgroupBarrier();
  var ${result} = across_rows[down];
  for (var e = 1u; e < 8u; e++) { ${result} = ${combine(result, 'across_rows[e * 8u + down]')}; }`;

/** A per-row number of the thread's four rows, `otherwise` beyond the sequence. */
const ofRows = (name: string, buffer: string, heads: number, otherwise: string) => /* wgsl */ `
  var ${name} = vec4f(${otherwise});
  ${list(4, (r) => `if (first + down * 4u + ${r}u < place.length) { ${name}[${r}] = ${buffer}[(place.start + first + down * 4u + ${r}u) * ${heads}u + place.head]; }`)}`;

/** Bindings: segments, qkv, out, lse (in base 2). A workgroup has 32 queries and goes through the keys. */
export function tileForward(shape: TileShape): Shader {
  const { heads, width } = shape;
  return shader(
    'Attention',
    shape,
    [
      ['qkv', 'read', 'rows'],
      ['out', 'read_write', 'rows'],
      ['lse', 'read_write', 'f32'],
    ],
    `${thirds('qkv', '', heads, width, false)}\n${own('out', heads, width, true)}`,
    /* wgsl */ `
  var top = vec4f(-1e30);
  var sum = vec4f();
  ${zeros('o', width)}
  for (var keys = 0u; keys < place.length; keys += ${TILE}u) {
    ${scores('s', ['q', 'first'], ['k', 'keys'], width)}
    let present = vec4<bool>(${[0, 1, 2, 3].map((c) => `keys + across + ${8 * c}u < place.length`).join(', ')});
    ${list(4, (r) => `s${r} = select(vec4f(-2e30), s${r} * ${exponent(width)}, present);`)}
    let own = vec4f(${[0, 1, 2, 3].map((r) => `max(max(s${r}.x, s${r}.y), max(s${r}.z, s${r}.w))`).join(', ')});
    ${overRow('peak', 'own', (a, b) => `max(${a}, ${b})`)}
    peak = max(peak, top);
    let fade = exp2(top - peak);
    top = peak;
    ${list(4, (r) => `s${r} = exp2(s${r} - peak[${r}]);`)}
    ${overRow('weights', `vec4f(${[0, 1, 2, 3].map((r) => `(s${r}.x + s${r}.y) + (s${r}.z + s${r}.w)`).join(', ')})`, (a, b) => `${a} + ${b}`)}
    sum = sum * fade + weights;
    ${list(stages(width).count, (x) => list(4, (r) => `o${x}_${r} *= fade[${r}];`))}
    ${share('s')}
    ${spread('o', 'v', 'keys', width)}
  }
  ${write('out', 'o', width, (value, r) => `${value} / sum[${r}]`)}
  if (across == 0u) {
    ${list(4, (r) => `if (first + down * 4u + ${r}u < place.length) { lse[(place.start + first + down * 4u + ${r}u) * ${heads}u + place.head] = top[${r}] + log2(sum[${r}]); }`)}
  }`,
  );
}

/** Bindings: segments, qkv, dy, out, lse, delta, dqkv: dq, and delta [tokens, heads] = Σ dy·out for the other gradient. */
export function tileQueryGradient(shape: TileShape): Shader {
  const { heads, width } = shape;
  const { quads } = stages(width);
  return shader(
    'AttentionQueryGradient',
    shape,
    [
      ['qkv', 'read', 'rows'],
      ['dy', 'read', 'rows'],
      ['out', 'read', 'rows'],
      ['lse', 'read', 'f32'],
      ['delta', 'read_write', 'f32'],
      ['dqkv', 'read_write', 'rows'],
    ],
    [
      thirds('qkv', '', heads, width, false),
      own('dy', heads, width),
      own('out', heads, width),
      rowAccess('dq', { buffer: 'dqkv', heads: 3 * heads, before: 0 }, width, true),
    ].join('\n'),
    /* wgsl */ `
  var products = vec4f();
  for (var quad = across; quad < ${quads}u; quad += 8u) {
    ${list(4, (r) => `if (first + down * 4u + ${r}u < place.length) { let row = place.start + first + down * 4u + ${r}u; products[${r}] += dot(get_dy(row, place.head, quad), get_out(row, place.head, quad)); }`)}
  }
  ${overRow('mean', 'products', (a, b) => `${a} + ${b}`)}
  if (across == 0u) {
    ${list(4, (r) => `if (first + down * 4u + ${r}u < place.length) { delta[(place.start + first + down * 4u + ${r}u) * ${heads}u + place.head] = mean[${r}]; }`)}
  }
  ${ofRows('whole', 'lse', heads, '1e30')}
  ${zeros('o', width)}
  for (var keys = 0u; keys < place.length; keys += ${TILE}u) {
    ${scores('s', ['q', 'first'], ['k', 'keys'], width)}
    ${scores('h', ['dy', 'first'], ['v', 'keys'], width)}
    let present = vec4<bool>(${[0, 1, 2, 3].map((c) => `keys + across + ${8 * c}u < place.length`).join(', ')});
    ${list(4, (r) => `s${r} = select(vec4f(), exp2(s${r} * ${exponent(width)} - whole[${r}]) * (h${r} - mean[${r}]), present);`)}
    ${share('s')}
    ${spread('o', 'k', 'keys', width)}
  }
  ${write('dq', 'o', width, (value) => `${value} * ${1 / Math.sqrt(width)}`)}`,
  );
}

/** Bindings: segments, qkv, dy, lse, delta, dqkv: dk and dv. A workgroup has 32 keys and goes through the queries. */
export function tileKeyGradient(shape: TileShape): Shader {
  const { heads, width } = shape;
  const ofColumns = (name: string, buffer: string, otherwise: string) => /* wgsl */ `
    var ${name} = vec4f(${otherwise});
    ${list(4, (c) => `if (queries + across + ${8 * c}u < place.length) { ${name}[${c}] = ${buffer}[(place.start + queries + across + ${8 * c}u) * ${heads}u + place.head]; }`)}`;
  return shader(
    'AttentionKeyGradient',
    shape,
    [
      ['qkv', 'read', 'rows'],
      ['dy', 'read', 'rows'],
      ['lse', 'read', 'f32'],
      ['delta', 'read', 'f32'],
      ['dqkv', 'read_write', 'rows'],
    ],
    [
      thirds('qkv', '', heads, width, false),
      own('dy', heads, width),
      rowAccess('dk', { buffer: 'dqkv', heads: 3 * heads, before: heads }, width, true),
      rowAccess('dv', { buffer: 'dqkv', heads: 3 * heads, before: 2 * heads }, width, true),
    ].join('\n'),
    /* wgsl */ `
  ${zeros('dk', width)}
  ${zeros('dv', width)}
  for (var queries = 0u; queries < place.length; queries += ${TILE}u) {
    ${scores('s', ['k', 'first'], ['q', 'queries'], width)}
    ${scores('h', ['v', 'first'], ['dy', 'queries'], width)}
    ${ofColumns('whole', 'lse', '1e30')}
    ${ofColumns('mean', 'delta', '0.0')}
    ${list(4, (r) => `s${r} = exp2(s${r} * ${exponent(width)} - whole); h${r} = s${r} * (h${r} - mean);`)}
    ${share('s')}
    ${spread('dv', 'dy', 'queries', width)}
    ${share('h')}
    ${spread('dk', 'q', 'queries', width)}
  }
  ${write('dk', 'dk', width, (value) => `${value} * ${1 / Math.sqrt(width)}`)}
  ${write('dv', 'dv', width, (value) => value)}`,
  );
}
