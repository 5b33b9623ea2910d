/** WGSL pieces of attention in tiles: rows staged in workgroup memory, their products, and sums over a tile. */
import { FOLDED_INDEX, lines, type Shader } from './shader.ts';

/** Columns of a tile: rows of the other side that are staged at once. */
export const COLUMNS = 32;

export interface TileShape {
  heads: number;
  /** Of a head. */
  width: number;
  segments: number;
  /** Of the workgroup's own sequence rows in a tile: a multiple of 4, as a thread has four of them. */
  rows: number;
}

/** Bytes of workgroup memory that the kernels of a shape take at most. */
export function tileStorage({ width, rows }: Pick<TileShape, 'width' | 'rows'>): number {
  const { stride } = stages(width);
  return 16 * ((rows + COLUMNS) * stride + (COLUMNS * rows) / 4 + threads({ rows }));
}

/** Threads of a workgroup: eight for every four rows. */
const threads = ({ rows }: Pick<TileShape, 'rows'>) => 2 * rows;

/** Quadruples of features: of a head, of a stage, and the stages. */
export function stages(width: number) {
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
export function rowAccess(
  name: string,
  { buffer, heads, before }: Source,
  width: number,
  writes: boolean,
): string {
  const index = `((row * ${heads}u + ${before}u + head) * ${width}u)`;
  if (width % 4 === 0) {
    const at = `${buffer}[${index} / 4u + quad]`;
    return writes
      ? `fn put_${name}(row: u32, head: u32, quad: u32, value: vec4f) { ${at} = value; }`
      : `fn get_${name}(row: u32, head: u32, quad: u32) -> vec4f { return ${at}; }`;
  }
  const each = (text: (f: number) => string) =>
    lines(4, (f) => `if (quad * 4u + ${f}u < ${width}u) { ${text(f)} }`);
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

/** Stages a tile's rows of a sequence from row `first` on, zeros beyond its length or the head's width; `column` in quadruples. */
const stage = (memory: 'left' | 'right', source: string, first: string, column: string, shape: TileShape) => {
  const { quads, staged, stride } = stages(shape.width);
  const rows = memory === 'left' ? shape.rows : COLUMNS;
  return /* wgsl */ `
    for (var e = thread; e < ${rows * staged}u; e += ${threads(shape)}u) {
      let r = e / ${staged}u;
      let quad = ${column} + e % ${staged}u;
      var value = vec4f();
      if (${first} + r < place.length && quad < ${quads}u) { value = get_${source}(place.start + ${first} + r, place.head, quad); }
      ${memory}[r * ${stride}u + e % ${staged}u] = value;
    }`;
};

/** sums0 … sums3, one a row of the thread, += left row · right row for the thread's four columns. */
export const scores = (
  sums: string,
  left: readonly [source: string, first: string],
  right: readonly [source: string, first: string],
  shape: TileShape,
) => {
  const { quads, staged, stride } = stages(shape.width);
  return /* wgsl */ `
  ${lines(4, (r) => `var ${sums}${r} = vec4f();`)}
  for (var column = 0u; column < ${quads}u; column += ${staged}u) {
    workgroupBarrier();
    ${stage('left', ...left, 'column', shape)}
    ${stage('right', ...right, 'column', shape)}
    workgroupBarrier();
    for (var u = 0u; u < ${staged}u; u++) {
      ${lines(4, (c) => `let b${c} = right[(across + ${8 * c}u) * ${stride}u + u];`)}
      ${lines(4, (r) => `{ let a = left[(down * 4u + ${r}u) * ${stride}u + u]; ${sums}${r} += vec4f(dot(a, b0), dot(a, b1), dot(a, b2), dot(a, b3)); }`)}
    }
  }`;
};

/** Puts a tile of values, name0 … name3 a row of the thread, into workgroup memory: four rows together, by column. */
export const share = (name: string, { rows }: TileShape) => /* wgsl */ `
  workgroupBarrier();
  ${lines(4, (c) => `shared_tile[(across + ${8 * c}u) * ${rows / 4}u + down] = vec4f(${name}0[${c}], ${name}1[${c}], ${name}2[${c}], ${name}3[${c}]);`)}`;

/** sums{stage}_{row} += tile · rows of the source: the thread has one quadruple of each stage. */
export const spread = (sums: string, source: string, first: string, shape: TileShape) => {
  const { staged, count, stride } = stages(shape.width);
  return lines(
    count,
    (x) => /* wgsl */ `
  workgroupBarrier();
  {
    ${stage('right', source, first, `${x * staged}u`, shape)}
    workgroupBarrier();
    if (across < ${staged}u) {
      for (var j = 0u; j < ${COLUMNS}u; j++) {
        let weight = shared_tile[j * ${shape.rows / 4}u + down];
        let value = right[j * ${stride}u + across];
        ${lines(4, (r) => `${sums}${x}_${r} += weight[${r}] * value;`)}
      }
    }
  }`,
  );
};

export const zeros = (sums: string, width: number) =>
  lines(stages(width).count, (x) => lines(4, (r) => `var ${sums}${x}_${r} = vec4f();`));

/** Writes the thread's rows, `text` making the value of a sum of a row. */
export const write = (
  target: string,
  sums: string,
  width: number,
  text: (sum: string, row: number) => string,
) => {
  const { quads, staged, count } = stages(width);
  return lines(count, (x) =>
    lines(
      4,
      (r) =>
        `if (across < ${staged}u && ${x * staged}u + across < ${quads}u && first + down * 4u + ${r}u < place.length) {
      put_${target}(place.start + first + down * 4u + ${r}u, place.head, ${x * staged}u + across, ${text(`${sums}${x}_${r}`, r)});
    }`,
    ),
  );
};

/** The whole text around a kernel's body, which has place, first (its tile's first row), thread, across and down. */
export function shader(
  name: string,
  shape: TileShape,
  buffers: readonly (readonly [name: string, access: 'read' | 'read_write', type: 'rows' | 'f32'])[],
  functions: string,
  body: string,
): Shader {
  const { heads, width, segments, rows } = shape;
  const { stride } = stages(width);
  const row = width % 4 === 0 ? 'vec4f' : 'f32';
  return {
    name,
    code: /* wgsl */ `${FOLDED_INDEX}
// For each segment the number of its first workgroup, its first row, its length and the tiles of a sequence; then the
// number of all workgroups.
@group(0) @binding(0) var<storage, read> segments: array<u32>;
${lines(buffers.length, (i) => {
  const [buffer, access, type] = buffers[i] ?? ['', 'read', 'f32'];
  return `@group(0) @binding(${i + 1}) var<storage, ${access}> ${buffer}: array<${type === 'rows' ? row : type}>;`;
})}
var<workgroup> left: array<vec4f, ${rows * stride}>;
var<workgroup> right: array<vec4f, ${COLUMNS * stride}>;
var<workgroup> shared_tile: array<vec4f, ${(COLUMNS * rows) / 4}>;
var<workgroup> across_rows: array<vec4f, ${threads(shape)}>;
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
@compute @workgroup_size(${threads(shape)})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = workgroupIndex(id, grid);
  if (group >= segments[${4 * segments}]) { return; }
  let place = placeOf(group);
  let first = place.tile * ${rows}u;
  let across = thread % 8u;
  let down = thread / 8u;
  ${body}
}`,
  };
}

export const thirds = (buffer: string, prefix: string, heads: number, width: number, writes: boolean) =>
  ['q', 'k', 'v']
    .map((name, i) =>
      rowAccess(prefix + name, { buffer, heads: 3 * heads, before: i * heads }, width, writes),
    )
    .join('\n');

export const own = (buffer: string, heads: number, width: number, writes = false) =>
  rowAccess(buffer, { buffer, heads, before: 0 }, width, writes);

/** Into base 2, with the scale of the scores. */
export const exponent = (width: number) => Math.LOG2E / Math.sqrt(width);

/** A value over a row's eight threads, by way of workgroup memory. */
export const overRow = (
  result: string,
  value: string,
  combine: (a: string, b: string) => string,
  { rows }: TileShape,
) => /* wgsl */ `
  workgroupBarrier();
  across_rows[across * ${rows / 4}u + down] = ${value};
  workgroupBarrier();
  var ${result} = across_rows[down];
  for (var e = 1u; e < 8u; e++) { ${result} = ${combine(result, `across_rows[e * ${rows / 4}u + down]`)}; }`;

/** A per-row number of the thread's four rows, `otherwise` beyond the sequence. */
export const ofRows = (name: string, buffer: string, heads: number, otherwise: string) => /* wgsl */ `
  var ${name} = vec4f(${otherwise});
  ${lines(4, (r) => `if (first + down * 4u + ${r}u < place.length) { ${name}[${r}] = ${buffer}[(place.start + first + down * 4u + ${r}u) * ${heads}u + place.head]; }`)}`;
