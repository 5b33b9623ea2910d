/** What is said of a file that was opened: the words of its own network. */
import { describe, expect, it } from 'vitest';
import type { OpenedFile } from '../../../src/protocol/moving.ts';
import { dialectText } from '../../../src/state/moving-text.ts';

const file: OpenedFile = {
  name: 'some.safetensors',
  dialect: 'official',
  networks: ['teacher'],
  network: 'teacher',
  backbone: { architecture: 'vit', patchSize: 4, dim: 12, depth: 1, heads: 3, mlpRatio: 4, qkvBias: true },
  headsSaid: true,
  imageSize: 16,
  report: { matched: [], missing: [], misshaped: [], damaged: [], unexpected: [] },
  whole: true,
  run: null,
};

describe('whose names are in a file', () => {
  it('is told of a vision transformer by the official code, of a ResNet by torchvision', () => {
    expect(dialectText(file)).toMatch(/official names/);
    const resnet = dialectText({
      ...file,
      backbone: { architecture: 'resnet18', width: 64, stem: 'imagenet' },
    });
    expect(resnet).toMatch(/names of torchvision/);
  });
});
