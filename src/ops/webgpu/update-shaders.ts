/** WGSL of the update of all parameters: norms of the gradients, what clipping multiplies them with, the move itself. */
import { CLIP_EPSILON } from '../clip.ts';
import { GROUP_STRIDE, GROUP_VALUE, groupStart, VALUE } from '../step-values.ts';
import type { UpdateSettings } from '../update-parameters.ts';
import { FOLDED_INDEX, type Shader } from './shader.ts';

/** Group of a parameter that no optimizer moves. */
export const NO_GROUP = 0xff;

/** A number as a float in WGSL, whether it has a point or not. */
const float = (value: number) => `f32(${value})`;

/** Chunk: first vec4, number of vec4s, parameter, group. */
const CHUNKS = '@group(0) @binding(0) var<storage, read> chunks: array<vec4u>;';

const main = (workgroup: number, body: string) => /* wgsl */ `
${FOLDED_INDEX}
@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(id, grid);
  ${body}
}`;

/** The lanes' sums are added up by the first lane, in their order: every run adds alike. */
const addLanes = (workgroup: number, target: string) => `
  lanes[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var i = 0u; i < ${workgroup}u; i++) { total += lanes[i]; }
    ${target} = total;
  }`;

/** Sum of squares of each chunk of a buffer of gradients; its first chunk is the `first` of all. */
export const squaresShader = (workgroup: number, first: number): Shader => ({
  name: 'GradientSquares',
  code: /* wgsl */ `
${CHUNKS}
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> squares: array<f32>;
var<workgroup> lanes: array<f32, ${workgroup}>;
${main(
  workgroup,
  /* wgsl */ `if (index >= arrayLength(&chunks)) { return; }
  let chunk = chunks[index];
  var sum = 0.0;
  for (var i = lane; i < chunk.y; i += ${workgroup}u) {
    let g = gradients[chunk.x + i];
    sum += dot(g, g);
  }
  ${addLanes(workgroup, `squares[index + ${first}u]`)}`,
)}`,
});

/** Squared norm of each parameter's gradient; `spans` has its first chunk and their number. */
export const normsShader = (workgroup: number): Shader => ({
  name: 'GradientNorms',
  code: /* wgsl */ `
@group(0) @binding(0) var<storage, read> spans: array<vec2u>;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
var<workgroup> lanes: array<f32, ${workgroup}>;
${main(
  workgroup,
  /* wgsl */ `if (index >= arrayLength(&spans)) { return; }
  let span = spans[index];
  var sum = 0.0;
  for (var i = lane; i < span.y; i += ${workgroup}u) { sum += squares[span.x + i]; }
  ${addLanes(workgroup, 'norms[index]')}`,
)}`,
});

/**
 * Norm of all gradients, whether it and the loss are finite, and what each parameter's gradient is multiplied with:
 * −1 where nothing may move.
 */
export const clipShader = (workgroup: number, { clip, clipNorm }: UpdateSettings): Shader => {
  const coefficient = {
    off: '1.0',
    global: 'bounded(total)',
    tensor: 'bounded(norms[i])',
  }[clip];
  return {
    name: 'ClipGradients',
    code: /* wgsl */ `
@group(0) @binding(0) var<storage, read> norms: array<f32>;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> coefficients: array<f32>;
@group(0) @binding(3) var<storage, read_write> norm: array<f32>;
@group(0) @binding(4) var<storage, read_write> finite: array<f32>;
var<workgroup> lanes: array<f32, ${workgroup}>;
fn bounded(square: f32) -> f32 { return min(1.0, ${float(clipNorm)} / (sqrt(square) + ${float(CLIP_EPSILON)})); }
// By the bits: a compiler may take every float for finite.
fn isFinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
@compute @workgroup_size(${workgroup})
fn main(@builtin(local_invocation_index) lane: u32) {
  let count = arrayLength(&norms);
  var sum = 0.0;
  for (var i = lane; i < count; i += ${workgroup}u) { sum += norms[i]; }
  lanes[lane] = sum;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < ${workgroup}u; i++) { total += lanes[i]; }
  let moves = isFinite(total) && isFinite(loss[0]);
  if (lane == 0u) {
    norm[0] = sqrt(total);
    finite[0] = select(0.0, 1.0, moves);
  }
  for (var i = lane; i < count; i += ${workgroup}u) { coefficients[i] = select(-1.0, ${coefficient}, moves); }
}`,
  };
};

/** The formulas of optimizers.ts, for four elements. */
function optimizerCode({ optimizer }: UpdateSettings): { bindings: string[]; code: string } {
  const { kind, beta1, beta2, epsilon, sgdMomentum } = optimizer;
  const decayedGradient = 'g += p * weightDecay;';
  switch (kind) {
    case 'sgd':
      return {
        bindings: ['first'],
        code: /* wgsl */ `${decayedGradient}
      let b = first[at] * ${float(sgdMomentum)} + g;
      first[at] = b;
      p -= b * lr;`,
      };
    case 'adam':
    case 'adamw':
      return {
        bindings: ['first', 'second'],
        code: /* wgsl */ `${kind === 'adam' ? decayedGradient : 'p *= keep;'}
      let m = first[at] * ${float(beta1)} + g * ${float(1 - beta1)};
      let v = second[at] * ${float(beta2)} + g * g * ${float(1 - beta2)};
      first[at] = m;
      second[at] = v;
      p -= m / (sqrt(v) * secondCorrection + ${float(epsilon)}) * stepSize;`,
      };
    default:
      return kind satisfies never;
  }
}

/** Optimizer and EMA over the chunks of one buffer of each kind, in place. */
export function moveShader(workgroup: number, settings: UpdateSettings): Shader {
  const { bindings, code } = optimizerCode(settings);
  const follow = 'teacher[at] = teacher[at] * momentum + p * complement;';
  const { active, ...own } = GROUP_VALUE;
  const numbers = Object.entries(own).map(([name, at]) => `let ${name} = values[start + ${at}u];`);
  return {
    name: 'UpdateParameters',
    code: /* wgsl */ `
${CHUNKS}
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> coefficients: array<f32>;
@group(0) @binding(3) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> student: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> teacher: array<vec4f>;
${bindings.map((name, i) => `@group(0) @binding(${6 + i}) var<storage, read_write> ${name}: array<vec4f>;`).join('\n')}
${main(
  workgroup,
  /* wgsl */ `if (index >= arrayLength(&chunks)) { return; }
  let chunk = chunks[index];
  let coefficient = coefficients[chunk.z];
  if (coefficient < 0.0) { return; }
  let start = ${groupStart(0)}u + select(chunk.w, 0u, chunk.w == ${NO_GROUP}u) * ${GROUP_STRIDE}u;
  ${numbers.join('\n  ')}
  let momentum = values[${VALUE.momentum}];
  let complement = values[${VALUE.complement}];
  let moves = chunk.w != ${NO_GROUP}u && values[start + ${active}u] != 0.0;
  for (var i = lane; i < chunk.y; i += ${workgroup}u) {
    let at = chunk.x + i;
    var p = student[at];
    ${settings.teacherUpdate === 'before' ? follow : ''}
    if (moves) {
      var g = gradients[at] * coefficient;
      ${code}
      student[at] = p;
    }
    ${settings.teacherUpdate === 'after' ? follow : ''}
  }`,
)}`,
  };
}

/** momentum·teacher + (1 − momentum)·student of a whole buffer, into another. */
export const followShader = (workgroup: number): Shader => ({
  name: 'FollowStudent',
  code: /* wgsl */ `
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<vec4f>;
@group(0) @binding(2) var<storage, read> student: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> followed: array<vec4f>;
${main(
  workgroup,
  /* wgsl */ `let at = index * ${workgroup}u + lane;
  if (at >= arrayLength(&followed)) { return; }
  followed[at] = teacher[at] * values[${VALUE.momentum}] + student[at] * values[${VALUE.complement}];`,
)}`,
});
