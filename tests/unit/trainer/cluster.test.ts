/** A run leaves as a PyTorch project, and what that project wrote comes back. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { readTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { runConfigSchema } from '../../../src/config/schema.ts';
import type { TrainerEvent } from '../../../src/protocol/messages.ts';
import { ClusterExporter } from '../../../src/trainer/cluster/exporter.ts';
import { Runs } from '../../../src/trainer/runs/runs.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const catalogue = sampleCatalogue(8, 4);
const toy = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 1 },
  backbone: { dim: 12, depth: 1, heads: 3 },
  head: { hidden: 8, bottleneck: 4, prototypes: 9 },
  training: { batchSize: 4, steps: 12 },
});

beforeAll(async () => {
  await startBackend('wasm');
});

/** What the trainer says to the wish, with this run and these images. */
async function answer(run: TrainingRun | null): Promise<TrainerEvent[]> {
  const events: TrainerEvent[] = [];
  const emit = (event: TrainerEvent) => events.push(event);
  const exporter = new ClusterExporter(
    emit,
    new Runs(() => undefined),
    () => run,
    () => catalogue,
  );
  await exporter.export();
  return events;
}

describe('the zip for a cluster', () => {
  it('holds the project, the run as it is, its settings and the images it trained on', async () => {
    const run = new TrainingRun(toy, catalogue);
    await (await run.advance()).figures;
    const [event, ...others] = await answer(run);
    if (event?.type !== 'exported') throw new Error(`The answer was ${event?.type}`);
    expect(others).toEqual([]);
    expect(event.name).toBe('run-step1-cluster.zip');
    const files = unzipSync(new Uint8Array(await event.file.arrayBuffer()));
    const text = (name: string) => new TextDecoder().decode(files[`run-step1-cluster/${name}`]);
    expect(
      Object.keys(files)
        .map((name) => name.replace('run-step1-cluster/', ''))
        .sort(),
    ).toEqual(
      ['README.md', 'checkpoint.py', 'config.json', 'crops.py', 'dino.py', 'images.json', 'model.py'].concat([
        'requirements.txt',
        'resnet.py',
        'schedule.py',
        'state.safetensors',
        'train.py',
        'train_lightning.py',
      ]),
    );
    expect(text('train.py')).toBe(readFileSync('cluster/train.py', 'utf8'));
    expect(JSON.parse(text('config.json'))).toEqual(toy);
    expect(JSON.parse(text('images.json'))).toEqual(catalogue.images.slice(0, 8).map(({ path }) => path));
    const state = files['run-step1-cluster/state.safetensors'];
    expect(readTree(state ?? new Uint8Array())).toEqual(await run.tree());
    run.dispose();
  });

  it('is refused in a sentence where a zip cannot hold the run', async () => {
    const run = new TrainingRun(toy, catalogue);
    const tree = await run.tree();
    const data = new Float32Array(2 ** 24);
    const tensor = { shape: [2 ** 24], data };
    const tensors = Array.from({ length: 64 }, (_, i): [string, typeof tensor] => [`student/${i}`, tensor]);
    vi.spyOn(run, 'tree').mockResolvedValue({ ...tree, tensors: new Map(tensors) });
    expect(await answer(run)).toEqual([
      {
        type: 'moving-refused',
        sentence: expect.stringMatching(/can hold less than 4 GiB. Save the run itself/),
      },
    ]);
    run.dispose();
  });

  it('is refused where there is no run', async () => {
    expect(await answer(null)).toEqual([
      { type: 'moving-refused', sentence: expect.stringMatching(/no run to continue/) },
    ]);
  });
});

describe('a state that the cluster wrote', () => {
  it('is a run that goes on', async () => {
    const tree = readTree(readFileSync('tests/fixtures/cluster-state.safetensors'));
    const config = runConfigSchema.parse(JSON.parse(tree.config));
    const run = new TrainingRun(config, sampleCatalogue(16, 0), { from: tree });
    expect(run.step).toBe(13);
    const { loss } = await (await run.advance()).figures;
    expect(loss).toBeGreaterThan(0);
    expect(loss).toBeLessThan(Math.log(config.head.prototypes) * 2);
    const after = await run.tree();
    expect({ step: after.step, updates: after.updates }).toEqual({
      step: 14,
      updates: { lastLayer: tree.updates.lastLayer + 1, rest: 14 },
    });
    expect([...after.tensors.keys()].sort()).toEqual([...tree.tensors.keys()].sort());
    run.dispose();
  });
});
