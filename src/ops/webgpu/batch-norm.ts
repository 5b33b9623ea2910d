/** BatchNorm in train mode, forward and gradient: a thread takes a column, as the rows are a batch and few. */
import { gradientOutput } from './gradient-slots.ts';
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, vectorWidth } from './rows.ts';

/** {x [rows, n], weight, bias [n]} settings {epsilon} → [y], the columns' means and 1/√(variance + ε), [n] each. */
const BATCH_NORM: GpuKernel = {
  name: 'BatchNorm',
  run(backend, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, width] = matrixShape(x);
    const outputs = [backend.output([rows, width]), backend.output([width]), backend.output([width])];
    const { shader, grid } = flatShader(
      {
        name: 'BatchNorm',
        variables: [
          ['x', 'read', 'V'],
          ['weight', 'read', 'V'],
          ['bias', 'read', 'V'],
          ['y', 'read_write', 'V'],
          ['means', 'read_write', 'V'],
          ['scales', 'read_write', 'V'],
        ],
        before: `const ROWS = ${rows}u;`,
        body: /* wgsl */ `
  var sum = V();
  for (var r = 0u; r < ROWS; r++) { sum += x[r * WIDTH + i]; }
  let mean = sum / f32(ROWS);
  var squares = V();
  for (var r = 0u; r < ROWS; r++) {
    let centered = x[r * WIDTH + i] - mean;
    squares += centered * centered;
  }
  let scale = 1.0 / sqrt(squares / f32(ROWS) + ${numberOf(settings, 'epsilon')});
  for (var r = 0u; r < ROWS; r++) {
    y[r * WIDTH + i] = (x[r * WIDTH + i] - mean) * scale * weight[i] + bias[i];
  }
  means[i] = mean;
  scales[i] = scale;`,
      },
      width / vectorWidth(width),
      width,
    );
    backend.dispatch(shader, [x, inputOf(inputs, 'weight'), inputOf(inputs, 'bias'), ...outputs], grid);
    return outputs;
  },
};

/** {dy, x [rows, n], mean, scale, weight, bias [n]} → [dx, dweight, dbias]. */
const BATCH_NORM_GRADIENT: GpuKernel = {
  name: 'BatchNormGradient',
  run(backend, inputs) {
    const [dy, x, weight, bias] = [
      inputOf(inputs, 'dy'),
      inputOf(inputs, 'x'),
      inputOf(inputs, 'weight'),
      inputOf(inputs, 'bias'),
    ];
    const [rows, width] = matrixShape(x);
    const dx = backend.output([rows, width]);
    const outputs = [gradientOutput(backend, weight, [width]), gradientOutput(backend, bias, [width])];
    const { shader, grid } = flatShader(
      {
        name: 'BatchNormGradient',
        variables: [
          ['dy', 'read', 'V'],
          ['x', 'read', 'V'],
          ['means', 'read', 'V'],
          ['scales', 'read', 'V'],
          ['weight', 'read', 'V'],
          ['dx', 'read_write', 'V'],
          ['dWeight', 'read_write', 'V'],
          ['dBias', 'read_write', 'V'],
        ],
        before: `const ROWS = ${rows}u;`,
        body: /* wgsl */ `
  let mean = means[i];
  let scale = scales[i];
  var ofWeight = V();
  var ofBias = V();
  for (var r = 0u; r < ROWS; r++) {
    let d = dy[r * WIDTH + i];
    ofWeight += d * ((x[r * WIDTH + i] - mean) * scale);
    ofBias += d;
  }
  for (var r = 0u; r < ROWS; r++) {
    let normal = (x[r * WIDTH + i] - mean) * scale;
    dx[r * WIDTH + i] = scale * weight[i] * (dy[r * WIDTH + i] - (ofBias + normal * ofWeight) / f32(ROWS));
  }
  dWeight[i] = ofWeight;
  dBias[i] = ofBias;`,
      },
      width / vectorWidth(width),
      width,
    );
    const [mean, scale] = [inputOf(inputs, 'mean'), inputOf(inputs, 'scale')];
    backend.dispatch(shader, [dy, x, mean, scale, weight, dx, ...outputs], grid);
    return [dx, ...outputs];
  },
};

export const BATCH_NORM_KERNELS: readonly GpuKernel[] = [BATCH_NORM, BATCH_NORM_GRADIENT];
