/** Attention on our WASM module: every sequence of every segment, forward and back. */
import type * as tf from '@tensorflow/tfjs-core';
import { inputOf, matrixShape, numberOf, numbersOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';
import type { WasmModule } from './module.ts';

interface Segments {
  /** Where the module reads the table: offset, sequences and length of each. */
  address: number;
  count: number;
  longest: number;
}

const NUMBERS_A_SEGMENT = 3;
const BYTES = 4;

/** Writes the table of segments before the scratch of a kernel; returns both. */
function prepare(
  module: WasmModule,
  settings: tf.NamedAttrMap,
  scratchFor: (longest: number) => number,
): { segments: Segments; scratch: number } {
  const numbers = numbersOf(settings, 'segments');
  const count = numbers.length / NUMBERS_A_SEGMENT;
  const longest = numbers.reduce((most, n, i) => (i % NUMBERS_A_SEGMENT === 2 ? Math.max(most, n) : most), 0);
  const tableBytes = Math.ceil((numbers.length * BYTES) / 64) * 64;
  const address = module.scratch(tableBytes + scratchFor(longest));
  new Int32Array(module.memory.buffer, address, numbers.length).set(numbers);
  return { segments: { address, count, longest }, scratch: address + tableBytes };
}

/** {qkv [tokens, 3·dim]} {segments, heads} → [out [tokens, dim], lse [tokens, heads]]. */
export const ATTENTION: WasmKernel = {
  name: 'Attention',
  run(module, inputs, settings) {
    const qkv = inputOf(inputs, 'qkv');
    const heads = numberOf(settings, 'heads');
    const [tokens, columns] = matrixShape(qkv);
    const width = columns / (3 * heads);
    const out = module.output([tokens, heads * width]);
    const lse = module.output([tokens, heads]);
    const { segments, scratch } = prepare(module, settings, (longest) =>
      module.call('attentionScratch', longest, width),
    );
    module.call(
      'attention',
      ...module.addresses(qkv, out, lse),
      heads,
      width,
      segments.address,
      segments.count,
      segments.longest,
      scratch,
    );
    return [out, lse];
  },
};

/** {dy, qkv, out, lse} {segments, heads} → [dqkv]. */
export const ATTENTION_GRADIENT: WasmKernel = {
  name: 'AttentionGradient',
  run(module, inputs, settings) {
    const qkv = inputOf(inputs, 'qkv');
    const heads = numberOf(settings, 'heads');
    const [tokens, columns] = matrixShape(qkv);
    const width = columns / (3 * heads);
    const dqkv = module.output([tokens, columns]);
    const { segments, scratch } = prepare(module, settings, (longest) =>
      module.call('attentionGradientScratch', longest, width),
    );
    const [dy, out, lse] = [inputOf(inputs, 'dy'), inputOf(inputs, 'out'), inputOf(inputs, 'lse')];
    module.call(
      'attentionGradient',
      ...module.addresses(dy, qkv, out, lse, dqkv),
      heads,
      width,
      segments.address,
      segments.count,
      segments.longest,
      scratch,
    );
    return [dqkv];
  },
};
