/** Kernel variants are timed once for an adapter, remembered, and recalled, whatever the browser keeps or refuses. */
import { beforeAll, expect, it } from 'vitest';
import type { GpuBackend } from '../../../src/ops/webgpu/backend.ts';
import { tuningOf } from '../../../src/ops/webgpu/tuning.ts';
import { type ChoiceMemory, prepareKernels } from '../../../src/trainer/kernel-choices.ts';
import { startGpu } from '../ops/webgpu/against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

/** A step with a kernel that has a slow and a quick variant for its shape; notes which it took. */
function stepOf(shape: string) {
  const taken: string[] = [];
  const [slow, quick] = [{ name: 'slow' }, { name: 'quick' }];
  const run = ({ name }: { name: string }) => {
    const begun = performance.now();
    while (name === 'slow' && performance.now() - begun < 10);
  };
  const step = () => {
    const contest = { candidates: [slow, quick], fallback: slow, work: 1, run };
    taken.push(tuningOf(gpu).choose(shape, contest).name);
  };
  return { step, taken };
}

function memoryOf(held: unknown) {
  const kept: { key: string; choices: Record<string, string> }[] = [];
  const memory: ChoiceMemory = {
    get: async () => held,
    set: async (key, choices) => {
      kept.push({ key, choices });
    },
  };
  return { memory, kept };
}

it('times what is new on this adapter, and remembers it under the adapter’s name', async () => {
  const { memory, kept } = memoryOf(undefined);
  const { step, taken } = stepOf('new');
  await prepareKernels(step, memory);
  expect(taken).toEqual(['slow', 'quick']);
  expect(kept).toHaveLength(1);
  expect(kept[0]?.key).toContain(gpu.device.adapterInfo.vendor);
  expect(kept[0]?.choices).toEqual({ new: 'quick' });
});

it('takes what it remembers, and times nothing again', async () => {
  const { memory, kept } = memoryOf({ remembered: 'quick' });
  const { step, taken } = stepOf('remembered');
  await prepareKernels(step, memory);
  expect(taken).toEqual(['quick']);
  expect(kept).toEqual([]);
});

it('times again a variant that is gone, and remembers the other', async () => {
  const { memory, kept } = memoryOf({ changed: 'gone' });
  await prepareKernels(stepOf('changed').step, memory);
  expect(kept[0]?.choices).toMatchObject({ changed: 'quick' });
});

it('goes on where the memory holds something else, or none is to be had', async () => {
  const strange = memoryOf({ strange: 3 });
  await prepareKernels(stepOf('strange').step, strange.memory);
  expect(strange.kept[0]?.choices).toMatchObject({ strange: 'quick' });
  const refuse = () => Promise.reject(new Error('A private window'));
  const { step, taken } = stepOf('refused');
  await prepareKernels(step, { get: refuse, set: refuse });
  expect(taken).toEqual(['slow', 'quick']);
});
