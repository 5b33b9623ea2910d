/** Attention over packed sequences, forward and gradient, without its scores in global memory. */
import * as tf from '@tensorflow/tfjs-core';
import { keeper } from '../constants.ts';
import { quadForward, quadGradient } from './attention-quad.ts';
import { CHUNK, quadPlan } from './attention-quad-text.ts';
import { tileForward, tileKeyGradient, tileQueryGradient } from './attention-tile.ts';
import { TILE } from './attention-tile-text.ts';
import type { AdapterTraits } from './backend.ts';
import { inputOf, KernelCallError, matrixShape, numberOf, numbersOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { folded } from './shader.ts';

interface Sequences {
  offset: number;
  count: number;
  length: number;
}

/** Settings: `segments`, offset, sequences and length of each; `heads`. */
function packing(settings: tf.NamedAttrMap): { segments: Sequences[]; heads: number } {
  const numbers = numbersOf(settings, 'segments');
  if (numbers.length === 0 || numbers.length % 3 !== 0) throw new KernelCallError('setting "segments"');
  const segments = Array.from({ length: numbers.length / 3 }, (_, i) => {
    const [offset = 0, count = 0, length = 0] = numbers.slice(3 * i, 3 * i + 3);
    return { offset, count, length };
  });
  return { segments, heads: numberOf(settings, 'heads') };
}

// On the device, not in the text: batches of another size then share the compiled shader.
const table = keeper((numbers: string) => tf.tensor1d(numbers.split(' ').map(Number), 'int32'));

/** The segments' workgroups: rows of the table, its tensor, and how many workgroups there are in all. */
function workgroups(
  segments: readonly Sequences[],
  heads: number,
  tilesOf: (segment: Sequences) => number,
  more: (segment: Sequences) => number[],
): { layout: tf.TensorInfo; count: number } {
  const numbers: number[] = [];
  let count = 0;
  for (const segment of segments) {
    numbers.push(count, segment.offset, ...more(segment));
    count += segment.count * heads * tilesOf(segment);
  }
  return { layout: table([...numbers, count].join(' ')), count };
}

/** Quad swaps suit an adapter whose subgroups are SIMD registers of four lanes. */
const hasQuads = ({ software, subgroups }: AdapterTraits) => software && subgroups?.most === 4;

const tilesOf = ({ length }: Sequences) => Math.ceil(length / TILE);
const tiled = (segments: readonly Sequences[], heads: number) =>
  workgroups(segments, heads, tilesOf, (segment) => [segment.length, tilesOf(segment)]);

/** {qkv [tokens, 3·dim]} → [out [tokens, dim], lse [tokens, heads]], the base-2 logarithm of each row's weights. */
const ATTENTION: GpuKernel = {
  name: 'Attention',
  run(backend, inputs, settings) {
    const qkv = inputOf(inputs, 'qkv');
    const [tokens, columns] = matrixShape(qkv);
    const { segments, heads } = packing(settings);
    const width = columns / (3 * heads);
    const outputs = [backend.output([tokens, columns / 3]), backend.output([tokens, heads])];
    if (hasQuads(backend.traits)) {
      const plans = segments.map(({ length }) => quadPlan(length, width, false));
      const chunks = ({ length }: Sequences) => Math.ceil(length / CHUNK);
      const { layout, count } = workgroups(segments, heads, chunks, () => []);
      backend.dispatch(quadForward({ heads, width, plans }), [layout, qkv, ...outputs], folded(count));
    } else {
      const { layout, count } = tiled(segments, heads);
      const shader = tileForward({ heads, width, segments: segments.length });
      backend.dispatch(shader, [layout, qkv, ...outputs], folded(count));
    }
    return outputs;
  },
};

/** {dy [tokens, dim], qkv, out, lse} → [dqkv [tokens, 3·dim]]; the weights are worked out again from q, k and lse. */
const ATTENTION_GRADIENT: GpuKernel = {
  name: 'AttentionGradient',
  run(backend, inputs, settings) {
    const [dy, qkv] = [inputOf(inputs, 'dy'), inputOf(inputs, 'qkv')];
    const [out, lse] = [inputOf(inputs, 'out'), inputOf(inputs, 'lse')];
    const [tokens, columns] = matrixShape(qkv);
    const { segments, heads } = packing(settings);
    const width = columns / (3 * heads);
    const dqkv = backend.output([tokens, columns]);
    if (hasQuads(backend.traits)) {
      const plans = segments.map(({ length }) => quadPlan(length, width, true));
      const { layout, count } = workgroups(
        segments,
        heads,
        () => 1,
        () => [],
      );
      const shader = quadGradient({ heads, width, plans });
      backend.dispatch(shader, [layout, qkv, dy, out, lse, dqkv], folded(count));
      return [dqkv];
    }
    const { layout, count } = tiled(segments, heads);
    const shape = { heads, width, segments: segments.length };
    const delta = backend.output([tokens, heads]);
    backend.dispatch(tileQueryGradient(shape), [layout, qkv, dy, out, lse, delta, dqkv], folded(count));
    backend.dispatch(tileKeyGradient(shape), [layout, qkv, dy, lse, delta, dqkv], folded(count));
    backend.disposeData(delta.dataId);
    return [dqkv];
  },
};

export const ATTENTION_KERNELS: readonly GpuKernel[] = [ATTENTION, ATTENTION_GRADIENT];
