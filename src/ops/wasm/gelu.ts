/** GELU by itself on our WASM module. */
import { inputOf } from '../webgpu/inputs.ts';
import { elements, type WasmKernel } from './kernel.ts';

/** {x} → [y]. */
export const GELU: WasmKernel = {
  name: 'Gelu',
  run(module, inputs) {
    const x = inputOf(inputs, 'x');
    const y = module.output(x.shape);
    module.call('applyGelu', module.address(x), 0, module.address(y), elements(x));
    return [y];
  },
};

/** {dy, x} → [dx]. */
export const GELU_GRADIENT: WasmKernel = {
  name: 'GeluGradient',
  run(module, inputs) {
    const [x, dy] = [inputOf(inputs, 'x'), inputOf(inputs, 'dy')];
    const dx = module.output(x.shape);
    module.call('applyGelu', ...module.addresses(x, dy, dx), elements(x));
    return [dx];
  },
};
