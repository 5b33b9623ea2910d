/** A network opened up on a picture of 3 × 5 patches against NumPy: attention of any token, rollout, distances. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attentionDistances, CLS, rollout, tokenAttention } from '../../../src/eval/attention-flow.ts';
import { bytesOf, close, type Opened, openNetwork } from '../../../src/eval/opened.ts';
import { patchColors } from '../../../src/eval/patch-colors.ts';
import type { Tensors } from '../../../src/model/network.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { FROM_PATCH, GRID, largestDifference, numbers, SHAPE, studioNetwork } from './studio-network.ts';

const PATCHES = GRID.rows * GRID.columns;
const BLOCKS = Array.from({ length: SHAPE.depth }, (_, i) => i);
const rest = async () => undefined;

/** Rows of NumPy's [heads, length, length] that belong to one token, without its CLS column. */
function mapsOf(block: number, token: number): Float32Array {
  const whole = numbers(`attention/${block}`);
  const length = 1 + PATCHES;
  const maps = new Float32Array(SHAPE.heads * PATCHES);
  for (let head = 0; head < SHAPE.heads; head++) {
    const at = (head * length + token) * length;
    maps.set(whole.subarray(at + 1, at + length), head * PATCHES);
  }
  return maps;
}

describe.each(['wasm', 'cpu', 'webgpu'] as const)('a network opened up on %s', (backend) => {
  let network: Tensors;
  let opened: Opened;

  beforeAll(async () => {
    await startBackend(backend);
    network = studioNetwork();
    opened = await openNetwork(network, SHAPE, numbers('patches'), GRID, rest);
  });

  afterAll(() => {
    close(opened);
    tf.dispose([...network.values()]);
  });

  it.each(BLOCKS)('has the attention of CLS and of a patch in block %i', async (block) => {
    const cls = await tokenAttention(opened, block, CLS);
    expect(largestDifference(cls, mapsOf(block, 0))).toBeLessThan(1e-5);
    const patch = await tokenAttention(opened, block, 1 + FROM_PATCH);
    expect(largestDifference(patch, mapsOf(block, 1 + FROM_PATCH))).toBeLessThan(1e-5);
    expect(largestDifference(patch, cls)).toBeGreaterThan(0.1);
  });

  it.each(BLOCKS)('has the tokens after block %i', async (block) => {
    const tokens = (await opened.blocks[block]?.tokens.data()) ?? [];
    expect(largestDifference(tokens, numbers(`tokens/${block}`))).toBeLessThan(3e-5);
  });

  it.each(BLOCKS)('rolls attention out from block %i down', async (block) => {
    const fromCls = await rollout(opened, block, CLS, rest);
    expect(largestDifference(fromCls, numbers(`rollout/${block}/cls`))).toBeLessThan(1e-5);
    const fromPatch = await rollout(opened, block, 1 + FROM_PATCH, rest);
    expect(largestDifference(fromPatch, numbers(`rollout/${block}/patch`))).toBeLessThan(1e-5);
  });

  it.each(BLOCKS)('colors the patches after block %i by their principal components', async (block) => {
    const { shares, explained } = await patchColors(opened, block, rest);
    expect(largestDifference(shares, numbers(`colors/${block}`))).toBeLessThan(1e-4);
    expect(largestDifference(explained, numbers(`explained/${block}`))).toBeLessThan(1e-5);
  });

  it('measures how far each head looks', async () => {
    const distances = await attentionDistances(opened, SHAPE.patchSize, rest);
    expect(distances.map((perHead) => perHead.length)).toEqual(BLOCKS.map(() => SHAPE.heads));
    expect(largestDifference(distances.flat(), numbers('distances'))).toBeLessThan(1e-4);
  });

  it('does the same in pieces of a few tokens', async () => {
    const few = SHAPE.heads * (1 + PATCHES) * 3;
    const map = await rollout(opened, 2, CLS, rest, few);
    expect(largestDifference(map, numbers('rollout/2/cls'))).toBeLessThan(1e-5);
    const distances = await attentionDistances(opened, SHAPE.patchSize, rest, few);
    expect(largestDifference(distances.flat(), numbers('distances'))).toBeLessThan(1e-4);
  });

  it('leaves nothing behind, given up or not', async () => {
    const once = async () => {
      await rollout(opened, 2, CLS, rest);
      await attentionDistances(opened, SHAPE.patchSize, rest);
      close(await openNetwork(network, SHAPE, numbers('patches'), GRID, rest));
    };
    // Constants that ops keep are made the first time.
    await once();
    const before = tf.memory().numTensors;
    await once();
    let left = 3;
    const giveUp = async () => {
      if (--left === 0) throw new Error('enough');
    };
    await expect(rollout(opened, 2, CLS, giveUp)).rejects.toThrow('enough');
    left = 2;
    await expect(attentionDistances(opened, SHAPE.patchSize, giveUp)).rejects.toThrow('enough');
    left = 2;
    await expect(openNetwork(network, SHAPE, numbers('patches'), GRID, giveUp)).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    expect(bytesOf(opened)).toBe(4 * SHAPE.depth * (1 + PATCHES) * 4 * SHAPE.dim);
  });
});
