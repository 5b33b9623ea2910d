/** Copies a tensor over another, in place, where a flag on the GPU says so. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GpuBackend } from './backend.ts';
import { FOLDED_INDEX, folded, type Shader } from './shader.ts';

const WORKGROUP = 64;

const shader = (flagged: boolean): Shader => ({
  name: 'Assign',
  code: /* wgsl */ `
@group(0) @binding(0) var<storage, read> value: array<f32>;
@group(0) @binding(1) var<storage, read_write> goal: array<f32>;
${flagged ? '@group(0) @binding(2) var<storage, read> apply: array<f32>;' : ''}
${FOLDED_INDEX}
@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroupIndex(group, grid) * ${WORKGROUP} + lane;
  if (i >= arrayLength(&goal)${flagged ? ' || apply[0] == 0.0' : ''}) { return; }
  goal[i] = value[i];
}`,
});

const ALWAYS = shader(false);
const FLAGGED = shader(true);

/** target ← apply ≠ 0 ? value : target; equally many elements, in different buffers. */
export function assignOnGpu(
  backend: GpuBackend,
  target: tf.TensorInfo,
  value: tf.TensorInfo,
  apply: tf.TensorInfo | null,
): void {
  const size = target.shape.reduce((product, n) => product * n, 1);
  backend.dispatch(
    apply ? FLAGGED : ALWAYS,
    [value, target, ...(apply ? [apply] : [])],
    folded(Math.ceil(size / WORKGROUP)),
  );
  backend.changed(target);
}
