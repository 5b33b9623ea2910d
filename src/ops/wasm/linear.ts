/** Products on our WASM module: a linear layer with what follows it, its gradients, and matrix times matrix. */
import type * as tf from '@tensorflow/tfjs-core';
import { inputOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';
import type { WasmModule } from './module.ts';

interface Product {
  x: tf.TensorInfo;
  w: tf.TensorInfo;
  /** w is [n, k]. */
  transposed: boolean;
  m: number;
  n: number;
  k: number;
  bias?: tf.TensorInfo | undefined;
  residual?: tf.TensorInfo | undefined;
  keep?: tf.TensorInfo | undefined;
  hidden?: tf.TensorInfo | undefined;
  slope?: tf.TensorInfo | undefined;
}

/** See assembly/product.ts. */
function product(module: WasmModule, p: Product): tf.TensorInfo {
  const y = module.output([p.m, p.n]);
  const scratch = module.scratch(module.call('productScratch', p.n, p.k));
  const [x = 0, w = 0, out = 0, ...rest] = module.addresses(
    p.x,
    p.w,
    y,
    p.bias,
    p.residual,
    p.keep,
    p.hidden,
    p.slope,
  );
  module.call('product', x, w, p.transposed ? 1 : 0, out, p.m, p.n, p.k, ...rest, scratch);
  return y;
}

/** a [steps, m]ᵀ·b [steps, n], and the sums of b's rows if `summed`. */
function outer(
  module: WasmModule,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  keep: tf.TensorInfo | undefined,
  summed: boolean,
): tf.TensorInfo[] {
  const [steps = 0, m = 0] = a.shape;
  const [, n = 0] = b.shape;
  const c = module.output([m, n]);
  const sums = summed ? module.output([n]) : undefined;
  const scratch = module.scratch(module.call('outerScratch', m, n));
  module.call('outer', ...module.addresses(a, b, c), steps, m, n, ...module.addresses(keep, sums), scratch);
  return sums ? [c, sums] : [c];
}

/** {x [m, k], w [k, n], b?, residual?, keep?} {gelu} → [y], or [gelu(y), y]; y = residual + keep·(x·w + b). */
export const LINEAR: WasmKernel = {
  name: 'Linear',
  run(module, inputs, { gelu }) {
    const { b: bias, residual, keep } = inputs;
    const [x, w] = [inputOf(inputs, 'x'), inputOf(inputs, 'w')];
    const [m = 0, k = 0] = x.shape;
    const [, n = 0] = w.shape;
    const hidden = gelu ? module.output([m, n]) : undefined;
    const y = product(module, { x, w, transposed: false, m, n, k, bias, residual, keep, hidden });
    return hidden ? [hidden, y] : [y];
  },
};

/** {dy [m, n], w [k, n], pre?, keep?} → [dx [m, k]], times gelu′(pre) where pre is given. */
export const LINEAR_INPUT_GRADIENT: WasmKernel = {
  name: 'LinearInputGradient',
  run(module, inputs) {
    const { pre: slope, keep } = inputs;
    const [x, w] = [inputOf(inputs, 'dy'), inputOf(inputs, 'w')];
    const [m = 0, k = 0] = x.shape;
    const [n = 0] = w.shape;
    return [product(module, { x, w, transposed: true, m, n, k, keep, slope })];
  },
};

/** {x [m, k], dy [m, n], keep?, bias?} → [dw] or, with bias, [dw, db]. */
export const LINEAR_WEIGHT_GRADIENT: WasmKernel = {
  name: 'LinearWeightGradient',
  run(module, inputs) {
    return outer(module, inputOf(inputs, 'x'), inputOf(inputs, 'dy'), inputs.keep, inputs.bias !== undefined);
  },
};

/** {a, b} {transposeA, transposeB} → [a·b]. */
export const PRODUCT: WasmKernel = {
  name: 'Product',
  run(module, inputs, { transposeA, transposeB }) {
    const [a, b] = [inputOf(inputs, 'a'), inputOf(inputs, 'b')];
    if (transposeA) {
      if (transposeB) throw new RangeError('Aᵀ·Bᵀ is not made: transpose B·A');
      return outer(module, a, b, undefined, false);
    }
    const [m = 0, k = 0] = a.shape;
    const n = b.shape[transposeB ? 0 : 1] ?? 0;
    return [product(module, { x: a, w: b, transposed: Boolean(transposeB), m, n, k })];
  },
};
