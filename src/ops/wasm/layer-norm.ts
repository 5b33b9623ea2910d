/** Layer normalisation on our WASM module. */
import { inputOf, matrixShape, numberOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';

/** {x [rows, dim], weight, bias} {epsilon} → [y, mean [rows], scale [rows]]. */
export const LAYER_NORM: WasmKernel = {
  name: 'LayerNorm',
  run(module, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, dim] = matrixShape(x);
    const outputs = [module.output([rows, dim]), module.output([rows]), module.output([rows])];
    const addresses = module.addresses(x, inputOf(inputs, 'weight'), inputOf(inputs, 'bias'), ...outputs);
    module.call('layerNorm', ...addresses, rows, dim, numberOf(settings, 'epsilon'));
    return outputs;
  },
};

/** {dy, x, mean, scale, weight} → [dx, dweight, dbias]. */
export const LAYER_NORM_GRADIENT: WasmKernel = {
  name: 'LayerNormGradient',
  run(module, inputs) {
    const x = inputOf(inputs, 'x');
    const [rows, dim] = matrixShape(x);
    const outputs = [module.output([rows, dim]), module.output([dim]), module.output([dim])];
    const given = ['dy', 'x', 'mean', 'scale', 'weight'].map((name) => inputOf(inputs, name));
    const scratch = module.scratch(module.call('layerNormScratch', rows, dim));
    module.call('layerNormGradient', ...module.addresses(...given, ...outputs), rows, dim, scratch);
    return outputs;
  },
};
