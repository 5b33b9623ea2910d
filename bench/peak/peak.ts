/** The best this adapter was seen to do: our products at the step's own shapes, and kernels of the bench's own. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../src/config/schema.ts';
import { stepWork } from '../../src/config/work.ts';
import { linear } from '../../src/ops/linear.ts';
import { product, productTransposedA, productTransposedB } from '../../src/ops/matmul.ts';
import { gpuBackend } from '../../src/ops/webgpu/backend.ts';
import type { Peak, Rate } from '../contestant.ts';
import { bestSeconds, gpuPeak } from './gpu.ts';

/** Sides of the square products: large enough for the best rate; a toy is not held to that, and tests run it. */
const SIDE = { usual: 512, gpu: 4096, toy: 128 };
const TOY_DIM = 32;
const COPIED = 32 * 2 ** 20;

/** The forms of a product in a step; every one is m·k·n multiply-adds. */
interface Form {
  name: string;
  m: number;
  k: number;
  n: number;
  run: (m: number, k: number, n: number) => { operands: tf.Tensor[]; compute: () => tf.Tensor };
}

const uniform = (rows: number, columns: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => ((i * 7919) % 1000) / 1000 - 0.5),
    [rows, columns],
  );

function formsOf(config: RunConfig): Form[] {
  const { dim, mlpRatio } = config.backbone;
  const { tokens } = stepWork(config);
  const square = dim <= TOY_DIM ? SIDE.toy : SIDE.usual;
  const hidden = dim * mlpRatio;
  const plain: Form['run'] = (m, k, n) => {
    const [a, b] = [uniform(m, k), uniform(k, n)];
    return { operands: [a, b], compute: () => product(a, b) };
  };
  return [
    { name: 'A·B, square', m: square, k: square, n: square, run: plain },
    {
      name: 'linear, fc1',
      m: tokens,
      k: dim,
      n: hidden,
      run: (m, k, n) => {
        const [x, w] = [uniform(m, k), uniform(k, n)];
        const b = tf.zeros<tf.Rank.R1>([n]);
        return { operands: [x, w, b], compute: () => linear(x, w, b) };
      },
    },
    { name: 'A·B, fc2', m: tokens, k: hidden, n: dim, run: plain },
    {
      name: 'A·Bᵀ, fc1',
      m: tokens,
      k: hidden,
      n: dim,
      run: (m, k, n) => {
        const [a, b] = [uniform(m, k), uniform(n, k)];
        return { operands: [a, b], compute: () => productTransposedB(a, b) };
      },
    },
    {
      name: 'Aᵀ·B, fc1',
      m: dim,
      k: tokens,
      n: hidden,
      run: (m, k, n) => {
        const [a, b] = [uniform(k, m), uniform(k, n)];
        return { operands: [a, b], compute: () => productTransposedA(a, b) };
      },
    },
  ];
}

async function rateOf({ name, m, k, n, run }: Form): Promise<Rate> {
  const { operands, compute } = run(m, k, n);
  const backend = gpuBackend();
  const work = (repeats: number) => {
    for (let i = 0; i < repeats; i++) compute().dispose();
    backend?.flush();
  };
  const done = async () => backend?.device.queue.onSubmittedWorkDone();
  const seconds = await bestSeconds(work, done);
  tf.dispose(operands);
  return { name: `${name} [${m}, ${k}, ${n}]`, rate: (2 * m * k * n) / seconds / 1e9 };
}

export async function peakOf(config: RunConfig): Promise<Peak> {
  const gemm: Rate[] = [];
  for (const form of formsOf(config)) gemm.push(await rateOf(form));
  const backend = gpuBackend();
  if (!backend) return { gemm, arithmetic: null, copy: await memoryCopy() };
  const { software } = backend.traits;
  const side = config.backbone.dim <= TOY_DIM ? SIDE.toy : software ? SIDE.usual : SIDE.gpu;
  const raw = await gpuPeak(backend.device, { software, side });
  return { gemm: [...gemm, ...raw.gemm], arithmetic: raw.arithmetic, copy: raw.copy };
}

/** GB/s of copying memory in one thread, read and written. */
async function memoryCopy(): Promise<number> {
  const [from, to] = [new Float32Array(COPIED / 4), new Float32Array(COPIED / 4)];
  const work = (repeats: number) => {
    for (let i = 0; i < repeats; i++) to.set(from);
  };
  return (2 * COPIED) / (await bestSeconds(work, async () => undefined)) / 1e9;
}
