/** L2-normalised rows and weight-normed prototypes, forward and gradient: a team of lanes takes a row. */
import { gradientOutput } from './gradient-slots.ts';
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { rowShader } from './rows.ts';
import { folded } from './shader.ts';

/** WGSL: the row's norm, from the vectors of `x`. */
const normOf = (x: string) => /* wgsl */ `
  var squares = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) {
    let v = ${x}[start + i];
    squares += total(v * v);
  }
  let length = sqrt(teamSum(vec4f(squares, 0.0, 0.0, 0.0), lane).x);
`;

/** {x [rows, n]} settings {floor} → x / max(‖x‖, floor), and what was divided by, [rows, 1]. */
const L2_NORMALIZE: GpuKernel = {
  name: 'L2Normalize',
  run(backend, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, width] = matrixShape(x);
    const outputs = [backend.output([rows, width]), backend.output([rows, 1])];
    const shader = rowShader(
      backend.traits,
      {
        name: 'L2Normalize',
        variables: [
          ['x', 'read', 'V'],
          ['unit', 'read_write', 'V'],
          ['norms', 'read_write', 'f32'],
        ],
        body: /* wgsl */ `${normOf('x')}
  let norm = max(length, ${numberOf(settings, 'floor')});
  for (var i = lane; i < WIDTH; i += LANES) { unit[start + i] = x[start + i] / norm; }
  if (lane == 0u) { norms[row] = norm; }`,
      },
      rows,
      width,
    );
    backend.dispatch(shader, [x, ...outputs], folded(rows));
    return outputs;
  },
};

/** {dy, unit [rows, n], norms [rows, 1]} → dx: the part of dy across the row, over its norm. */
const L2_NORMALIZE_GRADIENT: GpuKernel = {
  name: 'L2NormalizeGradient',
  run(backend, inputs) {
    const dy = inputOf(inputs, 'dy');
    const [rows, width] = matrixShape(dy);
    const dx = backend.output([rows, width]);
    const shader = rowShader(
      backend.traits,
      {
        name: 'L2NormalizeGradient',
        variables: [
          ['dy', 'read', 'V'],
          ['unit', 'read', 'V'],
          ['norms', 'read', 'f32'],
          ['dx', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  var products = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) { products += total(dy[start + i] * unit[start + i]); }
  let along = teamSum(vec4f(products, 0.0, 0.0, 0.0), lane).x;
  let norm = norms[row];
  for (var i = lane; i < WIDTH; i += LANES) {
    dx[start + i] = (dy[start + i] - unit[start + i] * along) / norm;
  }`,
      },
      rows,
      width,
    );
    backend.dispatch(shader, [dy, inputOf(inputs, 'unit'), inputOf(inputs, 'norms'), dx], folded(rows));
    return [dx];
  },
};

/** {v [K, n], g [K, 1]} → g·v/‖v‖, and ‖v‖ [K, 1]. */
const WEIGHT_NORM: GpuKernel = {
  name: 'WeightNorm',
  run(backend, inputs) {
    const v = inputOf(inputs, 'v');
    const [rows, width] = matrixShape(v);
    const outputs = [backend.output([rows, width]), backend.output([rows, 1])];
    const shader = rowShader(
      backend.traits,
      {
        name: 'WeightNorm',
        variables: [
          ['v', 'read', 'V'],
          ['g', 'read', 'f32'],
          ['w', 'read_write', 'V'],
          ['norms', 'read_write', 'f32'],
        ],
        body: /* wgsl */ `${normOf('v')}
  let gain = g[row];
  for (var i = lane; i < WIDTH; i += LANES) { w[start + i] = v[start + i] / length * gain; }
  if (lane == 0u) { norms[row] = length; }`,
      },
      rows,
      width,
    );
    backend.dispatch(shader, [v, inputOf(inputs, 'g'), ...outputs], folded(rows));
    return outputs;
  },
};

/** {dw, v [K, n], g, norms [K, 1]} → [dv, dg]. */
const WEIGHT_NORM_GRADIENT: GpuKernel = {
  name: 'WeightNormGradient',
  run(backend, inputs) {
    const [dw, v, g, norms] = [
      inputOf(inputs, 'dw'),
      inputOf(inputs, 'v'),
      inputOf(inputs, 'g'),
      inputOf(inputs, 'norms'),
    ];
    const [rows, width] = matrixShape(v);
    const outputs = [gradientOutput(backend, v, [rows, width]), gradientOutput(backend, g, [rows, 1])];
    const shader = rowShader(
      backend.traits,
      {
        name: 'WeightNormGradient',
        variables: [
          ['dw', 'read', 'V'],
          ['v', 'read', 'V'],
          ['g', 'read', 'f32'],
          ['norms', 'read', 'f32'],
          ['dv', 'read_write', 'V'],
          ['dg', 'read_write', 'f32'],
        ],
        body: /* wgsl */ `
  let norm = norms[row];
  var products = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) { products += total(dw[start + i] * v[start + i]); }
  let along = teamSum(vec4f(products, 0.0, 0.0, 0.0), lane).x / norm;
  let scale = g[row] / norm;
  for (var i = lane; i < WIDTH; i += LANES) {
    dv[start + i] = (dw[start + i] - v[start + i] / norm * along) * scale;
  }
  if (lane == 0u) { dg[row] = along; }`,
      },
      rows,
      width,
    );
    backend.dispatch(shader, [dw, v, g, norms, ...outputs], folded(rows));
    return outputs;
  },
};

export const NORMALIZE_KERNELS: readonly GpuKernel[] = [
  L2_NORMALIZE,
  L2_NORMALIZE_GRADIENT,
  WEIGHT_NORM,
  WEIGHT_NORM_GRADIENT,
];
