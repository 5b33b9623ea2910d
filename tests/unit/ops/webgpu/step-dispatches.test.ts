/** A recorded step of twelve blocks and two resolutions: few dispatches, nearly all our own, and replays make nothing. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StepSettings } from '../../../../src/dino/step.ts';
import { fusedKernel } from '../../../../src/ops/kernel.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import type { DrivenRun } from '../../../../tools/parity/driven-run.ts';
import { AT, TOY, TOY_VIT, toyRows, toyRun } from '../../dino/toy.ts';
import { startGpu } from './against-composition.ts';

/** A ViT of twelve blocks and a head of three layers, all kinds of kernels in it. */
const DEEP: StepSettings = {
  ...TOY,
  shape: {
    ...TOY.shape,
    backbone: { ...TOY_VIT, depth: 12 },
    head: { ...TOY.shape.head, layers: 3 },
  },
};
const MOST_DISPATCHES = 400;
/** Sums of gradients that the tape makes, and numbers out of the step's values. */
const STOCK = ['BinaryOpProgram', 'SliceProgram'];
const MOST_STOCK = 5;

let gpu: GpuBackend;
let run: DrivenRun;
const stock: string[] = [];

beforeAll(async () => {
  gpu = await startGpu();
  run = toyRun(DEEP, { dropPath: 0.1 });
  await run.prepare();
  await run.step(toyRows(0), AT);
  const original = gpu.runWebGPUProgram.bind(gpu);
  Reflect.set(gpu, 'runWebGPUProgram', (...call: Parameters<GpuBackend['runWebGPUProgram']>) => {
    stock.push(call[0].constructor.name);
    return original(...call);
  });
  await run.step(toyRows(1), AT);
  Reflect.deleteProperty(gpu, 'runWebGPUProgram');
});

afterAll(() => run.dispose());

it('is recorded', () => expect(run.refusal).toBeNull());

it('takes few dispatches', ({ skip }) => {
  if (!fusedKernel('Attention')) skip('attention is a composition on WebGPU');
  expect(run.dispatches).toBeGreaterThan(100);
  expect(run.dispatches).toBeLessThanOrEqual(MOST_DISPATCHES);
});

it('leaves little to tfjs’s own programs', ({ skip }) => {
  if (!fusedKernel('Attention')) skip('attention is a composition on WebGPU');
  expect(stock.filter((name) => !STOCK.includes(name))).toEqual([]);
  expect(stock.length).toBeLessThanOrEqual(MOST_STOCK);
});

const MAKERS = [
  'createBuffer',
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createTexture',
  'createSampler',
  'createQuerySet',
] as const;

it('makes no buffer, bind group or pipeline from the third step on', async () => {
  // The way back of the figures gets its buffer when they are first read.
  await run.step(toyRows(2), AT);
  const made: string[] = [];
  for (const name of MAKERS) {
    const original: unknown = Reflect.get(gpu.device, name);
    if (typeof original !== 'function') throw new TypeError(`The device has no ${name}`);
    Reflect.set(gpu.device, name, (...args: unknown[]) => {
      made.push(name);
      return Reflect.apply(original, gpu.device, args);
    });
  }
  const losses: (number | undefined)[] = [];
  for (let step = 3; step < 6; step++) losses.push((await run.step(toyRows(step), AT))[0]);
  for (const name of MAKERS) Reflect.deleteProperty(gpu.device, name);
  expect(made).toEqual([]);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(new Set(losses).size).toBe(3);
});
