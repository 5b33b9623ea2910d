/** The figures that tell a healthy run from a collapsed one. */
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import { scaledSum } from './loss.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, rowShader, vectorWidth } from './rows.ts';
import { folded } from './shader.ts';

/** {probabilities [rows, K]} settings {floor} → mean of −Σ p·log max(p, floor), []. */
const MEAN_ENTROPY: GpuKernel = {
  name: 'MeanEntropy',
  run(backend, inputs, settings) {
    const probabilities = inputOf(inputs, 'probabilities');
    const [rows, prototypes] = matrixShape(probabilities);
    const sums = backend.output([rows]);
    const shader = rowShader(
      backend.traits,
      {
        name: 'MeanEntropy',
        variables: [
          ['probabilities', 'read', 'V'],
          ['sums', 'read_write', 'f32'],
        ],
        body: /* wgsl */ `
  var sum = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) {
    let p = probabilities[start + i];
    sum += total(p * log(max(p, V(${numberOf(settings, 'floor')}))));
  }
  let all = teamSum(vec4f(sum, 0.0, 0.0, 0.0), lane).x;
  if (lane == 0u) { sums[row] = all; }`,
      },
      rows,
      prototypes,
    );
    backend.dispatch(shader, [probabilities, sums], folded(rows));
    const entropy = backend.output([]);
    backend.dispatch(scaledSum(backend.traits, 'MeanEntropyMean', rows, -1 / rows), [sums, entropy], [1]);
    backend.disposeData(sums.dataId);
    return [entropy];
  },
};

/** {unit [rows, dim]} → mean over the columns of their standard deviations, []. */
const MEAN_DEVIATION: GpuKernel = {
  name: 'MeanDeviation',
  run(backend, inputs) {
    const unit = inputOf(inputs, 'unit');
    const [rows, dim] = matrixShape(unit);
    const deviations = backend.output([dim]);
    const { shader, grid } = flatShader(
      {
        name: 'MeanDeviation',
        variables: [
          ['unit', 'read', 'V'],
          ['deviations', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  var sum = V(0.0);
  for (var row = 0u; row < ${rows}u; row++) { sum += unit[row * WIDTH + i]; }
  let mean = sum * ${1 / rows};
  var squares = V(0.0);
  for (var row = 0u; row < ${rows}u; row++) {
    let off = unit[row * WIDTH + i] - mean;
    squares += off * off;
  }
  deviations[i] = sqrt(squares * ${1 / Math.max(1, rows - 1)});`,
      },
      dim / vectorWidth(dim),
      dim,
    );
    backend.dispatch(shader, [unit, deviations], grid);
    const spread = backend.output([]);
    backend.dispatch(scaledSum(backend.traits, 'MeanDeviationMean', dim, 1 / dim), [deviations, spread], [1]);
    backend.disposeData(deviations.dataId);
    return [spread];
  },
};

export const HEALTH_KERNELS: readonly GpuKernel[] = [MEAN_ENTROPY, MEAN_DEVIATION];
