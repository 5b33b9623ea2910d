/** Weights that come in: the official networks by name and shape, numbers as PyTorch's, hostile files in a sentence. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ForeignWeightsError, type HostTensor, toHub } from '../../../src/checkpoint/dialects.ts';
import { weightsMetadata, weightsPieces } from '../../../src/checkpoint/export.ts';
import {
  fittedTo,
  isWhole,
  networksIn,
  startValues,
  type Weights,
  weightsIn,
} from '../../../src/checkpoint/import.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../../src/core/safetensors.ts';
import { openSafetensors } from '../../../src/core/safetensors-blob.ts';
import { close, openNetwork } from '../../../src/eval/opened.ts';
import { storedShape } from '../../../src/model/border.ts';
import { networkSpec } from '../../../src/model/specs.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { LEAST_HEAD } from '../eval/least-head.ts';
import { GRID, largestDifference, numbers, SHAPE } from '../eval/studio-network.ts';

const rest = async () => undefined;
const opened = (pieces: readonly Uint8Array[]) =>
  openSafetensors(new Blob(pieces.map((piece) => piece.slice())));

type Sizes = Record<string, number[]>;

/** Names and shapes of the official vision_transformer.py's state dict. */
function official(dim: number, depth: number, patch: number): Sizes {
  const sizes: Sizes = {
    cls_token: [1, 1, dim],
    pos_embed: [1, 1 + (224 / patch) ** 2, dim],
    'patch_embed.proj.weight': [dim, 3, patch, patch],
    'patch_embed.proj.bias': [dim],
    'norm.weight': [dim],
    'norm.bias': [dim],
  };
  for (let i = 0; i < depth; i++)
    Object.assign(sizes, {
      [`blocks.${i}.norm1.weight`]: [dim],
      [`blocks.${i}.norm1.bias`]: [dim],
      [`blocks.${i}.attn.qkv.weight`]: [3 * dim, dim],
      [`blocks.${i}.attn.qkv.bias`]: [3 * dim],
      [`blocks.${i}.attn.proj.weight`]: [dim, dim],
      [`blocks.${i}.attn.proj.bias`]: [dim],
      [`blocks.${i}.norm2.weight`]: [dim],
      [`blocks.${i}.norm2.bias`]: [dim],
      [`blocks.${i}.mlp.fc1.weight`]: [4 * dim, dim],
      [`blocks.${i}.mlp.fc1.bias`]: [4 * dim],
      [`blocks.${i}.mlp.fc2.weight`]: [dim, 4 * dim],
      [`blocks.${i}.mlp.fc2.bias`]: [dim],
    });
  return sizes;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** A file of these tensors as half floats, which are half as large; every value is another power of two. */
function fileOf(sizes: Sizes): Uint8Array<ArrayBuffer> {
  const tensors = Object.entries(sizes).map(([name, shape], i): [string, StoredTensor] => [
    name,
    { dtype: 'F16', shape, data: new Uint16Array(sizeOf(shape)).fill(0x2000 + i) },
  ]);
  return writeSafetensors({ metadata: {}, tensors: new Map(tensors) });
}

describe('the published networks', () => {
  it.each([
    ['ViT-S/16', 384, 12, 16, 6, 21_665_664],
    ['ViT-S/8', 384, 12, 8, 6, 21_670_272],
    ['ViT-B/16', 768, 12, 16, 12, 85_798_656],
  ])('%s is known by its names and shapes', async (_, dim, depth, patch, heads, parameters) => {
    const sizes = official(dim, depth, patch);
    expect(Object.values(sizes).reduce((sum, shape) => sum + sizeOf(shape), 0)).toBe(parameters);
    const found = await weightsIn(await opened([fileOf(sizes)]), 'teacher', rest);
    expect(found).toMatchObject({
      dialect: 'official',
      imageSize: 224,
      headsSaid: false,
      shape: { patchSize: patch, dim, depth, heads, mlpRatio: 4, qkvBias: true },
    });
    expect(found.report).toEqual({
      matched: expect.any(Array),
      missing: [],
      unexpected: [],
      misshaped: [],
      damaged: [],
    });
    expect(found.report.matched).toHaveLength(150);
    expect(isWhole(found.report)).toBe(true);
  });

  it('of a whole checkpoint are those of the network that is asked for; the rest is reported', async () => {
    const small = official(64, 2, 16);
    const both = Object.fromEntries([
      ...Object.entries(small).map(([name, shape]) => [`student.module.backbone.${name}`, shape]),
      ...Object.entries(small).map(([name, shape]) => [`teacher.backbone.${name}`, shape]),
      ['teacher.head.mlp.0.weight', [8, 64]],
      ['dino_loss.center', [1, 8]],
    ]);
    const file = await opened([fileOf(both)]);
    expect(networksIn(file)).toEqual(['teacher', 'student']);
    const teacher = await weightsIn(file, 'teacher', rest);
    const student = await weightsIn(file, 'student', rest);
    expect(teacher.report.matched).toHaveLength(30);
    expect(teacher.report.unexpected).toHaveLength(32);
    expect(teacher.report.unexpected).toContain('dino_loss.center');
    expect(teacher.tensors.get('norm.bias')?.data).not.toEqual(student.tensors.get('norm.bias')?.data);
    expect(networksIn(await opened([fileOf(small)]))).toEqual(['teacher']);
  });
});

describe('a file that Python wrote', () => {
  it('has the same numbers here, whatever type they have', async () => {
    const file = await openSafetensors(new Blob([readFileSync('tests/fixtures/python-weights.safetensors')]));
    expect(file.tensors.get('teacher.backbone.blocks.0.mlp.fc1.weight')?.dtype).toBe('F16');
    expect(file.tensors.get('teacher.backbone.blocks.0.mlp.fc2.weight')?.dtype).toBe('BF16');
    expect(file.tensors.get('teacher.backbone.norm.bias')?.dtype).toBe('F64');
    for (const [network, sign] of [
      ['teacher', 1],
      ['student', -1],
    ] as const) {
      const { report, tensors, shape, imageSize } = await weightsIn(file, network, rest);
      expect(isWhole(report)).toBe(true);
      expect(report.matched).toHaveLength(18);
      expect(report.unexpected).toHaveLength(19);
      expect({ ...shape, imageSize }).toEqual({
        ...{ patchSize: 4, dim: 64, depth: 1, heads: 1, mlpRatio: 1, qkvBias: true, imageSize: 8 },
      });
      for (const { data } of tensors.values())
        expect(data.every((value, i) => value === (sign * (i % 256)) / 256)).toBe(true);
    }
  });
});

describe('a network whose numbers PyTorch knows', () => {
  const backbone = new Map(
    [...readSafetensors(readFileSync('tests/fixtures/attention_studio.safetensors')).tensors].flatMap(
      ([name, { shape, data }]): [string, HostTensor][] =>
        name.startsWith('backbone.') && data instanceof Float32Array
          ? [[name.slice('backbone.'.length), { shape, data }]]
          : [],
    ),
  );
  const shape = { imageSize: 16, backbone: SHAPE, head: LEAST_HEAD };
  const metadata = weightsMetadata(shape, {});
  const dialects = [
    ['official', weightsPieces(backbone, metadata)],
    ['hugging-face', weightsPieces(toHub(backbone), metadata)],
  ] as const;

  beforeAll(async () => {
    await startBackend('wasm');
  });

  it.each(dialects)('has them after every block when it comes under %s names', async (dialect, pieces) => {
    const found = await weightsIn(await opened(pieces), 'teacher', rest);
    expect(found).toMatchObject({ dialect, headsSaid: true, shape: SHAPE, imageSize: 16 });
    expect(isWhole(found.report)).toBe(true);
    const specs = new Map(networkSpec(shape).parameters.map((spec) => [spec.name, spec]));
    const network = new Map(
      [...startValues(found)].map(([name, values]) => {
        const spec = specs.get(name);
        if (!spec) throw new Error(`"${name}" is no part of the network`);
        return [name, tf.tensor(values, storedShape(spec), 'float32')];
      }),
    );
    const inside = await openNetwork(network, SHAPE, numbers('patches'), GRID, rest);
    for (const [block, { tokens }] of inside.blocks.entries())
      expect(largestDifference(await tokens.data(), numbers(`tokens/${block}`))).toBeLessThan(3e-5);
    expect(inside.blocks).toHaveLength(SHAPE.depth);
    close(inside);
    tf.dispose([...network.values()]);
  });
});

describe('positions for views of another size', () => {
  const { tensors } = readSafetensors(readFileSync('tests/fixtures/pos_embed.safetensors'));
  const table = (name: string): HostTensor => {
    const { shape, data } = tensors.get(name) ?? {};
    if (!shape || !(data instanceof Float32Array)) throw new Error(`The fixture lacks "${name}"`);
    return { shape, data };
  };
  const weights: Weights = {
    shape: { patchSize: 16, dim: 8, depth: 1, heads: 1, mlpRatio: 4, qkvBias: true },
    imageSize: 224,
    tensors: new Map([['pos_embed', table('pos_embed')]]),
  };

  it.each([6, 28])('are resampled to %i × %i as the official code does', (side) => {
    const { tensors: fitted, imageSize } = fittedTo(weights, 16 * side);
    expect(imageSize).toBe(16 * side);
    const wanted = table(`out/${side}x${side}`);
    expect(fitted.get('pos_embed')?.shape).toEqual(wanted.shape);
    expect(largestDifference(fitted.get('pos_embed')?.data ?? [], wanted.data)).toBeLessThan(1e-5);
  });

  it('are as they were at the size that they were made for', () => {
    expect(fittedTo(weights, 224)).toBe(weights);
  });
});

describe('a file that is not what it should be', () => {
  const small = official(64, 3, 16);
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(small).filter(([name]) => !names.includes(name)));
  const reportOf = async (sizes: Sizes) =>
    (await weightsIn(await opened([fileOf(sizes)]), 'teacher', rest)).report;

  it('is reported key by key and is not whole', async () => {
    const report = await reportOf({
      ...without('blocks.1.mlp.fc2.bias', 'norm.weight'),
      'blocks.2.norm1.bias': [63],
      'head.weight': [10, 64],
    });
    expect(report.missing).toEqual(['blocks.1.mlp.fc2.bias', 'norm.weight']);
    expect(report.misshaped).toEqual([{ name: 'blocks.2.norm1.bias', wanted: [64], found: [63] }]);
    expect(report.unexpected).toEqual(['head.weight']);
    expect(report.matched).toHaveLength(39);
    expect(isWhole(report)).toBe(false);
  });

  it('says which of its numbers are none', async () => {
    const bytes = fileOf(small);
    // The data's last two bytes: a half float that is no number.
    bytes.set([0x00, 0x7e], bytes.length - 2);
    const { report } = await weightsIn(await opened([bytes]), 'teacher', rest);
    expect(report.damaged).toEqual(['blocks.2.mlp.fc2.bias']);
    expect(isWhole(report)).toBe(false);
  });

  it.each<[string, Sizes, RegExp]>([
    [
      'a block that lacks',
      without(...Object.keys(small).filter((name) => name.startsWith('blocks.1.'))),
      /lacks block 1/,
    ],
    [
      'a block of a number beyond all',
      { ...small, 'blocks.99999999999.norm1.bias': [64] },
      /4 blocks, and lacks block 3/,
    ],
    ['tokens wider than can be built', { ...small, cls_token: [1, 1, 2112] }, /2112 numbers wide/],
    ['another network', { 'conv1.weight': [64, 3, 7, 7] }, /no "cls_token"/],
    ['nothing', {}, /no "cls_token"/],
    ['no square of positions', { ...small, pos_embed: [1, 8, 64] }, /square/],
    ['layer scale', { ...small, 'blocks.0.ls1.gamma': [64] }, /layer scale/],
    ['an empty table', { ...small, cls_token: [1, 1, 0] }, /./],
  ])('is refused for %s', async (_, sizes, why) => {
    const outcome = weightsIn(await opened([fileOf(sizes)]), 'teacher', rest);
    await expect(outcome).rejects.toThrow(ForeignWeightsError);
    await expect(outcome).rejects.toThrow(why);
  });
});
