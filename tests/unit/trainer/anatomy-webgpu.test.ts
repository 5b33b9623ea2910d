/** On WebGPU too a step taken apart is the recorded one, and replays go on as if nobody had looked. */
import { beforeAll, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { Anatomist } from '../../../src/trainer/anatomy/anatomist.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const config = applyOverrides(presetConfig('nano'), {
  views: { globalSize: 16, localSize: 8, localCount: 1 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: 6 },
});
const catalogue = sampleCatalogue(12, 0);

beforeAll(async () => {
  await startBackend('webgpu');
});

/** Losses and gradient norms of three steps, the first and the third of them taken apart if `looked`. */
async function figuresOf(looked: boolean): Promise<{ figures: number[]; events: TrainerEvent[] }> {
  const run = new TrainingRun(config, catalogue);
  const events: TrainerEvent[] = [];
  const anatomist = new Anatomist((event) => events.push(eventSchema.parse(event)));
  anatomist.follow(run, catalogue);
  const figures: number[] = [];
  for (let step = 0; step < 3; step++) {
    if (looked && step % 2 === 0) anatomist.ask(step, 0);
    const { loss, gradNorm } = await (await anatomist.advance(run)).figures;
    figures.push(loss, gradNorm);
  }
  expect(run.notRecorded).toBeNull();
  expect(run.dispatches).toBeGreaterThan(2);
  run.dispose();
  return { figures, events };
}

it('agrees with the recorded step and disturbs nothing', async () => {
  const { figures, events } = await figuresOf(true);
  expect(events).toHaveLength(2);
  for (const event of events) {
    if (event.type !== 'anatomy') throw new Error(`Answered by ${JSON.stringify(event)}`);
    const { agreement, differences } = event.anatomy;
    for (const { here, run } of Object.values(agreement)) expect(here / run).toBeCloseTo(1, 4);
    expect(differences.student).toBeLessThan(1e-5);
    expect(differences.teacher).toBeLessThan(1e-6);
    expect(differences.center).toBeLessThan(1e-6);
  }
  expect(figures).toEqual((await figuresOf(false)).figures);
});
