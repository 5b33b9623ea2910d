/** The timing that picks a variant for each shape, on contests whose outcome is beyond doubt. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import type { GemmTask } from '../../../../src/ops/webgpu/gemm.ts';
import { variantFor } from '../../../../src/ops/webgpu/gemm-choice.ts';
import { type Contest, Tuning, tuningOf, type Variant } from '../../../../src/ops/webgpu/tuning.ts';
import { observed, startGpu } from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

/** 'slow' keeps the thread for a hundred times the clock's grain; 'quick' does nothing. */
function contest(runs: string[], work = 1): Contest<Variant> {
  const [slow, quick] = [{ name: 'slow' }, { name: 'quick' }];
  return {
    candidates: [slow, quick],
    fallback: slow,
    work,
    run: ({ name }) => {
      runs.push(name);
      const begun = performance.now();
      while (name === 'slow' && performance.now() - begun < 10);
    },
  };
}

describe('tuning', () => {
  it('takes the fallback before, and the fastest after', async () => {
    const tuning = new Tuning(gpu);
    const runs: string[] = [];
    expect(tuning.choose('a', contest(runs)).name).toBe('slow');
    expect(runs).toEqual([]);
    await tuning.tune(60_000);
    expect(tuning.choose('a', contest(runs)).name).toBe('quick');
    expect(tuning.choices()).toEqual({ a: 'quick' });
  });

  it('keeps its choices as plain JSON, and passes over names that are gone', () => {
    const tuning = new Tuning(gpu);
    tuning.restore(JSON.parse('{"a":"quick","b":"gone"}'));
    expect(tuning.choose('a', contest([])).name).toBe('quick');
    expect(tuning.choose('b', contest([])).name).toBe('slow');
  });

  it('stops when its time is up, the most expensive shape first, and leaves the rest open', async () => {
    const tuning = new Tuning(gpu);
    const [cheap, dear]: string[][] = [[], []];
    tuning.choose('cheap', contest(cheap ?? [], 1));
    tuning.choose('dear', contest(dear ?? [], 2));
    await tuning.tune(1);
    expect(dear?.length).toBeGreaterThan(0);
    expect(cheap).toEqual([]);
    expect(tuning.choices()).toEqual({});
    await tuning.tune(60_000);
    expect(tuning.choices()).toEqual({ cheap: 'quick', dear: 'quick' });
  });

  it('does not time what has one variant', async () => {
    const tuning = new Tuning(gpu);
    const only = contest([]);
    tuning.choose('a', { ...only, candidates: only.candidates.slice(0, 1) });
    await tuning.tune(60_000);
    expect(tuning.choices()).toEqual({});
  });
});

describe('the choice of a GEMM', () => {
  const task = (m: number, n: number, k: number): GemmTask => ({
    name: 'Product',
    form: 'NN',
    m,
    n,
    k,
    variables: [['y', 'read_write', 'V']],
    finish: '  y[at] = sum;',
  });
  const onGpu = (m: number, n: number, k: number) =>
    observed(gpu, 'GPU', () => variantFor(gpu, task(m, n, k)).name).result;

  it('is the largest block that leaves a GPU enough of them', () => {
    expect(onGpu(4096, 4096, 64)).toMatch(/^block 128×128/);
    expect(onGpu(3168, 192, 768)).toMatch(/^block 64×64/);
    expect(onGpu(96, 64, 256)).toMatch(/^block 32×32/);
  });

  it('is what was tuned', () => {
    tuningOf(gpu).restore({ 'NN 96×60×256': 'block 64×32, 8×4 each' });
    expect(onGpu(96, 60, 256)).toBe('block 64×32, 8×4 each');
  });

  it('is a tile of four lanes on the software adapter, and a plain one for small and odd sizes', () => {
    expect(variantFor(gpu, task(3168, 96, 384)).name).toBe('quad 32×8×8');
    expect(variantFor(gpu, task(3168, 96, 388)).name).toBe('quad 32×8×4');
    expect(variantFor(gpu, task(3168, 96, 389)).name).toBe('plain');
    expect(variantFor(gpu, task(16, 16, 16)).name).toBe('plain');
  });

  it('finds a variant for a shape on the device', async () => {
    const tuning = tuningOf(gpu);
    // Too large for this adapter; what has been chosen is not timed.
    tuning.restore({ 'NN 4096×4096×64': '', 'NN 3168×192×768': '', 'NN 96×64×256': '' });
    onGpu(64, 64, 64);
    const { traits } = gpu;
    Reflect.set(gpu, 'traits', { ...traits, software: false });
    await tuning.tune(600_000);
    Reflect.set(gpu, 'traits', traits);
    expect(tuning.choices()['NN 64×64×64']).toMatch(/^block /);
  });
});
