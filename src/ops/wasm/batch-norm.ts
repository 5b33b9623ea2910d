/** BatchNorm in train mode on our WASM module. */
import { inputOf, matrixShape, numberOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';

/** {x [rows, n], weight, bias} {epsilon} → [y, mean [n], scale [n]]. */
export const BATCH_NORM: WasmKernel = {
  name: 'BatchNorm',
  run(module, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, n] = matrixShape(x);
    const outputs = [module.output([rows, n]), module.output([n]), module.output([n])];
    const addresses = module.addresses(x, inputOf(inputs, 'weight'), inputOf(inputs, 'bias'), ...outputs);
    module.call('batchNorm', ...addresses, rows, n, numberOf(settings, 'epsilon'));
    return outputs;
  },
};

/** {dy, x, mean, scale, weight} → [dx, dweight, dbias]. */
export const BATCH_NORM_GRADIENT: WasmKernel = {
  name: 'BatchNormGradient',
  run(module, inputs) {
    const x = inputOf(inputs, 'x');
    const [rows, n] = matrixShape(x);
    const outputs = [module.output([rows, n]), module.output([n]), module.output([n])];
    const given = ['dy', 'x', 'mean', 'scale', 'weight'].map((name) => inputOf(inputs, name));
    module.call('batchNormGradient', ...module.addresses(...given, ...outputs), rows, n);
    return outputs;
  },
};
