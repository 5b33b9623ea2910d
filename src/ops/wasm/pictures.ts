/** Pictures that lie as rows of pixels, on our WASM module: windows of them, and BatchNorm over all pixels. */
import type * as tf from '@tensorflow/tfjs-core';
import { inputOf, matrixShape, numberOf } from '../webgpu/inputs.ts';
import { type WindowSettings, windowSettings } from '../webgpu/windows.ts';
import type { WasmKernel } from './kernel.ts';

const numbers = ({ pictures, height, width, channels, side, stride, padding }: WindowSettings) => [
  pictures,
  height,
  width,
  channels,
  side,
  stride,
  padding,
];

/** {x [pixels, c]} {pictures, height, width, channels, side, stride, padding} → [rows, side²·c]. */
export const WINDOW_ROWS: WasmKernel = {
  name: 'WindowRows',
  run(module, inputs, settings) {
    const s = windowSettings(settings);
    const y = module.output([s.pictures * s.down * s.across, s.side ** 2 * s.channels]);
    module.call('windowRows', ...module.addresses(inputOf(inputs, 'x'), y), ...numbers(s));
    return [y];
  },
};

/** {columns [rows, side²·c]} and the same settings → [pixels, c]: each the sum over its windows. */
export const WINDOW_SUMS: WasmKernel = {
  name: 'WindowSums',
  run(module, inputs, settings) {
    const s = windowSettings(settings);
    const x = module.output([s.pictures * s.height * s.width, s.channels]);
    module.call('windowSums', ...module.addresses(x, inputOf(inputs, 'columns')), ...numbers(s));
    return [x];
  },
};

/** {x [rows, n], weight, bias, residual?} {epsilon, relu} → [y, mean, variance, scale]. */
export const BATCH_NORM_2D: WasmKernel = {
  name: 'BatchNorm2d',
  run(module, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, n] = matrixShape(x);
    const outputs = [module.output([rows, n]), module.output([n]), module.output([n]), module.output([n])];
    const given: (tf.TensorInfo | undefined)[] = [
      x,
      inputOf(inputs, 'weight'),
      inputOf(inputs, 'bias'),
      inputs.residual,
    ];
    const scratch = module.scratch(module.call('batchNorm2dScratch', rows, n));
    const relu = settings.relu ? 1 : 0;
    const addresses = module.addresses(...given, ...outputs);
    module.call('batchNorm2d', ...addresses, rows, n, relu, numberOf(settings, 'epsilon'), scratch);
    return outputs;
  },
};

/** {dy, x, mean, scale, weight, y?} {residual} → [dx, dweight, dbias] and, with a residual, dresidual. */
export const BATCH_NORM_2D_GRADIENT: WasmKernel = {
  name: 'BatchNorm2dGradient',
  run(module, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [rows, n] = matrixShape(x);
    const made = [module.output([rows, n]), module.output([n]), module.output([n])];
    const residual = settings.residual ? module.output([rows, n]) : undefined;
    const given = [
      inputOf(inputs, 'dy'),
      x,
      inputs.y,
      ...['mean', 'scale', 'weight'].map((name) => inputOf(inputs, name)),
    ];
    const scratch = module.scratch(module.call('batchNorm2dScratch', rows, n));
    module.call('batchNorm2dGradient', ...module.addresses(...given, ...made, residual), rows, n, scratch);
    return residual ? [...made, residual] : made;
  },
};

/** {x [rows, n], weight, bias, mean, scale [n], residual?} {relu} → [y]. */
export const FIXED_NORM_2D: WasmKernel = {
  name: 'FixedNorm2d',
  run(module, inputs, settings) {
    const of = (name: string) => inputOf(inputs, name);
    const [rows, n] = matrixShape(of('x'));
    const y = module.output([rows, n]);
    const given = [of('x'), of('weight'), of('bias'), inputs.residual, y, of('mean'), of('scale')];
    const addresses = module.addresses(...given);
    module.call('fixedNorm2d', ...addresses, rows, n, settings.relu ? 1 : 0);
    return [y];
  },
};
