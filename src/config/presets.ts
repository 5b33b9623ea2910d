/** Named runs: each a set of overrides of the defaults, which are the paper's. */
import { applyOverrides } from './overrides.ts';
import { defaultConfig, type RunConfig, type RunOverrides } from './schema.ts';

export interface Preset {
  label: string;
  /** What it is and when to take it. */
  sentence: string;
  overrides: RunOverrides;
  /** What stands against it on a laptop; a warning, never a ban. */
  warning?: string;
}

const LAPTOP =
  'Far beyond a laptop in one lesson: expect seconds a step on a good GPU, and days for the whole run.';

/** Warm-ups as lightly-train bounds them, for runs much shorter than the paper's. */
const shortWarmups = {
  optimizer: { lrWarmupMaxShare: 0.1 },
  loss: { warmupTeacherTempMaxShare: 0.3 },
} satisfies RunOverrides;

const nano = {
  views: { globalSize: 32, localSize: 16, localCount: 4 },
  backbone: { patchSize: 4, dim: 96, depth: 4, heads: 3, dropPath: 0 },
  // Measured on 4,000 CIFAR-10 images: docs/decisions/nano-batchnorm.md.
  head: { hidden: 256, bottleneck: 64, prototypes: 512, batchNorm: 'before-gelu' },
  loss: { ...shortWarmups.loss },
  teacher: { momentum: 0.99 },
  optimizer: { ...shortWarmups.optimizer, lr: 1e-3, lrRule: 'fixed' },
  training: { batchSize: 16, steps: 3000 },
  // A view of 32 px has no edge to spare: the figures for small pictures are taken on the whole of them.
  evaluation: { centerCrop: false },
} satisfies RunOverrides;

export const PRESETS = {
  samples: {
    label: 'Samples',
    sentence:
      'For the built-in samples: a tiny ViT with BatchNorm in the head that shows something true within 300 steps.',
    overrides: {
      ...nano,
      augment: { blurGlobal1: 0, blurGlobal2: 0, blurLocal: 0 },
      head: { ...nano.head, prototypes: 256 },
      loss: { ...nano.loss, teacherTemp: 0.02, warmupTeacherTemp: 0.02 },
      optimizer: { ...nano.optimizer, weightDecay: 0.04, weightDecayEnd: 0.04 },
      training: { ...nano.training, steps: 600 },
    },
  },
  nano: {
    label: 'Nano',
    sentence:
      'A tiny ViT on 32 px views: runs on any laptop, and is right for small pictures such as CIFAR-10.',
    overrides: nano,
  },
  'nano-resnet': {
    label: 'Nano ResNet',
    sentence:
      'A narrow ResNet-18 on 32 px views, to set beside Nano: convolutions instead of attention, activation maps of 4 × 4 places.',
    overrides: { ...nano, backbone: { architecture: 'resnet18', width: 16, stem: 'small', dropPath: 0 } },
  },
  small: {
    label: 'Small',
    sentence:
      'A small ViT on 64 px views: attention maps of 8 × 8 patches, for photographs on a laptop with a GPU.',
    overrides: {
      views: { globalSize: 64, localSize: 32, localCount: 4 },
      backbone: { patchSize: 8, dim: 192, depth: 6, heads: 3 },
      head: { hidden: 512, bottleneck: 128, prototypes: 1024 },
      loss: { ...shortWarmups.loss },
      optimizer: { ...shortWarmups.optimizer, lr: 1e-3, lrRule: 'fixed' },
      training: { batchSize: 16, steps: 10_000 },
      evaluation: { centerCrop: false },
    },
  },
  'vit-tiny': {
    label: 'ViT-Tiny',
    sentence: 'The paper’s recipe on the smallest of the usual ViTs: 5.5 million weights, 224 px views.',
    overrides: { backbone: { dim: 192, heads: 3 } },
    warning: LAPTOP,
  },
  'vit-small': {
    label: 'ViT-Small, the paper’s',
    sentence: 'The official settings as they are: ViT-S/16, two views at 224 px and eight at 96 px.',
    overrides: {},
    warning: LAPTOP,
  },
  'tutorial-basic': {
    label: 'Tutorial: the basic idea',
    sentence:
      'A ViT-B/16 on two global views and no local ones; no bottleneck, teacher as soft as the student, Adam.',
    overrides: {
      views: { localCount: 0, globalScaleMin: 0.08 },
      augment: { jitter: 1, hue: 0, blurGlobal2: 1, blurLocal: 1, solarizeGlobal2: 0 },
      backbone: { dim: 768, depth: 12, heads: 12 },
      head: { bottleneck: null, lastBatchNorm: true, l2Bottleneck: false, lastLayer: 'free' },
      loss: { teacherTemp: 0.1, warmupTeacherTemp: 0.1, teacherLogitsL2: true },
      teacher: { momentum: 0.999, momentumEnd: 0.999, schedule: 'constant' },
      optimizer: {
        kind: 'adam',
        lr: 1e-4,
        lrRule: 'fixed',
        lrSchedule: 'constant',
        lrWarmupEpochs: 0,
        weightDecay: 0,
        weightDecayEnd: 0,
        clip: 'off',
      },
      evaluation: { knnK: 5 },
    },
    warning: LAPTOP,
  },
  'tutorial-imagenette': {
    label: 'Tutorial: Imagenette',
    sentence: 'A ViT-S/16 with two global and two local views, all of 224 px, at a constant learning rate.',
    overrides: {
      views: { localCount: 2, localSize: 224 },
      augment: { jitter: 0.5, solarizeThreshold: 170 },
      head: { hidden: 512, prototypes: 1024, normLastLayer: false },
      teacher: { momentum: 0.9995, momentumEnd: 0.9995, schedule: 'constant' },
      optimizer: { lrSchedule: 'constant', lrWarmupEpochs: 0, weightDecay: 0.4, clipNorm: 2 },
      training: { batchSize: 32 },
      evaluation: { knnK: 5, knnEvery: 200 },
    },
    warning: LAPTOP,
  },
  'tutorial-faces': {
    label: 'Tutorial: faces',
    sentence:
      'A ViT-S/16 on views of 128 px; labels come from file names such as 12_name_31_gender.jpg (choose the field).',
    overrides: {
      views: { globalSize: 128, localSize: 128 },
      head: { hidden: 384, bottleneck: null, prototypes: 2048, l2Bottleneck: false, lastLayer: 'unit-rows' },
      loss: { teacherTemp: 0.07, warmupTeacherTempEpochs: 30 },
      optimizer: { lrEnd: 0, clip: 'global' },
      training: { batchSize: 32 },
      data: { labels: 'pattern' },
    },
    warning: LAPTOP,
  },
  'lightning-imagenet': {
    label: 'Lightning: ImageNet',
    sentence: 'The official recipe with ten local views and batches of 1,024, as trained on ImageNet-1k.',
    overrides: {
      views: { localCount: 10 },
      training: { batchSize: 1024, seed: 42 },
    },
    warning: 'Made for a cluster: a batch of 1,024 with twelve views does not fit into one GPU here.',
  },
  'lightly-resnet18': {
    label: 'Lightly: ResNet-18',
    sentence:
      'A ResNet-18 for ten epochs, with Adam and the teacher updated before each step. BatchNorm sees the views of one size together, where lightly has it see each view by itself.',
    overrides: {
      backbone: { architecture: 'resnet18', dropPath: 0 },
      views: { localCount: 6 },
      augment: { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
      head: { hidden: 512, bottleneck: 64, prototypes: 2048 },
      loss: { warmupTeacherTempEpochs: 5 },
      teacher: { advance: 'epoch', update: 'before' },
      optimizer: {
        kind: 'adam',
        lr: 1e-3,
        lrRule: 'fixed',
        lrSchedule: 'constant',
        lrWarmupEpochs: 0,
        weightDecay: 0,
        weightDecayEnd: 0,
        clip: 'off',
      },
      training: { epochs: 10 },
    },
    warning: LAPTOP,
  },
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

/** What the page opens with. */
export const FIRST_PRESET: PresetName = 'samples';

export function presetNames(): PresetName[] {
  return Object.keys(PRESETS).filter(isPresetName);
}

export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}

const configs = new Map<PresetName, RunConfig>();

/** The whole config of a preset; the same object each time, not to be changed. */
export function presetConfig(name: PresetName): RunConfig {
  const config = configs.get(name) ?? applyOverrides(defaultConfig, PRESETS[name].overrides);
  configs.set(name, config);
  return config;
}
