/** BatchNorm's running statistics, in place: a thread takes four columns. */
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, vectorWidth } from './rows.ts';

/**
 * {x [rows, n], mean [n], variance [n], count []?, apply []} settings {momentum}: mean and unbiased variance ←
 * (1 − m)·old + m·the batch's, count ← count + 1, unless `apply` is 0.
 */
const RUNNING_STATISTICS: GpuKernel = {
  name: 'RunningStatistics',
  run(backend, inputs, settings) {
    const [x, apply] = [inputOf(inputs, 'x'), inputOf(inputs, 'apply')];
    const { count } = inputs;
    const moved = [inputOf(inputs, 'mean'), inputOf(inputs, 'variance'), ...(count ? [count] : [])];
    const [rows, width] = matrixShape(x);
    const momentum = numberOf(settings, 'momentum');
    const { shader, grid } = flatShader(
      {
        name: 'RunningStatistics',
        variables: [
          ['x', 'read', 'V'],
          ['apply', 'read', 'f32'],
          ['mean', 'read_write', 'V'],
          ['variance', 'read_write', 'V'],
          ...(count ? [['count', 'read_write', 'f32'] as const] : []),
        ],
        body: /* wgsl */ `
  if (apply[0] == 0.0) { return; }
  var sum = V(0.0);
  for (var row = 0u; row < ${rows}u; row++) { sum += x[row * WIDTH + i]; }
  let center = sum * ${1 / rows};
  var squares = V(0.0);
  for (var row = 0u; row < ${rows}u; row++) {
    let off = x[row * WIDTH + i] - center;
    squares += off * off;
  }
  mean[i] = mean[i] * ${1 - momentum} + center * ${momentum};
  variance[i] = variance[i] * ${1 - momentum} + squares * ${momentum / Math.max(1, rows - 1)};
  ${count ? 'if (i == 0u) { count[0] += 1.0; }' : ''}`,
      },
      width / vectorWidth(width),
      width,
    );
    backend.dispatch(shader, [x, apply, ...moved], grid);
    for (const tensor of moved) backend.changed(tensor);
    return [];
  },
};

export const RUNNING_STATISTICS_KERNELS: readonly GpuKernel[] = [RUNNING_STATISTICS];
