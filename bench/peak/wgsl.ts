/** Kernels that say what an adapter can do at best: multiply-adds, copies, and products of square matrices. */

export interface PeakKernel {
  name: string;
  code: string;
  /** Workgroups for a product of side `n`. */
  grid: (n: number) => [number, number];
}

export const COPY_WORKGROUP = 64;
/** vec4s that an invocation copies. */
export const COPY_EACH = 4;

export const COPY = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@compute @workgroup_size(${COPY_WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * ${COPY_WORKGROUP * COPY_EACH}u + lane;
  for (var i = 0u; i < ${COPY_EACH}u; i++) { y[first + i * ${COPY_WORKGROUP}u] = x[first + i * ${COPY_WORKGROUP}u]; }
}`;

export const ARITHMETIC_WORKGROUP = 64;
export const ARITHMETIC_ROUNDS = 512;
const CHAINS = 8;
/** Floating-point operations of one invocation. */
export const ARITHMETIC_EACH = ARITHMETIC_ROUNDS * CHAINS * 4 * 2;

const chains = (line: (i: number) => string) => Array.from({ length: CHAINS }, (_, i) => line(i)).join('\n');

export const ARITHMETIC = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@compute @workgroup_size(${ARITHMETIC_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = x[0];
${chains((i) => `  var a${i} = x[${i + 1}] + f32(id.x);`)}
  for (var i = 0u; i < ${ARITHMETIC_ROUNDS}u; i++) {
${chains((i) => `    a${i} = fma(a${i}, m, m);`)}
  }
  y[id.x] = ${Array.from({ length: CHAINS }, (_, i) => `a${i}`).join(' + ')};
}`;

const MATRICES = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
`;

const repeat = (n: number, line: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => line(i)).join('\n');

/** Each invocation keeps `rows` × 8 results in registers and reads both operands from memory. */
function registerTile(n: number, rows: number): PeakKernel {
  const wide = n / 4;
  return {
    name: `registers, ${rows} × 8`,
    grid: (side) => [side / 8 / 4, side / rows],
    code: `${MATRICES}
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x * 2u;
  let row = id.y * ${rows}u;
${repeat(rows, (r) => `  var l${r} = vec4f(); var h${r} = vec4f();`)}
  for (var k = 0u; k < ${n}u; k++) {
    let low = b[k * ${wide}u + column];
    let high = b[k * ${wide}u + column + 1u];
${repeat(rows, (r) => `    { let v = vec4f(a[(row + ${r}u) * ${n}u + k]); l${r} = fma(v, low, l${r}); h${r} = fma(v, high, h${r}); }`)}
  }
${repeat(rows, (r) => `  c[(row + ${r}u) * ${wide}u + column] = l${r}; c[(row + ${r}u) * ${wide}u + column + 1u] = h${r};`)}
}`,
  };
}

/** Four lanes share 16 rows: each loads a quarter of A's values and hears the others' by broadcast. */
function subgroupTile(n: number): PeakKernel {
  const rows = 16;
  const wide = n / 4;
  const own = rows / 4;
  return {
    name: 'subgroup of 4, 16 × 8',
    grid: (side) => [side / 8 / 4, side / rows],
    code: `enable subgroups;
${MATRICES}
@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let column = (group.x * 4u + lane) * 2u;
  let row = group.y * ${rows}u;
${repeat(rows, (r) => `  var l${r} = vec4f(); var h${r} = vec4f();`)}
  for (var k = 0u; k < ${n}u; k += 2u) {
${repeat(own, (i) => `    let s${i} = a[(row + ${i * 4}u + lane) * ${n}u + k]; let t${i} = a[(row + ${i * 4}u + lane) * ${n}u + k + 1u];`)}
    {
      let low = b[k * ${wide}u + column]; let high = b[k * ${wide}u + column + 1u];
${repeat(rows, (r) => `      { let v = vec4f(subgroupBroadcast(s${Math.floor(r / 4)}, ${r % 4}u)); l${r} = fma(v, low, l${r}); h${r} = fma(v, high, h${r}); }`)}
    }
    {
      let low = b[(k + 1u) * ${wide}u + column]; let high = b[(k + 1u) * ${wide}u + column + 1u];
${repeat(rows, (r) => `      { let v = vec4f(subgroupBroadcast(t${Math.floor(r / 4)}, ${r % 4}u)); l${r} = fma(v, low, l${r}); h${r} = fma(v, high, h${r}); }`)}
    }
  }
${repeat(rows, (r) => `  c[(row + ${r}u) * ${wide}u + column] = l${r}; c[(row + ${r}u) * ${wide}u + column + 1u] = h${r};`)}
}`,
  };
}

/** Tiles of `block` × `block` results in workgroup memory, `each` × `each` of them per invocation. */
function workgroupTile(n: number, block: number, each: number, depth: number): PeakKernel {
  const lanes = block / each;
  const threads = lanes * lanes;
  const wide = n / 4;
  const quarter = block / 4;
  const parts = each / 4;
  // Values of A, and vec4s of B, that an invocation brings in for a slice of `depth`.
  const ofA = (block * depth) / threads;
  const ofB = (quarter * depth) / threads;
  return {
    name: `workgroup memory, ${block} × ${block}, ${each} × ${each} each`,
    grid: (side) => [side / block, side / block],
    code: `${MATRICES}
var<workgroup> tileA: array<f32, ${block * depth}>;
var<workgroup> tileB: array<vec4f, ${quarter * depth}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let x = lane % ${lanes}u;
  let y = lane / ${lanes}u;
  var sums: array<vec4f, ${each * parts}>;
  for (var k = 0u; k < ${n}u; k += ${depth}u) {
    for (var i = 0u; i < ${ofA}u; i++) {
      let at = i * ${threads}u + lane;
      tileA[(at % ${depth}u) * ${block}u + at / ${depth}u] = a[(group.y * ${block}u + at / ${depth}u) * ${n}u + k + at % ${depth}u];
    }
    for (var i = 0u; i < ${ofB}u; i++) {
      let at = i * ${threads}u + lane;
      tileB[at] = b[(k + at / ${quarter}u) * ${wide}u + group.x * ${quarter}u + at % ${quarter}u];
    }
    workgroupBarrier();
    for (var d = 0u; d < ${depth}u; d++) {
${repeat(parts, (p) => `      let b${p} = tileB[d * ${quarter}u + x + ${p * lanes}u];`)}
${repeat(each, (r) => `      { let v = vec4f(tileA[d * ${block}u + y * ${each}u + ${r}u]);\n${repeat(parts, (p) => `        sums[${r * parts + p}] = fma(v, b${p}, sums[${r * parts + p}]);`)} }`)}
    }
    workgroupBarrier();
  }
${repeat(each, (r) => repeat(parts, (p) => `  c[(group.y * ${block}u + y * ${each}u + ${r}u) * ${wide}u + group.x * ${quarter}u + x + ${p * lanes}u] = sums[${r * parts + p}];`))}
}`,
  };
}

/** Recipes for C = A·B of side `n`, a multiple of 128; the first group wins on software, the second on GPUs. */
export function productKernels(n: number, traits: { subgroupsOfFour: boolean }): PeakKernel[] {
  return [
    registerTile(n, 8),
    ...(traits.subgroupsOfFour ? [subgroupTile(n)] : []),
    workgroupTile(n, 64, 4, 16),
    workgroupTile(n, 64, 8, 16),
    workgroupTile(n, 128, 8, 8),
  ];
}
