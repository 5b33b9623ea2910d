/** Tokens out of patches, and CLS rows out of tokens, on our WASM module. */
import { inputOf, matrixShape } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';
import { segmentsOf, writeSegments } from './segments.ts';

/** {patches, cls [1, 1, dim], positions} {segments} → [tokens]. */
export const ASSEMBLE_TOKENS: WasmKernel = {
  name: 'AssembleTokens',
  run(module, inputs, settings) {
    const given = ['patches', 'cls', 'positions'].map((name) => inputOf(inputs, name));
    const [, dim] = matrixShape(inputOf(inputs, 'patches'));
    const segments = segmentsOf(settings);
    const tokens = module.output([segments.tokens, dim]);
    const { table } = writeSegments(module, segments, 0);
    module.call('assemble', ...module.addresses(...given, tokens), dim, table, segments.count);
    return [tokens];
  },
};

/** {dy} {segments} → [dpatches, dcls [1, 1, dim], dpositions]. */
export const ASSEMBLE_TOKENS_GRADIENT: WasmKernel = {
  name: 'AssembleTokensGradient',
  run(module, inputs, settings) {
    const dy = inputOf(inputs, 'dy');
    const [, dim] = matrixShape(dy);
    const segments = segmentsOf(settings);
    const { sequences, tokens, positions, count } = segments;
    const outputs = [
      module.output([tokens - sequences, dim]),
      module.output([1, 1, dim]),
      module.output([positions, dim]),
    ];
    const { table } = writeSegments(module, segments, 0);
    module.call('assembleGradient', ...module.addresses(...outputs, dy), dim, table, count);
    return outputs;
  },
};

/** {tokens} {segments} → [cls [sequences, dim]]. */
export const SELECT_CLS: WasmKernel = {
  name: 'SelectCls',
  run(module, inputs, settings) {
    const tokens = inputOf(inputs, 'tokens');
    const [, dim] = matrixShape(tokens);
    const segments = segmentsOf(settings);
    const cls = module.output([segments.sequences, dim]);
    const { table } = writeSegments(module, segments, 0);
    module.call('select', ...module.addresses(cls, tokens), dim, table, segments.count);
    return [cls];
  },
};

/** {dy [sequences, dim]} {segments} → [dtokens]. */
export const SELECT_CLS_GRADIENT: WasmKernel = {
  name: 'SelectClsGradient',
  run(module, inputs, settings) {
    const dy = inputOf(inputs, 'dy');
    const [, dim] = matrixShape(dy);
    const segments = segmentsOf(settings);
    const tokens = module.output([segments.tokens, dim]);
    const { table } = writeSegments(module, segments, 0);
    module.call('spread', ...module.addresses(dy, tokens), dim, table, segments.count);
    return [tokens];
  },
};
