/** What each switch of the collapse laboratory does to a fork of the same state, beside the parent that goes on. */
import { beforeAll, expect, it } from 'vitest';
import type { RunTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import { switched } from '../../../src/state/switches.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const PROTOTYPES = 33;
const LN_K = Math.log(PROTOTYPES);
const BEFORE = 120;
const AFTER = 80;
/** Last steps that figures are the mean of. */
const JUDGED = 20;

const config = applyOverrides(presetConfig('nano'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { patchSize: 4, dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: PROTOTYPES, batchNorm: 'off' },
  training: { batchSize: 4, steps: 100_000 },
});
const catalogue = sampleCatalogue(40, 0);

interface Reached {
  tree: RunTree;
  entropy: number;
  spread: number;
}

async function train(run: TrainingRun, steps: number): Promise<Reached> {
  let entropy = 0;
  let spread = 0;
  for (let i = 0; i < steps; i++) {
    const { teacherEntropy, featureSpread } = await (await run.advance()).figures;
    if (i < steps - JUDGED) continue;
    entropy += teacherEntropy / JUDGED;
    spread += featureSpread / JUDGED;
  }
  const tree = await run.tree();
  run.dispose();
  return { tree, entropy, spread };
}

let from: RunTree;
let parent: Reached;
const fork = (changed: RunConfig) => train(new TrainingRun(changed, catalogue, { from }), AFTER);

beforeAll(async () => {
  await startBackend('wasm');
  from = (await train(new TrainingRun(config, catalogue), BEFORE)).tree;
  parent = await fork(config);
});

it('the parent goes on between the two collapses', () => {
  expect(parent.entropy).toBeGreaterThan(0.3 * LN_K);
  expect(parent.entropy).toBeLessThan(0.85 * LN_K);
});

it('without centering the teacher names one prototype: its entropy falls to 0', async () => {
  const { entropy } = await fork(switched(config, 'centering', false));
  expect(entropy).toBeLessThan(0.05 * LN_K);
});

it('without sharpening the teacher is flat: its entropy rises to ln K', async () => {
  const { entropy } = await fork(switched(config, 'sharpening', false));
  expect(entropy).toBeGreaterThan(0.97 * LN_K);
});

it.each(['momentum', 'stopGradient'] as const)('without %s all images come to look alike', async (which) => {
  const { spread } = await fork(switched(config, which, false));
  expect(spread).toBeLessThan(0.5 * parent.spread);
});
