/** A matrix product with what is done to each of its sums: what every GEMM kernel is told, and the WGSL they share. */
import type { AdapterTraits } from './backend.ts';
import type { Variable } from './rows.ts';
import { FOLDED_INDEX, type Grid, type Shader } from './shader.ts';

/** A·B, A·Bᵀ, Aᵀ·B. In TN the sums run over rows of both, and may be split into parts. */
export type GemmForm = 'NN' | 'NT' | 'TN';

export interface GemmShape {
  form: GemmForm;
  m: number;
  n: number;
  k: number;
}

/** C [m, n] = A·B over k; A [m, k] or [k, m], B [k, n] or [n, k]. */
export interface GemmTask extends GemmShape {
  name: string;
  /** After a and b, in the order of the dispatch's bindings. */
  variables: readonly Variable[];
  /** WGSL before `finish`. */
  before?: string;
  /**
   * WGSL of finish(part, row, column, sum: V): what is done with a sum, or with four neighbouring ones; `column` and
   * WIDTH (of a row) count in V, `at` is the place in a matrix [m, n].
   */
  finish: string;
  /** Form TN: WGSL of finishColumns(part, column, sum: V), which takes the sum over B's rows. */
  finishColumns?: string;
  /** Form TN: a variable `keep` says how often each row of B counts. */
  keep?: boolean;
}

/** What a variant must fit. */
export interface GemmAdapter {
  traits: AdapterTraits;
  /** Bytes of workgroup memory. */
  storage: number;
}

/** One way to do it. */
export interface GemmVariant {
  name: string;
  suits(task: GemmTask, adapter: GemmAdapter): boolean;
  /** Parts that it takes k in; 1 but for TN. */
  parts(task: GemmTask): number;
  plan(task: GemmTask, parts: number): GemmPlan;
}

export interface GemmPlan {
  shader: Shader;
  grid: Grid;
  /** To be bound after the task's own variables. */
  dims: readonly number[] | null;
}

/** Four values at once need rows of multiples of four in whatever is read or written by rows. */
export function inFours({ form, m, n, k }: GemmShape): boolean {
  return n % 4 === 0 && (form === 'TN' ? m % 4 === 0 : k % 4 === 0);
}

/** k in `parts` stretches whose lengths are multiples of `step`. */
export const stretch = (k: number, parts: number, step: number): number => Math.ceil(k / parts / step) * step;

export interface SharedText {
  extensions?: string;
  /** WGSL types of a and b. */
  a: string;
  b: string;
  /** Values in a V. */
  width: 1 | 4;
  /** m, n, k and the stretch of k that a part takes, where the text holds them; null where `dims` is bound. */
  sizes: readonly [m: number, n: number, k: number, stretch: number] | null;
}

/**
 * WGSL above `main`: the variables, M(), N(), K(), STRETCH(), finish() and finishColumns(). Where the sizes are data,
 * `main` begins with READ_SIZES: a read from memory wherever one is used would cost more than the use.
 */
export function sharedText(task: GemmTask, { extensions = '', a, b, width, sizes }: SharedText): string {
  const variables: Variable[] = [...task.variables, ...(sizes ? [] : [['dims', 'read', 'u32'] as const])];
  return /* wgsl */ `${extensions}alias V = ${width === 4 ? 'vec4f' : 'f32'};
@group(0) @binding(0) var<storage, read> a: array<${a}>;
@group(0) @binding(1) var<storage, read> b: array<${b}>;
${variables.map(([name, access, type], i) => `@group(0) @binding(${i + 2}) var<storage, ${access}> ${name}: array<${type}>;`).join('\n')}
${sizes ? '' : 'var<private> sizes: vec4u;'}
${['M', 'N', 'K', 'STRETCH'].map((name, i) => `fn ${name}() -> u32 { return ${sizes ? `${sizes[i]}u` : `sizes[${i}]`}; }`).join('\n')}
${FOLDED_INDEX}${task.before ?? ''}
fn finish(part: u32, row: u32, column: u32, sum: V) {
  let WIDTH = N() / ${width}u;
  let at = row * WIDTH + column;
${task.finish}
}
${
  task.finishColumns === undefined
    ? ''
    : `fn finishColumns(part: u32, column: u32, sum: V) {
  let WIDTH = N() / ${width}u;
${task.finishColumns}
}`
}`;
}

/** See `sharedText`. WGSL takes a private variable for one that differs between lanes, so the loop has m, n, k, part. */
export const READ_SIZES = /* wgsl */ `  let m = dims[0];
  let n = dims[1];
  let k = dims[2];
  let part = dims[3];
  sizes = vec4u(m, n, k, part);`;

/** `count` numbers from 0. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A line of WGSL for each number, in order. */
export const each = (count: number, line: (i: number) => string): string => range(count).map(line).join('\n');
