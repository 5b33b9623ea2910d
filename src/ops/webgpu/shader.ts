/** What a dispatch is made of, and WGSL that kernels share. */
import type { TensorInfo } from '@tensorflow/tfjs-core';

export interface Shader {
  /** Shown in profiles, e.g. "LayerNorm". */
  name: string;
  /**
   * Whole WGSL text, entry point `main`; @group(0) @binding(i) is the i-th binding of the dispatch, and each must be
   * used. Every constant of the compilation is in the text: equal texts share a pipeline.
   */
  code: string;
}

export type Binding = TensorInfo | GPUBufferBinding | GPUTextureView | GPUSampler;

/** Workgroups along x, y, z. */
export type Grid = readonly [number, number?, number?];

export const MOST_WORKGROUPS = 65_535;

/**
 * A grid of at least `count` workgroups in a row, folded where a row would be longer than WebGPU allows. The shader
 * counts with `workgroupIndex(id, grid)` of FOLDED_INDEX and must leave when the index is `count` or more.
 */
export function folded(count: number): Grid {
  const rows = Math.ceil(count / MOST_WORKGROUPS);
  return [Math.ceil(count / rows), rows];
}

/** WGSL: the running number of a workgroup in a folded grid. */
export const FOLDED_INDEX = /* wgsl */ `
fn workgroupIndex(id: vec3u, grid: vec3u) -> u32 { return id.y * grid.x + id.x; }
`;

/** WGSL repeated: the texts for 0 to count − 1, a line each. */
export const lines = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('\n');
