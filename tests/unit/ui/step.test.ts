/** What the walk through a step works out itself: a weight's update line by line, the answers, the parts of a network. */
import { describe, expect, it } from 'vitest';
import { entropyOf, largest, logSoftmax, softmax } from '../../../src/core/distribution.ts';
import type { TensorStep } from '../../../src/protocol/anatomy.ts';
import { meanOf, studentRow, teacherRow, viewTag } from '../../../src/ui/step/answers.ts';
import { partOf, partsOf, shownTensor } from '../../../src/ui/step/tensors.ts';
import { numeral, updateLines } from '../../../src/ui/step/weight-update.ts';
import { anatomyExample } from '../state/anatomy-example.ts';

const one = (value: number) => Float32Array.of(value);

function tensor(change: Partial<TensorStep> = {}): TensorStep {
  return {
    name: 'backbone.blocks.0.attn.qkv.weight',
    shape: [1, 1],
    gradNorm: 0.5,
    coefficient: 1,
    frozen: false,
    decayed: true,
    updates: 3,
    norm: 1,
    moved: 0.001,
    distance: 1,
    distanceAfter: 0.99,
    piece: {
      rows: 1,
      columns: 1,
      student: one(0.5),
      studentAfter: one(0.5),
      gradient: one(0.2),
      moments: [one(0.1), one(0.01)],
      momentsAfter: [one(0), one(0)],
      teacher: one(0),
      teacherAfter: one(0),
    },
    ...change,
  };
}

describe('a weight’s update', () => {
  it('is AdamW’s, decay apart from the gradient', () => {
    const lines = updateLines(anatomyExample(), tensor(), 0);
    const value = (name: string) => lines.find((line) => line.name === name)?.value ?? Number.NaN;
    expect(value('m')).toBeCloseTo(0.9 * 0.1 + 0.1 * 0.2, 6);
    expect(value('v')).toBeCloseTo(0.999 * 0.01 + 0.001 * 0.04, 6);
    const ratio = 0.11 / (1 - 0.9 ** 3) / Math.sqrt(0.01003 / (1 - 0.999 ** 3));
    expect(lines.at(-1)?.value).toBeCloseTo(0.5 - 0.001 * (ratio + 0.04 * 0.5), 6);
  });

  it('adds the decay to the gradient with Adam, and none to what is not decayed', () => {
    const anatomy = anatomyExample();
    anatomy.at.optimizer.kind = 'adam';
    const gradients = (decayed: boolean) =>
      updateLines(anatomy, tensor({ decayed }), 0)
        .filter(({ name }) => name === 'g')
        .map(({ value }) => value);
    expect(gradients(true)[1]).toBeCloseTo(0.2 + 0.04 * 0.5, 6);
    expect(gradients(false)).toHaveLength(1);
  });

  it('rolls on with SGD, and stands still where it is frozen', () => {
    const anatomy = anatomyExample();
    anatomy.at.optimizer.kind = 'sgd';
    const lines = updateLines(anatomy, tensor(), 0);
    expect(lines.at(-1)?.value).toBeCloseTo(0.5 - 0.001 * (0.9 * 0.1 + 0.2 + 0.04 * 0.5), 6);
    expect(updateLines(anatomy, tensor({ frozen: true }), 0)).toMatchObject([{ name: 'θ', value: 0.5 }]);
  });
});

describe('numbers in words', () => {
  it.each([
    [0.001082, '0.001082'],
    [-0.0138, '−0.0138'],
    [3.2e-7, '3.20 · 10⁻⁷'],
    [-12_345, '−1.23 · 10⁴'],
    [0.10999, '0.11'],
    [0, '0'],
  ])('%d is %s', (value, text) => {
    expect(numeral(value)).toBe(text);
  });
});

describe('answers', () => {
  it('are softmax and entropy as defined, whatever the size of the scores', () => {
    expect([...softmax([1000, 1000], 0.1)]).toEqual([0.5, 0.5]);
    const [first = 0, second = 0] = softmax([0.2, 0.1], 0.1);
    expect(first / second).toBeCloseTo(Math.E, 6);
    expect(Math.exp(logSoftmax([0.2, 0.1], 0.1)[0] ?? 0)).toBeCloseTo(first, 10);
    expect(entropyOf([0.25, 0.25, 0.25, 0.25])).toBeCloseTo(Math.log(4), 10);
    expect(entropyOf([1, 0])).toBe(0);
    expect(largest([3, 9, 1, 9, 4], 3)).toEqual([1, 3, 4]);
    expect(largest([1], 3)).toEqual([0]);
  });

  it('are those of the view that is meant', () => {
    const anatomy = anatomyExample();
    anatomy.center.before = Float32Array.of(0.1, 0, 0);
    const row = teacherRow(anatomy, 1);
    expect([...row.centered].map((z) => Number(z.toFixed(6)))).toEqual([0.1, 0.2, 0.1]);
    expect([...row.answer]).toEqual([...anatomy.specimen.targets.slice(3)]);
    const student = studentRow(anatomy, 2);
    expect(largest(student.answer, 1)).toEqual([2]);
    expect(meanOf([null, 1, 2, 3, null, 4])).toBe(2.5);
    expect([0, 1, 2].map((view) => viewTag(anatomy.specimen.views, view))).toEqual(['G1', 'G2', 'L1']);
  });
});

it('names the parts of a network in their order, and finds the tensor to look at', () => {
  const names = [
    'backbone.cls_token',
    'backbone.patch_embed.proj.weight',
    'backbone.blocks.0.attn.qkv.weight',
    'backbone.blocks.11.mlp.fc1.bias',
    'backbone.norm.weight',
    'head.mlp.0.weight',
    'head.last_layer.weight_v',
  ];
  expect(names.map(partOf)).toEqual([
    'patches',
    'patches',
    'block 1',
    'block 12',
    'norm',
    'head',
    'prototypes',
  ]);
  const tensors = names.map((name) => tensor({ name }));
  expect(partsOf(tensors)[0]).toEqual({ part: 'patches', from: 0, count: 2 });
  const anatomy = { ...anatomyExample(), tensors };
  expect(shownTensor(anatomy, null)?.name).toBe('backbone.blocks.0.attn.qkv.weight');
  expect(shownTensor(anatomy, 'backbone.norm.weight')?.name).toBe('backbone.norm.weight');
  expect(shownTensor(anatomyExample(), null)).toBeNull();
});
