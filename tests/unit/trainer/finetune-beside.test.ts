/** Fine-tuning between the steps of a run that WebGPU replays from a recording: neither disturbs the other. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { classifierLayers } from '../../../src/eval/classifier.ts';
import { finetune } from '../../../src/eval/finetune.ts';
import type { Body } from '../../../src/eval/tuning.ts';
import { vitShape } from '../../../src/model/shapes.ts';
import { clsFeatures } from '../../../src/model/vit.ts';
import { tokenLayout } from '../../../src/ops/layout.ts';
import { evalRows } from '../../../src/trainer/evaluated-images.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const STEPS = 4;
const IMAGES = 12;

const config = applyOverrides(presetConfig('nano'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  training: { batchSize: 4, steps: STEPS },
});
const catalogue = sampleCatalogue(IMAGES, 0);

beforeAll(async () => {
  await startBackend('webgpu');
});

/** The run's steps, and what is done between the two halves of them. */
async function stepped(between: (run: TrainingRun) => Promise<void>): Promise<number[]> {
  const run = new TrainingRun(config, catalogue);
  await run.prepare();
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    if (step === STEPS / 2) await between(run);
    const { loss, gradNorm } = await (await run.advance()).figures;
    losses.push(loss, gradNorm);
  }
  expect(run.notRecorded).toBeNull();
  expect(run.dispatches).toBeGreaterThan(2);
  run.dispose();
  return losses;
}

/** Fine-tunes a copy of the teacher; the run waits meanwhile. */
async function tuned(run: TrainingRun) {
  const held = run.hold();
  const { views } = config;
  const backbone = vitShape(config.backbone);
  const side = views.globalSize / backbone.patchSize;
  const body: Body = {
    parameters: new Map([...held.teacher.parameters].filter(([name]) => name.startsWith('backbone.'))),
    features: (p, images) => {
      const rows = evalRows(catalogue, config, [...images], views.globalSize, backbone.patchSize);
      const patches = tf.tensor2d(rows(0, images.length), [
        images.length * side * side,
        3 * backbone.patchSize ** 2,
      ]);
      const layout = tokenLayout([{ sequences: images.length, rows: side, columns: side }]);
      return clsFeatures(p, { patches, layout }, backbone);
    },
  };
  const train = Uint32Array.from({ length: IMAGES }, (_, i) => i);
  const found = await finetune(
    body,
    { train, labels: train.map((i) => i % 3), scored: train },
    classifierLayers(backbone.dim, 3, [8, 8]),
    { rate: 1e-2, weightDecay: 5e-4, batch: 4, epochs: 2, patience: 2, seed: 1 },
    { turn: (work) => work(), onBatch: () => {}, onEpoch: () => {} },
  );
  run.release(held);
  return found;
}

it('leaves the losses of the run as they are, and comes to the same each time', async () => {
  const alone = await stepped(async () => {});
  const found: Awaited<ReturnType<typeof tuned>>[] = [];
  const beside = await stepped(async (run) => {
    found.push(await tuned(run));
    const before = tf.memory().numTensors;
    found.push(await tuned(run));
    expect(tf.memory().numTensors).toBe(before);
  });
  expect(beside).toEqual(alone);
  expect(found[0]?.curve).toHaveLength(2);
  expect(found[1]).toEqual(found[0]);
});
