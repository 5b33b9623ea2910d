/** Layer normalisation, forward and gradient: a team of lanes takes a row, and in the gradient a run of rows. */
import { gradientOutput } from './gradient-slots.ts';
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, rowShader, vectorWidth } from './rows.ts';
import { folded } from './shader.ts';

/** {x [rows, n], weight, bias [n]} settings {epsilon} → [y], the rows' means and 1/√(variance + ε), [rows] each. */
const LAYER_NORM: GpuKernel = {
  name: 'LayerNorm',
  run(backend, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, width] = matrixShape(x);
    const outputs = [backend.output([rows, width]), backend.output([rows]), backend.output([rows])];
    const shader = rowShader(
      backend.traits,
      {
        name: 'LayerNorm',
        variables: [
          ['x', 'read', 'V'],
          ['weight', 'read', 'V'],
          ['bias', 'read', 'V'],
          ['y', 'read_write', 'V'],
          ['means', 'read_write', 'f32'],
          ['scales', 'read_write', 'f32'],
        ],
        body: /* wgsl */ `
  var sum = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) { sum += total(x[start + i]); }
  let mean = teamSum(vec4f(sum, 0.0, 0.0, 0.0), lane).x / ${width}.0;
  var squares = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) {
    let centered = x[start + i] - mean;
    squares += total(centered * centered);
  }
  let variance = teamSum(vec4f(squares, 0.0, 0.0, 0.0), lane).x / ${width}.0;
  let scale = 1.0 / sqrt(variance + ${numberOf(settings, 'epsilon')});
  for (var i = lane; i < WIDTH; i += LANES) {
    y[start + i] = (x[start + i] - mean) * scale * weight[i] + bias[i];
  }
  if (lane == 0u) { means[row] = mean; scales[row] = scale; }`,
      },
      rows,
      width,
    );
    backend.dispatch(
      shader,
      [x, inputOf(inputs, 'weight'), inputOf(inputs, 'bias'), ...outputs],
      folded(rows),
    );
    return outputs;
  },
};

/**
 * {dy, x [rows, n], mean, scale [rows], weight, bias [n], beside [rows, n]?} → [dx + beside, dweight, dbias]. The sums over the rows are taken in
 * runs, beside dx, and the runs added up by a second dispatch: the same order every time.
 */
const LAYER_NORM_GRADIENT: GpuKernel = {
  name: 'LayerNormGradient',
  run(backend, inputs) {
    const { beside } = inputs;
    const [dy, x, weight, bias] = [
      inputOf(inputs, 'dy'),
      inputOf(inputs, 'x'),
      inputOf(inputs, 'weight'),
      inputOf(inputs, 'bias'),
    ];
    const [rows, width] = matrixShape(x);
    const runLength = Math.ceil(Math.sqrt(rows));
    const runs = Math.ceil(rows / runLength);
    const dx = backend.output([rows, width]);
    // By run, dweight's part before dbias's: [runs, 2, n].
    const parts = backend.output([runs, 2 * width]);
    const shader = rowShader(
      backend.traits,
      {
        name: 'LayerNormGradient',
        variables: [
          ['dy', 'read', 'V'],
          ['x', 'read', 'V'],
          ['means', 'read', 'f32'],
          ['scales', 'read', 'f32'],
          ['weight', 'read', 'V'],
          ['dx', 'read_write', 'V'],
          ['parts', 'read_write', 'V'],
          ...(beside ? [['beside', 'read', 'V'] as const] : []),
        ],
        before: /* wgsl */ `
const OWN = (WIDTH + LANES - 1u) / LANES;
const ROWS = ${rows}u;
const RUN = ${runLength}u;`,
        body: /* wgsl */ `
  var ofWeight: array<V, OWN>;
  var ofBias: array<V, OWN>;
  for (var r = row * RUN; r < min(ROWS, row * RUN + RUN); r++) {
    let at = r * WIDTH;
    let mean = means[r];
    let scale = scales[r];
    var sums = vec2f();
    for (var j = 0u; j < OWN; j++) {
      let i = j * LANES + lane;
      if (i < WIDTH) {
        let d = dy[at + i];
        let normal = (x[at + i] - mean) * scale;
        let dn = d * weight[i];
        sums += vec2f(total(dn), total(dn * normal));
        ofWeight[j] += d * normal;
        ofBias[j] += d;
      }
    }
    let averages = teamSum(vec4f(sums, 0.0, 0.0), lane).xy / ${width}.0;
    for (var j = 0u; j < OWN; j++) {
      let i = j * LANES + lane;
      if (i < WIDTH) {
        let normal = (x[at + i] - mean) * scale;
        dx[at + i] = scale * (dy[at + i] * weight[i] - averages.x - normal * averages.y)${beside ? ' + beside[at + i]' : ''};
      }
    }
  }
  for (var j = 0u; j < OWN; j++) {
    let i = j * LANES + lane;
    if (i < WIDTH) {
      parts[2u * start + i] = ofWeight[j];
      parts[2u * start + WIDTH + i] = ofBias[j];
    }
  }`,
      },
      runs,
      width,
    );
    const [mean, scale] = [inputOf(inputs, 'mean'), inputOf(inputs, 'scale')];
    const bindings = [dy, x, mean, scale, weight, dx, parts, ...(beside ? [beside] : [])];
    backend.dispatch(shader, bindings, folded(runs));

    const dWeight = gradientOutput(backend, weight, [width]);
    const dBias = gradientOutput(backend, bias, [width]);
    const sums = flatShader(
      {
        name: 'LayerNormSums',
        variables: [
          ['parts', 'read', 'V'],
          ['dWeight', 'read_write', 'V'],
          ['dBias', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  var ofWeight = V();
  var ofBias = V();
  for (var run = 0u; run < ${runs}u; run++) {
    ofWeight += parts[2u * run * WIDTH + i];
    ofBias += parts[2u * run * WIDTH + WIDTH + i];
  }
  dWeight[i] = ofWeight;
  dBias[i] = ofBias;`,
      },
      width / vectorWidth(width),
      width,
    );
    backend.dispatch(sums.shader, [parts, dWeight, dBias], sums.grid);
    backend.disposeData(parts.dataId);
    return [dx, dWeight, dBias];
  },
};

/** The same under a name of its own, so that an op can tell who takes `beside`. */
const LAYER_NORM_GRADIENT_BESIDE: GpuKernel = {
  name: 'LayerNormGradientBeside',
  run: (backend, inputs, settings) => LAYER_NORM_GRADIENT.run(backend, inputs, settings),
};

export const LAYER_NORM_KERNELS: readonly GpuKernel[] = [
  LAYER_NORM,
  LAYER_NORM_GRADIENT,
  LAYER_NORM_GRADIENT_BESIDE,
];
