/** Which GEMM an adapter gets for a shape: by rule, or by what was timed. */
import * as tf from '@tensorflow/tfjs-core';
import { keeper } from '../constants.ts';
import type { GpuBackend } from './backend.ts';
import type { GemmTask, GemmVariant } from './gemm.ts';
import { blockVariant } from './gemm-block.ts';
import { PLAIN } from './gemm-plain.ts';
import { quadVariant } from './gemm-quad.ts';
import { tuningOf } from './tuning.ts';

/** For software adapters, the best first. */
const QUADS: readonly GemmVariant[] = [
  quadVariant({ rows: 32, columns: 8, depth: 8 }),
  quadVariant({ rows: 32, columns: 8, depth: 4 }),
];

/** For GPUs, the largest first: the more a workgroup shares, the less it reads, and the fewer there are to go round. */
const BLOCKS: readonly { variant: GemmVariant; rows: number; columns: number }[] = (
  [
    [128, 128, 8, 8],
    [128, 64, 8, 8],
    [64, 64, 8, 8],
    [64, 32, 8, 4],
    [32, 32, 4, 4],
  ] as const
).map(([rows, columns, threadRows, threadColumns]) => ({
  variant: blockVariant({ rows, columns, threadRows, threadColumns }),
  rows,
  columns,
}));

/** Below this many multiply-adds a large tile costs a software adapter more to compile than it saves. */
const SMALL = 1 << 18;
/** Workgroups that a GPU should have to choose from, where nothing was timed. */
const ENOUGH_BLOCKS = 128;

/** The variant that the shape was tuned to, or the one that should do well. */
export function variantFor(backend: GpuBackend, task: GemmTask): GemmVariant {
  const { form, m, n, k } = task;
  const adapter = { traits: backend.traits, storage: backend.device.limits.maxComputeWorkgroupStorageSize };
  if (backend.traits.software)
    return (m * n * k >= SMALL && QUADS.find((variant) => variant.suits(task, adapter))) || PLAIN;
  const fitting = BLOCKS.filter(({ variant }) => variant.suits(task, adapter));
  const byRule =
    fitting.find(
      ({ variant, rows, columns }) =>
        Math.ceil(m / rows) * Math.ceil(n / columns) * variant.parts(task) >= ENOUGH_BLOCKS,
    ) ?? fitting.at(-1);
  if (!byRule) return PLAIN;
  return tuningOf(backend).choose(`${form} ${m}×${n}×${k}`, {
    candidates: fitting.map(({ variant }) => variant),
    fallback: byRule.variant,
    work: 2 * m * n * k,
    run: (variant) => tryOut(backend, task, variant),
  });
}

const dimsOf = keeper((key: string) => tf.tensor1d(key.split(',').map(Number), 'int32'));

/** Dispatches the task; `tensors` are a, b and those of the task's variables. */
export function runGemm(
  backend: GpuBackend,
  task: GemmTask,
  tensors: readonly tf.TensorInfo[],
  variant = variantFor(backend, task),
  parts = 1,
): void {
  const { shader, grid, dims } = variant.plan(task, parts);
  backend.dispatch(shader, dims ? [...tensors, dimsOf(dims.join())] : tensors, grid);
}

/** The bare product of the task's shape, on memory of any content. */
function tryOut(backend: GpuBackend, { form, m, n, k }: GemmTask, variant: GemmVariant): void {
  const task: GemmTask = {
    name: 'Tuning',
    form,
    m,
    n,
    k,
    variables: [['y', 'read_write', 'V']],
    finish: '  y[part * M() * WIDTH + at] = sum;',
  };
  const parts = variant.parts(task);
  const made = [m * k, k * n, parts * m * n].map((size) => backend.output([size]));
  runGemm(backend, task, made, variant, parts);
  for (const { dataId } of made) backend.disposeData(dataId);
}
