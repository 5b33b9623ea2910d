/** What the teacher asks for, and the center of its logits. */
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import { ONLINE_START } from './loss.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, rowShader, vectorWidth } from './rows.ts';
import { folded } from './shader.ts';

/** {logits [rows, K], center [1, K]?, inverseTemperature []} → softmax((logits − center)·inverseTemperature). */
const TEACHER_TARGETS: GpuKernel = {
  name: 'TeacherTargets',
  run(backend, inputs) {
    const logits = inputOf(inputs, 'logits');
    const { center } = inputs;
    const [rows, prototypes] = matrixShape(logits);
    const targets = backend.output([rows, prototypes]);
    const shader = rowShader(
      backend.traits,
      {
        name: 'TeacherTargets',
        variables: [
          ['logits', 'read', 'V'],
          ['inverseTemperature', 'read', 'f32'],
          ['targets', 'read_write', 'V'],
          ...(center ? [['center', 'read', 'V'] as const] : []),
        ],
        before: /* wgsl */ `
fn sharpened(start: u32, i: u32) -> V {
  return (logits[start + i]${center ? ' - center[i]' : ''}) * inverseTemperature[0];
}`,
        body: /* wgsl */ `${ONLINE_START}
  for (var i = lane; i < WIDTH; i += LANES) {
    let z = sharpened(start, i);
    let next = max(most, peak(z));
    sum = sum * exp(most - next) + total(exp(z - next));
    most = next;
  }
  let top = teamMax(most, lane);
  let all = teamSum(vec4f(sum * exp(most - top), 0.0, 0.0, 0.0), lane).x;
  for (var i = lane; i < WIDTH; i += LANES) { targets[start + i] = exp(sharpened(start, i) - top) / all; }`,
      },
      rows,
      prototypes,
    );
    const bindings = [logits, inputOf(inputs, 'inverseTemperature'), targets, ...(center ? [center] : [])];
    backend.dispatch(shader, bindings, folded(rows));
    return [targets];
  },
};

/**
 * {center [1, K], logits [rows, K], apply []?} settings {momentum}: center ← m·center + (1 − m)·mean of the rows, in
 * place, unless `apply` is 0.
 */
const CENTER: GpuKernel = {
  name: 'Center',
  run(backend, inputs, settings) {
    const [center, logits] = [inputOf(inputs, 'center'), inputOf(inputs, 'logits')];
    const { apply } = inputs;
    const [rows, prototypes] = matrixShape(logits);
    const momentum = numberOf(settings, 'momentum');
    const { shader, grid } = flatShader(
      {
        name: 'Center',
        variables: [
          ['logits', 'read', 'V'],
          ['center', 'read_write', 'V'],
          ...(apply ? [['apply', 'read', 'f32'] as const] : []),
        ],
        body: /* wgsl */ `
  ${apply ? 'if (apply[0] == 0.0) { return; }' : ''}
  var sum = V(0.0);
  for (var row = 0u; row < ${rows}u; row++) { sum += logits[row * WIDTH + i]; }
  center[i] = center[i] * ${momentum} + sum * ${(1 - momentum) / rows};`,
      },
      prototypes / vectorWidth(prototypes),
      prototypes,
    );
    backend.dispatch(shader, [logits, center, ...(apply ? [apply] : [])], grid);
    backend.changed(center);
    return [];
  },
};

export const TARGET_KERNELS: readonly GpuKernel[] = [TEACHER_TARGETS, CENTER];
