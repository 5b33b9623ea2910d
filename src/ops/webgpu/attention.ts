/** Attention over packed sequences, forward and gradient, without its scores in global memory. */
import * as tf from '@tensorflow/tfjs-core';
import { keeper } from '../constants.ts';
import { quadForward, quadGradient } from './attention-quad.ts';
import { CHUNK, quadPlan } from './attention-quad-text.ts';
import { tileForward, tileKeyGradient, tileQueryGradient } from './attention-tile.ts';
import { tileStorage } from './attention-tile-text.ts';
import type { AdapterTraits, GpuBackend } from './backend.ts';
import { inputOf, KernelCallError, matrixShape, numberOf, numbersOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { folded } from './shader.ts';
import { tuningOf } from './tuning.ts';

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

/** What a call is about, where its kernels come in tiles. */
interface Tiled {
  segments: Sequences[];
  heads: number;
  /** Of a head. */
  width: number;
}

/** Rows of a tile, the usual one first: small ones waste less on short sequences, large ones read less for long. */
const TILE_ROWS = [32, 16, 64];

/** The segments' table, the number of workgroups, and the shape that the text depends on. */
function inTiles({ segments, heads, width }: Tiled, rows: number) {
  const tilesOf = ({ length }: Sequences) => Math.ceil(length / rows);
  return {
    ...workgroups(segments, heads, tilesOf, (segment) => [segment.length, tilesOf(segment)]),
    shape: { heads, width, segments: segments.length, rows },
  };
}

/** Rows of a tile for this call: timed once, or the usual number. */
function tileRows(backend: GpuBackend, pass: string, call: Tiled, run: (rows: number) => void): number {
  const { segments, heads, width } = call;
  const room = backend.device.limits.maxComputeWorkgroupStorageSize;
  const fitting = TILE_ROWS.filter((rows) => tileStorage({ width, rows }) <= room);
  const candidates = fitting.map((rows) => ({ name: `${rows} rows`, rows }));
  const [usual] = candidates;
  if (!usual) throw new KernelCallError(`heads of ${width}: no tile fits into ${room} bytes`);
  const lengths = segments.map(({ count, length }) => `${count}×${length}`).join(' ');
  return tuningOf(backend).choose(`attention ${pass}, ${heads} heads of ${width}, ${lengths}`, {
    candidates,
    fallback: usual,
    work: segments.reduce((sum, { count, length }) => sum + 4 * count * heads * width * length ** 2, 0),
    run: (candidate) => run(candidate.rows),
  }).rows;
}

interface ForwardTensors {
  qkv: tf.TensorInfo;
  out: tf.TensorInfo;
  lse: tf.TensorInfo;
}

interface GradientTensors extends ForwardTensors {
  dy: tf.TensorInfo;
  dqkv: tf.TensorInfo;
}

/** Tensors of any content, for timing: qkv, dqkv, dy, out and lse of a call. */
function onScratch(backend: GpuBackend, call: Tiled, run: (tensors: GradientTensors) => void): void {
  const { segments, heads, width } = call;
  const tokens = Math.max(...segments.map(({ offset, count, length }) => offset + count * length));
  const made = (columns: number) => backend.output([tokens, columns]);
  const [qkv, dqkv] = [made(3 * heads * width), made(3 * heads * width)];
  const [dy, out, lse] = [made(heads * width), made(heads * width), made(heads)];
  run({ qkv, dqkv, dy, out, lse });
  for (const { dataId } of [qkv, dqkv, dy, out, lse]) backend.disposeData(dataId);
}

function forwardInTiles(backend: GpuBackend, call: Tiled, rows: number, t: ForwardTensors): void {
  const { layout, count, shape } = inTiles(call, rows);
  backend.dispatch(tileForward(shape), [layout, t.qkv, t.out, t.lse], folded(count));
}

function gradientInTiles(backend: GpuBackend, call: Tiled, rows: number, t: GradientTensors): void {
  const { layout, count, shape } = inTiles(call, rows);
  const delta = backend.output(t.lse.shape);
  const read = [layout, t.qkv, t.dy];
  backend.dispatch(tileQueryGradient(shape), [...read, t.out, t.lse, delta, t.dqkv], folded(count));
  backend.dispatch(tileKeyGradient(shape), [...read, t.lse, delta, t.dqkv], folded(count));
  backend.disposeData(delta.dataId);
}

/** {qkv [tokens, 3·dim]} → [out [tokens, dim], lse [tokens, heads]], the base-2 logarithm of each row's weights. */
const ATTENTION: GpuKernel = {
  name: 'Attention',
  run(backend, inputs, settings) {
    const qkv = inputOf(inputs, 'qkv');
    const [tokens, columns] = matrixShape(qkv);
    const { segments, heads } = packing(settings);
    const width = columns / (3 * heads);
    const [out, lse] = [backend.output([tokens, columns / 3]), backend.output([tokens, heads])];
    if (hasQuads(backend.traits)) {
      const plans = segments.map(({ length }) => quadPlan(length, width, false));
      const chunks = ({ length }: Sequences) => Math.ceil(length / CHUNK);
      const { layout, count } = workgroups(segments, heads, chunks, () => []);
      backend.dispatch(quadForward({ heads, width, plans }), [layout, qkv, out, lse], folded(count));
    } else {
      const call = { segments, heads, width };
      const rows = tileRows(backend, 'forward', call, (tried) =>
        onScratch(backend, call, (scratch) => forwardInTiles(backend, call, tried, scratch)),
      );
      forwardInTiles(backend, call, rows, { qkv, out, lse });
    }
    return [out, lse];
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
    const call = { segments, heads, width };
    const rows = tileRows(backend, 'gradient', call, (tried) =>
      onScratch(backend, call, (scratch) => gradientInTiles(backend, call, tried, scratch)),
    );
    gradientInTiles(backend, call, rows, { qkv, dy, out, lse, dqkv });
    return [dqkv];
  },
};

export const ATTENTION_KERNELS: readonly GpuKernel[] = [ATTENTION, ATTENTION_GRADIENT];
