/** BatchNorm over many rows with statistics that are given, and running statistics that follow a batch's. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuBackend } from './backend.ts';
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, type Variable, vectorWidth } from './rows.ts';

interface Applied {
  x: TensorInfo;
  weight: TensorInfo;
  bias: TensorInfo;
  mean: TensorInfo;
  scale: TensorInfo;
  residual: TensorInfo | undefined;
  y: TensorInfo;
}

/** y = (x − mean)·scale·weight + bias + residual, and its positive part. */
export function applied(
  backend: GpuBackend,
  { x, weight, bias, mean, scale, residual, y }: Applied,
  relu: boolean,
): void {
  const [rows, width] = matrixShape(x);
  const added: Variable[] = residual ? [['residual', 'read', 'V']] : [];
  const { shader, grid } = flatShader(
    {
      name: 'BatchNorm2d',
      variables: [
        ['x', 'read', 'V'],
        ['weight', 'read', 'V'],
        ['bias', 'read', 'V'],
        ['means', 'read', 'V'],
        ['scales', 'read', 'V'],
        ...added,
        ['y', 'read_write', 'V'],
      ],
      body: /* wgsl */ `
  let column = i % WIDTH;
  var value = (x[i] - means[column]) * scales[column] * weight[column] + bias[column];
  ${residual ? 'value += residual[i];' : ''}
  y[i] = ${relu ? 'max(value, V())' : 'value'};`,
    },
    (rows * width) / vectorWidth(width),
    width,
  );
  backend.dispatch(shader, [x, weight, bias, mean, scale, ...(residual ? [residual] : []), y], grid);
}

/** {x [rows, n], weight, bias, mean, scale [n], residual [rows, n]?} settings {relu} → [y]. */
const FIXED_NORM_2D: GpuKernel = {
  name: 'FixedNorm2d',
  run(backend, inputs, settings) {
    const of = (name: string) => inputOf(inputs, name);
    const y = backend.output(of('x').shape);
    const given = { weight: of('weight'), bias: of('bias'), mean: of('mean'), scale: of('scale') };
    applied(backend, { x: of('x'), ...given, residual: inputs.residual, y }, Boolean(settings.relu));
    return [y];
  },
};

/**
 * {mean, variance [n], count []?, batchMean, batchVariance [n], apply []} settings {momentum, unbiased}: mean and variance
 * ← (1 − m)·old + m·the batch's, the variance's times `unbiased`, count ← count + 1, in place, unless `apply` is 0.
 */
const FOLLOW_MOMENTS: GpuKernel = {
  name: 'FollowMoments',
  run(backend, inputs, settings) {
    const { count } = inputs;
    const given = ['batchMean', 'batchVariance', 'apply'].map((name) => inputOf(inputs, name));
    const moved = [inputOf(inputs, 'mean'), inputOf(inputs, 'variance'), ...(count ? [count] : [])];
    const [width = 0] = moved[0]?.shape ?? [];
    const momentum = numberOf(settings, 'momentum');
    const { shader, grid } = flatShader(
      {
        name: 'FollowMoments',
        variables: [
          ['batchMean', 'read', 'V'],
          ['batchVariance', 'read', 'V'],
          ['apply', 'read', 'f32'],
          ['mean', 'read_write', 'V'],
          ['variance', 'read_write', 'V'],
          ...(count ? [['count', 'read_write', 'f32'] as const] : []),
        ],
        body: /* wgsl */ `
  if (apply[0] == 0.0) { return; }
  mean[i] = mean[i] * ${1 - momentum} + batchMean[i] * ${momentum};
  variance[i] = variance[i] * ${1 - momentum} + batchVariance[i] * ${momentum * numberOf(settings, 'unbiased')};
  ${count ? 'if (i == 0u) { count[0] += 1.0; }' : ''}`,
      },
      width / vectorWidth(width),
      width,
    );
    backend.dispatch(shader, [...given, ...moved], grid);
    for (const tensor of moved) backend.changed(tensor);
    return [];
  },
};

export const FIXED_NORM_2D_KERNELS: readonly GpuKernel[] = [FIXED_NORM_2D, FOLLOW_MOMENTS];
