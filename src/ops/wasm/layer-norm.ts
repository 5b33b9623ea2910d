/** Layer normalisation on our WASM module. */
import type * as tf from '@tensorflow/tfjs-core';
import { inputOf, matrixShape, numberOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';
import type { WasmModule } from './module.ts';

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

function gradient(module: WasmModule, inputs: tf.NamedTensorInfoMap, beside: number): tf.TensorInfo[] {
  const x = inputOf(inputs, 'x');
  const [rows, dim] = matrixShape(x);
  const outputs = [module.output([rows, dim]), module.output([dim]), module.output([dim])];
  const given = ['x', 'mean', 'scale', 'weight'].map((name) => inputOf(inputs, name));
  const scratch = module.scratch(module.call('layerNormScratch', rows, dim));
  const dy = module.address(inputOf(inputs, 'dy'));
  module.call('layerNormGradient', dy, beside, ...module.addresses(...given, ...outputs), rows, dim, scratch);
  return outputs;
}

/** {dy, x, mean, scale, weight} → [dx, dweight, dbias]. */
export const LAYER_NORM_GRADIENT: WasmKernel = {
  name: 'LayerNormGradient',
  run: (module, inputs) => gradient(module, inputs, 0),
};

/** The same, and `beside` [rows, dim] in dx: the gradient of the residual connection around the norm. */
export const LAYER_NORM_GRADIENT_BESIDE: WasmKernel = {
  name: 'LayerNormGradientBeside',
  run: (module, inputs) => gradient(module, inputs, module.address(inputOf(inputs, 'beside'))),
};
