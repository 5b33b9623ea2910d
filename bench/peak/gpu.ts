/** Times raw kernels on a device by the wall clock, many at once, so that neither clock nor submit counts. */
import type { Rate } from '../contestant.ts';
import {
  ARITHMETIC,
  ARITHMETIC_EACH,
  ARITHMETIC_WORKGROUP,
  COPY,
  COPY_EACH,
  COPY_WORKGROUP,
  productKernels,
} from './wgsl.ts';

/** Shortest time that is trusted, and how often the best is looked for. */
const LEAST_MS = 120;
const TRIES = 4;
const MOST_REPEATS = 4096;
const FLOAT = 4;

/** Best seconds of one `work`, which gives itself to the device `repeats` times; `done` waits for the device. */
export async function bestSeconds(
  work: (repeats: number) => void,
  done: () => Promise<unknown>,
): Promise<number> {
  const timed = async (repeats: number) => {
    const at = performance.now();
    work(repeats);
    await done();
    return (performance.now() - at) / repeats;
  };
  await timed(1);
  const once = await timed(1);
  const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(LEAST_MS / once)));
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) best = Math.min(best, await timed(repeats));
  return best / 1000;
}

interface Job {
  code: string;
  buffers: GPUBuffer[];
  grid: [number, number];
}

async function secondsOf(device: GPUDevice, { code, buffers, grid }: Job): Promise<number> {
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const work = (repeats: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...grid);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return bestSeconds(work, () => device.queue.onSubmittedWorkDone());
}

async function withBuffers<T>(
  device: GPUDevice,
  sizes: number[],
  use: (buffers: GPUBuffer[]) => Promise<T>,
): Promise<T> {
  const buffers = sizes.map((size) =>
    device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST }),
  );
  try {
    return await use(buffers);
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

export interface GpuPeak {
  gemm: Rate[];
  /** GFLOP/s. */
  arithmetic: number;
  /** GB/s, read and written. */
  copy: number;
}

/** The bench's own kernels on squares of `side`, so that the peak does not rest on the project's alone. */
export async function gpuPeak(
  device: GPUDevice,
  { software, side }: { software: boolean; side: number },
): Promise<GpuPeak> {
  const copied = (software ? 32 : 256) * 2 ** 20;
  const invocations = software ? 2048 : 2 ** 21;
  const info = device.adapterInfo;
  const kernels = productKernels(side, {
    subgroupsOfFour:
      device.features.has('subgroups') && info.subgroupMinSize === 4 && info.subgroupMaxSize === 4,
  });
  const square = side * side * FLOAT;
  const gemm = await withBuffers(device, [square, square, square], async (buffers) => {
    const rates: Rate[] = [];
    for (const { name, code, grid } of kernels) {
      const seconds = await secondsOf(device, { code, buffers, grid: grid(side) });
      rates.push({ name: `bench: ${name}`, rate: (2 * side ** 3) / seconds / 1e9 });
    }
    return rates;
  });
  const copy = await withBuffers(device, [copied, copied], async (buffers) => {
    const groups = copied / (16 * COPY_WORKGROUP * COPY_EACH);
    const seconds = await secondsOf(device, { code: COPY, buffers, grid: [groups, 1] });
    return (2 * copied) / seconds / 1e9;
  });
  const arithmetic = await withBuffers(device, [invocations * 16, 256], async (buffers) => {
    const grid: [number, number] = [invocations / ARITHMETIC_WORKGROUP, 1];
    const seconds = await secondsOf(device, { code: ARITHMETIC, buffers, grid });
    return (invocations * ARITHMETIC_EACH) / seconds / 1e9;
  });
  return { gemm, arithmetic, copy };
}
