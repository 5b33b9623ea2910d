/** Attention on our WASM module: every sequence of every segment, forward and back. */
import { inputOf, matrixShape, numberOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';
import { segmentsOf, writeSegments } from './segments.ts';

/** {qkv [tokens, 3·dim]} {segments, heads} → [out [tokens, dim], lse [tokens, heads]]. */
export const ATTENTION: WasmKernel = {
  name: 'Attention',
  run(module, inputs, settings) {
    const qkv = inputOf(inputs, 'qkv');
    const heads = numberOf(settings, 'heads');
    const [tokens, columns] = matrixShape(qkv);
    const width = columns / (3 * heads);
    const segments = segmentsOf(settings);
    const outputs = [module.output([tokens, heads * width]), module.output([tokens, heads])];
    const bytes = module.call('attentionScratch', segments.longest, width);
    const { table, scratch } = writeSegments(module, segments, bytes);
    const addresses = module.addresses(qkv, ...outputs);
    module.call('attention', ...addresses, heads, width, table, segments.count, segments.longest, scratch);
    return outputs;
  },
};

/** {dy, qkv, out, lse} {segments, heads} → [dqkv]. */
export const ATTENTION_GRADIENT: WasmKernel = {
  name: 'AttentionGradient',
  run(module, inputs, settings) {
    const given = ['dy', 'qkv', 'out', 'lse'].map((name) => inputOf(inputs, name));
    const heads = numberOf(settings, 'heads');
    const [tokens, columns] = matrixShape(inputOf(inputs, 'qkv'));
    const width = columns / (3 * heads);
    const segments = segmentsOf(settings);
    const dqkv = module.output([tokens, columns]);
    const bytes = module.call('attentionGradientScratch', segments.longest, width);
    const { table, scratch } = writeSegments(module, segments, bytes);
    const addresses = module.addresses(...given, dqkv);
    const { count, longest } = segments;
    module.call('attentionGradient', ...addresses, heads, width, table, count, longest, scratch);
    return [dqkv];
  },
};
