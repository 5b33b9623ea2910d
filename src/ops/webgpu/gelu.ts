/** Exact GELU and its slope, as WGSL for other kernels and as kernels of their own. */
import { inputOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader } from './rows.ts';

/** Of the fit below. */
const SCALE = 0.35;
const FIT = [
  0.13962140433242892, 0.13986186892317184, 0.11983287420773826, 0.10550797358613918, -0.02310975245502883,
  0.15917402481670695, -0.25571412233725155, 0.1439716275124207, -0.02914591453141325,
];

/**
 * gelu(x) = x·Φ(x) and geluSlope(x) = Φ(x) + x·φ(x), for a V. Φ(−|x|) = exp(−x²/2)·P(1/(1 + 0.35·|x|)), P fitted by us
 * to the scaled complementary error function with relative error 3.2e-8 (iteratively reweighted least squares over
 * |x| ≤ 14). In float32 with correctly rounded exp and division, over |x| ≤ 12: |error of gelu| ≤ 1.2e-7·max(1, |x|),
 * where torch's own float32 GELU errs by 1.7e-7; of the slope ≤ 2e-7.
 */
export const GELU_TEXT = /* wgsl */ `
fn bell(x: V) -> V { return exp(x * x * -0.5); }
fn normalCdf(x: V, bellOfX: V) -> V {
  let t = V(1.0) / fma(abs(x), V(${SCALE}), V(1.0));
  var p = V(${FIT[FIT.length - 1]});
${FIT.slice(0, -1)
  .reverse()
  .map((c) => `  p = fma(p, t, V(${c}));`)
  .join('\n')}
  let tail = p * t * bellOfX;
  return select(V(1.0) - tail, tail, x < V(0.0));
}
fn gelu(x: V) -> V { return x * normalCdf(x, bell(x)); }
fn geluSlope(x: V) -> V {
  let q = bell(x);
  return fma(x * q, V(${1 / Math.sqrt(2 * Math.PI)}), normalCdf(x, q));
}
`;

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** {x} → [gelu(x)], any shape. */
const GELU: GpuKernel = {
  name: 'Gelu',
  run(backend, inputs) {
    const x = inputOf(inputs, 'x');
    const y = backend.output(x.shape);
    const size = sizeOf(x.shape);
    const { shader, grid } = flatShader(
      {
        name: 'Gelu',
        variables: [
          ['x', 'read', 'V'],
          ['y', 'read_write', 'V'],
        ],
        before: GELU_TEXT,
        body: '  y[i] = gelu(x[i]);',
      },
      size % 4 === 0 ? size / 4 : size,
      size,
    );
    backend.dispatch(shader, [x, y], grid);
    return [y];
  },
};

/** {dy, x} → [dy·gelu′(x)]. */
const GELU_GRADIENT: GpuKernel = {
  name: 'GeluGradient',
  run(backend, inputs) {
    const [dy, x] = [inputOf(inputs, 'dy'), inputOf(inputs, 'x')];
    const dx = backend.output(x.shape);
    const size = sizeOf(x.shape);
    const { shader, grid } = flatShader(
      {
        name: 'GeluGradient',
        variables: [
          ['dy', 'read', 'V'],
          ['x', 'read', 'V'],
          ['dx', 'read_write', 'V'],
        ],
        before: GELU_TEXT,
        body: '  dx[i] = dy[i] * geluSlope(x[i]);',
      },
      size % 4 === 0 ? size / 4 : size,
      size,
    );
    backend.dispatch(shader, [dy, x, dx], grid);
    return [dx];
  },
};

export const GELU_KERNELS: readonly GpuKernel[] = [GELU, GELU_GRADIENT];
