/** L2 normalisation of rows and the weight-normalised last layer on our WASM module. */
import { inputOf, matrixShape, numberOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';

/** {x [rows, n]} {floor} → [unit, norms [rows, 1]]. */
export const L2_NORMALIZE: WasmKernel = {
  name: 'L2Normalize',
  run(module, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, n] = matrixShape(x);
    const [unit, norms] = [module.output([rows, n]), module.output([rows, 1])];
    module.call(
      'unitRows',
      module.address(x),
      0,
      ...module.addresses(unit, norms),
      rows,
      n,
      numberOf(settings, 'floor'),
    );
    return [unit, norms];
  },
};

/** {dy, unit, norms} → [dx]. */
export const L2_NORMALIZE_GRADIENT: WasmKernel = {
  name: 'L2NormalizeGradient',
  run(module, inputs) {
    const [dy, unit] = [inputOf(inputs, 'dy'), inputOf(inputs, 'unit')];
    const [rows, n] = matrixShape(unit);
    const dx = module.output([rows, n]);
    const norms = module.address(inputOf(inputs, 'norms'));
    const isUnit = 1;
    const none = 0;
    module.call(
      'unitRowsGradient',
      ...module.addresses(dy, unit),
      isUnit,
      none,
      norms,
      module.address(dx),
      none,
      rows,
      n,
    );
    return [dx];
  },
};

/** {v [rows, n], g [rows, 1]} → [w, norms [rows, 1]]. */
export const WEIGHT_NORM: WasmKernel = {
  name: 'WeightNorm',
  run(module, inputs) {
    const [v, g] = [inputOf(inputs, 'v'), inputOf(inputs, 'g')];
    const [rows, n] = matrixShape(v);
    const [w, norms] = [module.output([rows, n]), module.output([rows, 1])];
    module.call('unitRows', ...module.addresses(v, g, w, norms), rows, n, 0);
    return [w, norms];
  },
};

/** {dw, v, g, norms} → [dv, dg]. */
export const WEIGHT_NORM_GRADIENT: WasmKernel = {
  name: 'WeightNormGradient',
  run(module, inputs) {
    const [dw, v] = [inputOf(inputs, 'dw'), inputOf(inputs, 'v')];
    const [rows, n] = matrixShape(v);
    const [dv, dg] = [module.output([rows, n]), module.output([rows, 1])];
    const rest = module.addresses(inputOf(inputs, 'g'), inputOf(inputs, 'norms'), dv, dg);
    module.call('unitRowsGradient', ...module.addresses(dw, v), 0, ...rest, rows, n);
    return [dv, dg];
  },
};
