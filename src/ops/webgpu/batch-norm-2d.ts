/** BatchNorm over many rows, forward and gradient: sums in runs of rows, added up by a second dispatch in a fixed order. */
import { applied } from './fixed-norm-2d.ts';
import { gradientOutput } from './gradient-slots.ts';
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, type Variable, vectorWidth } from './rows.ts';

/** About as many runs as rows of a run: neither dispatch has long loops. */
function runsOf(rows: number): { length: number; runs: number } {
  const length = Math.ceil(Math.sqrt(rows));
  return { length, runs: Math.ceil(rows / length) };
}

/** {x [rows, n], weight, bias [n], residual [rows, n]?} settings {epsilon, relu} → [y], mean, variance and scale, [n] each. */
const BATCH_NORM_2D: GpuKernel = {
  name: 'BatchNorm2d',
  run(backend, inputs, settings) {
    const [x, weight, bias] = [inputOf(inputs, 'x'), inputOf(inputs, 'weight'), inputOf(inputs, 'bias')];
    const { residual } = inputs;
    const [rows, width] = matrixShape(x);
    const { length, runs } = runsOf(rows);
    const vectors = width / vectorWidth(width);
    // By run, the mean before the squares around it: [runs, 2, n].
    const parts = backend.output([runs, 2 * width]);
    const within = flatShader(
      {
        name: 'BatchNorm2d runs',
        variables: [
          ['x', 'read', 'V'],
          ['parts', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  let run = i / WIDTH;
  let column = i % WIDTH;
  let first = run * ${length}u;
  let last = min(first + ${length}u, ${rows}u);
  var sum = V();
  for (var r = first; r < last; r++) { sum += x[r * WIDTH + column]; }
  let mean = sum / f32(last - first);
  var squares = V();
  for (var r = first; r < last; r++) {
    let centered = x[r * WIDTH + column] - mean;
    squares += centered * centered;
  }
  parts[2u * run * WIDTH + column] = mean;
  parts[(2u * run + 1u) * WIDTH + column] = squares;`,
      },
      runs * vectors,
      width,
    );
    backend.dispatch(within.shader, [x, parts], within.grid);
    const statistics = [backend.output([width]), backend.output([width]), backend.output([width])];
    // Chan, Golub & LeVeque 1979: squares around the whole mean out of those around each run's own.
    const across = flatShader(
      {
        name: 'BatchNorm2d statistics',
        variables: [
          ['parts', 'read', 'V'],
          ['means', 'read_write', 'V'],
          ['variances', 'read_write', 'V'],
          ['scales', 'read_write', 'V'],
        ],
        before: /* wgsl */ `
fn rowsOf(run: u32) -> f32 { return f32(min(${length}u, ${rows}u - run * ${length}u)); }`,
        body: /* wgsl */ `
  var sum = V();
  for (var run = 0u; run < ${runs}u; run++) { sum += parts[2u * run * WIDTH + i] * rowsOf(run); }
  let mean = sum / ${rows}.0;
  var squares = V();
  for (var run = 0u; run < ${runs}u; run++) {
    let off = parts[2u * run * WIDTH + i] - mean;
    squares += parts[(2u * run + 1u) * WIDTH + i] + off * off * rowsOf(run);
  }
  let variance = squares / ${rows}.0;
  means[i] = mean;
  variances[i] = variance;
  scales[i] = 1.0 / sqrt(variance + ${numberOf(settings, 'epsilon')});`,
      },
      vectors,
      width,
    );
    backend.dispatch(across.shader, [parts, ...statistics], across.grid);
    const y = backend.output([rows, width]);
    const [mean, variance, scale] = statistics;
    if (!mean || !variance || !scale) throw new RangeError('There are three statistics');
    applied(backend, { x, weight, bias, mean, scale, residual, y }, Boolean(settings.relu));
    backend.disposeData(parts.dataId);
    return [y, mean, variance, scale];
  },
};

/**
 * {dy, x [rows, n], mean, scale, weight, bias [n], y [rows, n]? where a ReLU stood behind it} settings {residual} →
 * [dx, dweight, dbias] and, with a residual, [dresidual].
 */
const BATCH_NORM_2D_GRADIENT: GpuKernel = {
  name: 'BatchNorm2dGradient',
  run(backend, inputs, settings) {
    const [dy, x, weight, bias] = [
      inputOf(inputs, 'dy'),
      inputOf(inputs, 'x'),
      inputOf(inputs, 'weight'),
      inputOf(inputs, 'bias'),
    ];
    const [mean, scale] = [inputOf(inputs, 'mean'), inputOf(inputs, 'scale')];
    const { y } = inputs;
    const [rows, width] = matrixShape(x);
    const { length, runs } = runsOf(rows);
    const vectors = width / vectorWidth(width);
    const relu: Variable[] = y ? [['y', 'read', 'V']] : [];
    const withY = y ? [y] : [];
    const passed = (at: string) => (y ? `select(V(), dy[${at}], y[${at}] > V())` : `dy[${at}]`);
    // By run, dbias's part before dweight's: [runs, 2, n].
    const parts = backend.output([runs, 2 * width]);
    const within = flatShader(
      {
        name: 'BatchNorm2dGradient runs',
        variables: [
          ['dy', 'read', 'V'],
          ['x', 'read', 'V'],
          ['means', 'read', 'V'],
          ['scales', 'read', 'V'],
          ...relu,
          ['parts', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  let run = i / WIDTH;
  let column = i % WIDTH;
  let first = run * ${length}u;
  let last = min(first + ${length}u, ${rows}u);
  let mean = means[column];
  let scale = scales[column];
  var ofBias = V();
  var ofWeight = V();
  for (var r = first; r < last; r++) {
    let at = r * WIDTH + column;
    let d = ${passed('at')};
    ofBias += d;
    ofWeight += d * ((x[at] - mean) * scale);
  }
  parts[2u * run * WIDTH + column] = ofBias;
  parts[(2u * run + 1u) * WIDTH + column] = ofWeight;`,
      },
      runs * vectors,
      width,
    );
    backend.dispatch(within.shader, [dy, x, mean, scale, ...withY, parts], within.grid);
    const dWeight = gradientOutput(backend, weight, [width]);
    const dBias = gradientOutput(backend, bias, [width]);
    const across = flatShader(
      {
        name: 'BatchNorm2dGradient sums',
        variables: [
          ['parts', 'read', 'V'],
          ['dWeight', 'read_write', 'V'],
          ['dBias', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  var ofBias = V();
  var ofWeight = V();
  for (var run = 0u; run < ${runs}u; run++) {
    ofBias += parts[2u * run * WIDTH + i];
    ofWeight += parts[(2u * run + 1u) * WIDTH + i];
  }
  dBias[i] = ofBias;
  dWeight[i] = ofWeight;`,
      },
      vectors,
      width,
    );
    backend.dispatch(across.shader, [parts, dWeight, dBias], across.grid);
    const dx = backend.output([rows, width]);
    const dResidual = settings.residual ? backend.output([rows, width]) : null;
    // Gradients lie in one buffer of all parameters, whose parts may not be read here: both means by themselves.
    const sums = backend.output([2 * width]);
    const both = flatShader(
      {
        name: 'BatchNorm2dGradient means',
        variables: [
          ['parts', 'read', 'V'],
          ['sums', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  var sum = V();
  for (var run = 0u; run < ${runs}u; run++) { sum += parts[2u * run * WIDTH + i]; }
  sums[i] = sum / ${rows}.0;`,
      },
      2 * vectors,
      width,
    );
    backend.dispatch(both.shader, [parts, sums], both.grid);
    const apply = flatShader(
      {
        name: 'BatchNorm2dGradient',
        variables: [
          ['dy', 'read', 'V'],
          ['x', 'read', 'V'],
          ['means', 'read', 'V'],
          ['scales', 'read', 'V'],
          ['weight', 'read', 'V'],
          ['sums', 'read', 'V'],
          ...relu,
          ['dx', 'read_write', 'V'],
          ...(dResidual ? [['dResidual', 'read_write', 'V'] as const] : []),
        ],
        body: /* wgsl */ `
  let column = i % WIDTH;
  let d = ${passed('i')};
  let normal = (x[i] - means[column]) * scales[column];
  ${dResidual ? 'dResidual[i] = d;' : ''}
  dx[i] = (d - sums[column] - normal * sums[WIDTH + column]) * (scales[column] * weight[column]);`,
      },
      rows * vectors,
      width,
    );
    const outputs = [dx, ...(dResidual ? [dResidual] : [])];
    backend.dispatch(apply.shader, [dy, x, mean, scale, weight, sums, ...withY, ...outputs], apply.grid);
    for (const { dataId } of [parts, sums]) backend.disposeData(dataId);
    return [dx, dWeight, dBias, ...(dResidual ? [dResidual] : [])];
  },
};

export const BATCH_NORM_2D_KERNELS: readonly GpuKernel[] = [BATCH_NORM_2D, BATCH_NORM_2D_GRADIENT];
