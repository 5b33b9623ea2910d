/** What a person reads about the settings of backbone and head. */
import type { FieldTexts } from './fields.ts';

export const backboneTexts: FieldTexts<'backbone'> = {
  architecture: {
    label: 'Network',
    sentence:
      'A vision transformer, which attends, or a residual network of convolutions, which has no attention to show.',
    paper: 'ViT (and ResNet-50)',
    names: { vit: 'ViT', resnet18: 'ResNet-18', resnet50: 'ResNet-50' },
  },
  width: {
    label: 'Channels',
    sentence: 'Channels after the first convolution; the last stage has 8 (ResNet-18) or 32 times as many.',
    paper: '64',
    step: 4,
    only: 'resnet',
  },
  stem: {
    label: 'First layers',
    sentence:
      'The published ones make a picture four times smaller at once; for small pictures a plain 3 × 3 convolution keeps its size.',
    paper: '7 × 7 and pooling',
    names: { imagenet: '7 × 7 and pooling', small: '3 × 3, for small pictures' },
    only: 'resnet',
  },
  patchSize: {
    label: 'Patch',
    sentence: 'Side of the squares that a view is cut into; each becomes one token.',
    paper: '16 (8 for the sharpest maps)',
    unit: 'px',
    only: 'vit',
  },
  dim: {
    label: 'Width',
    symbol: 'd',
    sentence: 'Numbers that describe each token; a multiple of the heads.',
    paper: '384 (ViT-S)',
    step: 12,
    only: 'vit',
  },
  depth: {
    label: 'Blocks',
    sentence: 'How many times tokens exchange information by attention and are then reworked.',
    paper: '12',
    only: 'vit',
  },
  heads: {
    label: 'Heads',
    symbol: 'h',
    sentence: 'How many attention maps each block draws side by side.',
    paper: '6 (ViT-S)',
    only: 'vit',
  },
  mlpRatio: {
    label: 'MLP ratio',
    sentence: 'How many times wider than a token the hidden layer in each block is.',
    paper: '4',
    step: 0.5,
    advanced: true,
    only: 'vit',
  },
  dropPath: {
    label: 'Drop path',
    sentence:
      'How often the student’s last block is skipped in training; earlier blocks less, the teacher never.',
    paper: '0.1',
    step: 0.05,
    advanced: true,
    only: 'vit',
  },
  qkvBias: {
    label: 'Bias on q, k, v',
    sentence: 'Gives queries, keys and values of attention a constant of their own.',
    paper: 'on',
    advanced: true,
    only: 'vit',
  },
};

export const headTexts: FieldTexts<'head'> = {
  prototypes: {
    label: 'Prototypes',
    symbol: 'K',
    sentence: 'How many directions views are sorted by; too many for few images, and they collapse to a tie.',
    paper: '65,536',
    step: 64,
  },
  batchNorm: {
    label: 'BatchNorm',
    sentence:
      'Levels each hidden value over the batch, which helps small networks on few images to get going.',
    paper: 'off',
    names: { off: 'Off', 'before-gelu': 'Before GELU', 'after-gelu': 'After GELU' },
  },
  layers: {
    label: 'Layers',
    sentence: 'Linear layers before the prototypes.',
    paper: '3',
    advanced: true,
  },
  hidden: {
    label: 'Hidden width',
    sentence: 'Width of the head’s hidden layers.',
    paper: '2048',
    step: 32,
    advanced: true,
  },
  bottleneck: {
    label: 'Bottleneck',
    sentence: 'Width of the narrow vector that is compared with the prototypes.',
    paper: '256',
    step: 16,
    names: { none: 'no bottleneck' },
    advanced: true,
  },
  l2Bottleneck: {
    label: 'L2-normalise the bottleneck',
    sentence: 'Scales the vector before the prototypes to length 1, so that only its direction counts.',
    paper: 'on',
    advanced: true,
  },
  lastLayer: {
    label: 'Last layer',
    sentence: 'Whether a prototype has a direction and a length apart, a direction alone, or plain weights.',
    paper: 'direction and length apart (weight norm)',
    names: { 'weight-norm': 'Weight norm', 'unit-rows': 'Rows of length 1', free: 'Plain weights' },
    advanced: true,
  },
  normLastLayer: {
    label: 'Keep prototypes at length 1',
    symbol: 'norm_last_layer',
    sentence: 'Holds the length of every prototype at 1, which steadies training; for weight norm only.',
    paper: 'on (off for ViT-S in the longest runs)',
    advanced: true,
  },
  lastBatchNorm: {
    label: 'BatchNorm on the scores',
    sentence: 'Levels each prototype’s score over the batch, without weights of its own.',
    paper: 'off',
    advanced: true,
  },
  freezeEpochs: {
    label: 'Freeze the last layer for',
    symbol: 'freeze_last_layer',
    sentence: 'Keeps the prototypes still at first; try more when the loss does not fall.',
    paper: '1',
    unit: 'epochs',
    step: 0.5,
    advanced: true,
  },
};
