/** Views made on the GPU inside the recorded step train the same network as views made by the trainer. */
import { beforeAll, expect, it, vi } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { gpuBackend } from '../../../src/ops/webgpu/backend.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { ViewMaker } from '../../../src/trainer/view-maker.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const STEPS = 5;

const config = applyOverrides(presetConfig('nano'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: STEPS },
});
const catalogue = sampleCatalogue(12, 0);

beforeAll(async () => {
  await startBackend('webgpu');
});

/** Views go to the GPU where it is a real one; everything else stays with what is fast on this one. */
function pretendUntilViewsAreOpen(): void {
  const backend = gpuBackend();
  if (!backend) throw new TypeError('The backend is not ours');
  const { traits } = backend;
  const open = ViewMaker.open;
  Reflect.set(backend, 'traits', { ...traits, software: false });
  vi.spyOn(ViewMaker, 'open').mockImplementation((...needs) => {
    Reflect.set(backend, 'traits', traits);
    return open(...needs);
  });
}

async function losses(run: TrainingRun): Promise<number[]> {
  const found: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { figures } = await run.advance();
    const { loss, gradNorm } = await figures;
    found.push(loss, gradNorm);
  }
  return found;
}

it('gives the same losses and gradients, bit for bit', async () => {
  pretendUntilViewsAreOpen();
  const run = new TrainingRun(config, catalogue);
  await run.prepare();
  const found = await losses(run);
  expect(run.viewMeans).toBe('gpu');
  expect(run.notRecorded).toBeNull();
  expect(run.dispatches).toBeGreaterThan(2);
  run.dispose();

  // Without preparation a run makes its views itself.
  const inline = new TrainingRun(config, catalogue, { recorded: false });
  const wanted = await losses(inline);
  expect(inline.viewMeans).toBe('inline');
  inline.dispose();
  expect(wanted.every(Number.isFinite)).toBe(true);
  expect(found).toEqual(wanted);
});
