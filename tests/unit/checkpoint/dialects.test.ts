/** A backbone under the names of the field: there and back, and what is refused or reported on the way. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ForeignWeightsError,
  findBackbone,
  type HostTensor,
  hubConfig,
  shapeOf,
  toHub,
  weightsReport,
} from '../../../src/checkpoint/dialects.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { networkSpec } from '../../../src/model/specs.ts';

const SHAPE = {
  imageSize: 12,
  backbone: { patchSize: 4, dim: 64, depth: 2, heads: 1, mlpRatio: 2, qkvBias: true },
  head: {
    layers: 1,
    hidden: 8,
    bottleneck: 4,
    prototypes: 3,
    batchNorm: 'off',
    lastBatchNorm: false,
    l2Bottleneck: true,
    lastLayer: 'weight-norm',
    normLastLayer: true,
  },
} as const;

const wanted = networkSpec(SHAPE)
  .parameters.filter(({ name }) => name.startsWith('backbone.'))
  .map(({ name, shape }) => ({ name: name.slice('backbone.'.length), shape }));

/** Every value is another one, so that rows cannot change places unseen. */
let counter = 0;
const official = new Map(
  wanted.map(({ name, shape }): [string, HostTensor] => [
    name,
    {
      shape,
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => counter++),
    },
  ]),
);
const under = (prefix: string, tensors: ReadonlyMap<string, HostTensor>) =>
  new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor]));
const sortedByName = (tensors: ReadonlyMap<string, HostTensor>) =>
  [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
const only: HostTensor = { shape: [1], data: Float32Array.of(1) };

describe('findBackbone', () => {
  it.each(['', 'backbone.', 'teacher.backbone.', 'module.backbone.'])(
    'reads official names after "%s"',
    (prefix) => {
      const found = findBackbone(under(prefix, official), 'teacher');
      expect(found.dialect).toBe('official');
      expect(sortedByName(found.tensors)).toEqual(sortedByName(official));
      expect(found.unexpected).toEqual([]);
    },
  );

  it.each(['', 'vit.'])('reads Hugging Face’s names after "%s"', (prefix) => {
    const found = findBackbone(under(prefix, toHub(official)), 'teacher');
    expect(found.dialect).toBe('hugging-face');
    expect(sortedByName(found.tensors)).toEqual(sortedByName(official));
  });

  it('reads the names of newer transformers', () => {
    const newer = new Map(
      [...toHub(official)].map(([name, tensor]) => [
        name
          .replace('encoder.layer.', 'layers.')
          .replace(/attention\.attention\.(q|k|v)\w+/, 'attention.$1_proj')
          .replace('attention.output.dense', 'attention.o_proj')
          .replace('intermediate.dense', 'mlp.fc1')
          .replace(/(\d)\.output\.dense/, '$1.mlp.fc2'),
        tensor,
      ]),
    );
    expect(newer.has('layers.1.attention.q_proj.weight')).toBe(true);
    expect(newer.has('layers.1.mlp.fc2.bias')).toBe(true);
    expect(sortedByName(findBackbone(newer, 'teacher').tensors)).toEqual(sortedByName(official));
  });

  it('takes the network that is asked for out of a whole checkpoint', () => {
    const student = new Map(
      [...official].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => -x) }]),
    );
    const file = new Map([
      ...under('student.module.backbone.', student),
      ...under('teacher.backbone.', official),
      ['dino_loss.center', only],
    ]);
    expect(findBackbone(file, 'teacher').tensors.get('norm.bias')).toEqual(official.get('norm.bias'));
    expect(findBackbone(file, 'student').tensors.get('norm.bias')).toEqual(student.get('norm.bias'));
    expect(findBackbone(file, 'teacher').unexpected).toContain('dino_loss.center');
  });

  it('names what it has no use for, and refuses what is built otherwise', () => {
    const extra = new Map([...official, ['head.weight', only], ['blocks.0.attn.q_norm.weight', only]]);
    expect(findBackbone(extra, 'teacher').unexpected).toEqual(['head.weight', 'blocks.0.attn.q_norm.weight']);
    for (const name of ['blocks.0.ls1.gamma', 'reg_token', 'fc_norm.weight'])
      expect(() => findBackbone(new Map([...official, [name, only]]), 'teacher')).toThrow(
        ForeignWeightsError,
      );
    expect(() => findBackbone(new Map([['conv1.weight', only]]), 'teacher')).toThrow('no "cls_token"');
    const halved = new Map(toHub(official));
    halved.delete('encoder.layer.1.attention.attention.key.weight');
    expect(() => findBackbone(halved, 'teacher')).toThrow('lacks a part of "blocks.1.attn.qkv.weight"');
  });
});

describe('toHub', () => {
  it('gives queries, keys and values a third of the rows each', () => {
    const hub = toHub(official);
    const qkv = official.get('blocks.1.attn.qkv.weight');
    const key = hub.get('encoder.layer.1.attention.attention.key.weight');
    expect(key?.shape).toEqual([64, 64]);
    expect(key?.data).toEqual(qkv?.data.slice(64 * 64, 2 * 64 * 64));
    // Two blocks of 12 become two of 16, beside 6 outside of them.
    expect(hub.size).toBe(2 * 16 + 6);
  });

  it('is accompanied by the ε of the official norms', () => {
    expect(hubConfig(SHAPE.backbone, 12)).toMatchObject({
      layer_norm_eps: 1e-6,
      hidden_size: 64,
      intermediate_size: 128,
      image_size: 12,
    });
  });
});

describe('shapeOf', () => {
  it('finds the network that the tensors belong to', () => {
    expect(shapeOf(official)).toEqual({ shape: SHAPE.backbone, imageSize: 12 });
  });

  it('refuses positions that are no square, and what is missing', () => {
    const odd = new Map(official).set('pos_embed', { shape: [1, 9, 64], data: new Float32Array(9 * 64) });
    expect(() => shapeOf(odd)).toThrow('9 positions');
    const less = new Map(official);
    less.delete('patch_embed.proj.weight');
    expect(() => shapeOf(less)).toThrow('lacks "patch_embed.proj.weight"');
  });

  it('agrees with the official implementation’s own file', () => {
    const bytes = readFileSync(new URL('../../fixtures/step-a.safetensors', import.meta.url));
    const file = new Map<string, HostTensor>();
    for (const [name, { shape, data }] of readSafetensors(bytes).tensors)
      if (name.startsWith('student0/') && data instanceof Float32Array)
        file.set(name.replace('student0/', ''), { shape, data });
    const found = findBackbone(file, 'teacher');
    expect(found.unexpected.every((name) => name.startsWith('head.'))).toBe(true);
    const { shape, imageSize } = shapeOf(found.tensors);
    const spec = networkSpec({ ...SHAPE, imageSize, backbone: shape }).parameters;
    const expected = spec.filter(({ name }) => name.startsWith('backbone.'));
    expect([...found.tensors.keys()].map((name) => `backbone.${name}`).sort()).toEqual(
      expected.map(({ name }) => name).sort(),
    );
  });
});

describe('weightsReport', () => {
  it('tells matched, missing, unexpected, misshaped and damaged apart', () => {
    const found = new Map<string, HostTensor>([
      ['a', { shape: [2], data: Float32Array.of(1, 2) }],
      ['b', { shape: [3], data: Float32Array.of(1, 2, 3) }],
      ['c', { shape: [1], data: Float32Array.of(Number.NaN) }],
      ['e', { shape: [1], data: Float32Array.of(1) }],
    ]);
    const names = ['a', 'b', 'c', 'd'].map((name) => ({ name, shape: name === 'c' ? [1] : [2] }));
    expect(weightsReport(names, found)).toEqual({
      matched: ['a'],
      missing: ['d'],
      unexpected: ['e'],
      misshaped: [{ name: 'b', wanted: [2], found: [3] }],
      damaged: ['c'],
    });
  });
});
