/** A run that goes on from a kept state: the same weights, moments, center and statistics bit for bit as one in one go. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RunTree, readTree, StateError, treeBytes, writeTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { type NodeBackend, startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const STEPS = 4;
const catalogue = sampleCatalogue(12, 0);

/** All that a step can move is in it: BatchNorm's statistics, drop path, a last layer that is frozen for three steps. */
const toy = applyOverrides(presetConfig('nano'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 2, heads: 3, dropPath: 0.3 },
  head: {
    layers: 2,
    hidden: 16,
    bottleneck: 8,
    prototypes: 33,
    batchNorm: 'before-gelu',
    lastBatchNorm: true,
    freezeEpochs: 1,
  },
  training: { batchSize: 4, steps: 2 * STEPS },
});

interface Reached {
  tree: RunTree;
  figures: number[];
}

async function advance(run: TrainingRun, steps: number): Promise<Reached> {
  await run.prepare();
  const figures: number[] = [];
  for (let i = 0; i < steps; i++) {
    const { loss, gradNorm, lr } = await (await run.advance()).figures;
    figures.push(loss, gradNorm, lr);
  }
  const tree = await run.tree();
  run.dispose();
  return { tree, figures };
}

async function twoWays(config: RunConfig) {
  const whole = await advance(new TrainingRun(config, catalogue), 2 * STEPS);
  const half = await advance(new TrainingRun(config, catalogue), STEPS);
  const from = readTree(writeTree(half.tree));
  const rest = await advance(new TrainingRun(config, catalogue, { from }), STEPS);
  return { whole, half, rest, from };
}

describe.each<NodeBackend>(['wasm', 'webgpu'])('on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  // Each kind has shaders of its own to compile, so the slow one is held to one kind.
  const kinds = backend === 'wasm' ? (['adamw', 'sgd'] as const) : (['adamw'] as const);
  it.each(kinds)('with %s a restored run ends where an unbroken one does', async (kind) => {
    const { whole, half, rest } = await twoWays(applyOverrides(toy, { optimizer: { kind } }));
    expect(half.tree.updates).toEqual({ lastLayer: 1, rest: 4 });
    expect([...half.figures, ...rest.figures]).toEqual(whole.figures);
    expect(rest.tree).toEqual(whole.tree);
    expect(rest.tree.tensors.size).toBeGreaterThan(80);
    expect(half.tree.tensors.get('center')?.data).not.toEqual(whole.tree.tensors.get('center')?.data);
  });
});

describe('a tree', () => {
  it('is the state of the moment it is asked for, whatever steps follow before it comes', async () => {
    const run = new TrainingRun(toy, catalogue);
    await run.prepare();
    await run.advance();
    const early = run.tree();
    await run.advance();
    expect((await early).step).toBe(1);
    const { tree } = await advance(new TrainingRun(toy, catalogue), 1);
    expect(await early).toEqual(tree);
    run.dispose();
  });

  it('leaves no tensor behind, is what it was as a file, and says its size', async () => {
    const { numTensors } = tf.memory();
    const { tree } = await advance(new TrainingRun(toy, catalogue), 1);
    const restored = new TrainingRun(toy, catalogue, { from: tree });
    expect(restored.step).toBe(1);
    expect(await restored.tree()).toEqual(tree);
    await advance(restored, 1);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(readTree(writeTree(tree))).toEqual(tree);
    const values = [...tree.tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(treeBytes(tree)).toBe(4 * values);
  });

  it('refuses a network of another shape, another format and damaged numbers', async () => {
    const { tree } = await advance(new TrainingRun(toy, catalogue), 1);
    const wider = applyOverrides(toy, { head: { ...toy.head, prototypes: 34 } });
    const run = new TrainingRun(wider, catalogue, { from: tree });
    await expect(run.advance()).rejects.toThrow(StateError);
    const bytes = writeTree(tree);
    const text = new TextDecoder('latin1').decode(bytes);
    const changed = (from: string, to: string) =>
      Uint8Array.from(text.replace(from, to), (letter) => letter.charCodeAt(0));
    expect(() => readTree(changed('playground-state/1', 'playground-state/2'))).toThrow(/state\/2/);
    expect(() => readTree(changed('"step":"1"', '"step":"x"'))).toThrow(StateError);
  });
});
