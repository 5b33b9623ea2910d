/** What a run is: one schema for every setting. The defaults are the official implementation's. */
import { z } from 'zod';

const probability = z.number().min(0).max(1);
const strength = z.number().min(0).max(2);
const temperature = z.number().positive().max(1);
const share = z.number().min(0).max(1);
const count = z.int().min(1);

const views = z.strictObject({
  /** Side of the two global views, pixels. */
  globalSize: z.int().min(8).max(512).default(224),
  globalScaleMin: z.number().positive().max(1).default(0.4),
  globalScaleMax: z.number().positive().max(1).default(1),
  localCount: z.int().min(0).max(16).default(8),
  /** Side of the local views, pixels. */
  localSize: z.int().min(4).max(512).default(96),
  localScaleMin: z.number().positive().max(1).default(0.05),
  localScaleMax: z.number().positive().max(1).default(0.4),
  /** Aspect ratio of a crop is drawn log-uniformly from [1/aspectMax, aspectMax]. */
  aspectMax: z
    .number()
    .min(1)
    .max(4)
    .default(4 / 3),
});

const augment = z.strictObject({
  flip: probability.default(0.5),
  jitter: probability.default(0.8),
  brightness: strength.default(0.4),
  contrast: strength.default(0.4),
  saturation: strength.default(0.2),
  hue: z.number().min(0).max(0.5).default(0.1),
  grayscale: probability.default(0.2),
  blurGlobal1: probability.default(1),
  blurGlobal2: probability.default(0.1),
  blurLocal: probability.default(0.5),
  blurSigmaMin: z.number().min(0).max(10).default(0.1),
  blurSigmaMax: z.number().min(0).max(10).default(2),
  solarizeGlobal1: probability.default(0),
  solarizeGlobal2: probability.default(0.2),
  solarizeLocal: probability.default(0),
  solarizeThreshold: z.int().min(0).max(256).default(128),
});

const backbone = z.strictObject({
  architecture: z.enum(['vit', 'resnet18', 'resnet50']).default('vit'),
  /** Of a ResNet: channels after its first convolution. */
  width: z.int().min(4).max(256).default(64),
  /** Of a ResNet: its first layers, the published ones or a single 3 × 3 convolution for small pictures. */
  stem: z.enum(['imagenet', 'small']).default('imagenet'),
  patchSize: z.int().min(2).max(64).default(16),
  dim: z.int().min(4).max(2048).default(384),
  depth: z.int().min(1).max(48).default(12),
  heads: z.int().min(1).max(32).default(6),
  mlpRatio: z.number().positive().max(8).default(4),
  /** Stochastic depth of the last block; blocks before it get a linear share. Student only. */
  dropPath: z.number().min(0).max(0.9).default(0.1),
  qkvBias: z.boolean().default(true),
});

const head = z.strictObject({
  /** Linear layers before the prototypes; without a bottleneck the prototypes are the last of them. */
  layers: z.int().min(1).max(6).default(3),
  hidden: z.int().min(4).max(8192).default(2048),
  /** Width before the prototypes; null leaves the bottleneck out. */
  bottleneck: z.int().min(4).max(4096).nullable().default(256),
  /** K, rows of the last layer. */
  prototypes: z.int().min(2).max(262_144).default(65_536),
  batchNorm: z.enum(['off', 'before-gelu', 'after-gelu']).default('off'),
  /** A BatchNorm without affine on the logits. */
  lastBatchNorm: z.boolean().default(false),
  /** L2-normalise what enters the last layer. */
  l2Bottleneck: z.boolean().default(true),
  /** How the last layer's rows are scaled: w = g·v/‖v‖, rows of length 1, or free. */
  lastLayer: z.enum(['weight-norm', 'unit-rows', 'free']).default('weight-norm'),
  /** Keep g at 1 (weight-norm only). */
  normLastLayer: z.boolean().default(true),
  /** Epochs in which the last layer's gradient is dropped. */
  freezeEpochs: z.number().min(0).default(1),
});

const loss = z.strictObject({
  studentTemp: temperature.default(0.1),
  teacherTemp: temperature.default(0.04),
  warmupTeacherTemp: temperature.default(0.04),
  warmupTeacherTempEpochs: z.number().min(0).default(0),
  /** Longest share of the run that the temperature may warm up for. */
  warmupTeacherTempMaxShare: share.default(1),
  centering: z.boolean().default(true),
  centerMomentum: share.default(0.9),
  /** Off: the teacher uses the student's temperature. */
  sharpening: z.boolean().default(true),
  /** Off: the student's own answers are the targets, and the gradient goes through them too. */
  stopGradient: z.boolean().default(true),
  /** L2-normalise the teacher's logits (recipe tutorial-basic). */
  teacherLogitsL2: z.boolean().default(false),
});

const teacher = z.strictObject({
  momentum: share.default(0.996),
  momentumEnd: share.default(1),
  schedule: z.enum(['cosine', 'constant']).default('cosine'),
  /** How often the schedule advances. */
  advance: z.enum(['step', 'epoch']).default('step'),
  /** The EMA update comes after the optimizer, or before the forward pass. */
  update: z.enum(['after', 'before']).default('after'),
});

const optimizer = z.strictObject({
  kind: z.enum(['adamw', 'adam', 'sgd']).default('adamw'),
  beta1: z.number().min(0).max(0.9999).default(0.9),
  beta2: z.number().min(0).max(0.99999).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  sgdMomentum: z.number().min(0).max(0.9999).default(0.9),
  lr: z.number().positive().max(10).default(5e-4),
  /** 'linear': lr × batch/256, as the paper; 'fixed': lr as written. */
  lrRule: z.enum(['linear', 'fixed']).default('linear'),
  lrSchedule: z.enum(['cosine', 'constant']).default('cosine'),
  lrWarmupEpochs: z.number().min(0).default(10),
  /** Longest share of the run that lr may warm up for. */
  lrWarmupMaxShare: share.default(1),
  lrWarmupStart: z.number().min(0).max(10).default(0),
  lrEnd: z.number().min(0).max(10).default(1e-6),
  weightDecay: z.number().min(0).max(10).default(0.04),
  weightDecayEnd: z.number().min(0).max(10).default(0.4),
  clip: z.enum(['tensor', 'global', 'off']).default('tensor'),
  clipNorm: z.number().positive().default(3),
});

const training = z.strictObject({
  batchSize: count.max(4096).default(64),
  epochs: z.number().positive().max(100_000).default(100),
  /** Length of the run in steps; null: epochs × images / batch. */
  steps: z.int().min(1).max(100_000_000).nullable().default(null),
  /** The run ends after this step, early in schedules that still span its whole length; null: at the end. */
  stopAfter: z.int().min(1).max(100_000_000).nullable().default(null),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
});

const data = z.strictObject({
  source: z.enum(['samples', 'tinted', 'own']).default('samples'),
  trainSamples: count.max(20_000).default(2000),
  valSamples: count.max(5000).default(400),
  /** Share of the images kept for validation where the folders do not say. */
  validation: z.number().min(0).max(0.9).default(0.2),
  labels: z.enum(['folders', 'pattern', 'csv', 'none']).default('folders'),
  /** For 'pattern': the file name is split at the separator and the field (from 0) is the label. */
  labelSeparator: z.string().min(1).max(8).default('_'),
  labelField: z.int().min(0).max(32).default(1),
  /** Of a video every n-th frame is an image. */
  videoEvery: z.int().min(1).max(10_000).default(10),
  /** Memory that decoded pixels may take, MiB. */
  budgetMiB: z.int().min(16).max(16_384).default(1024),
});

const evaluation = z.strictObject({
  knnK: count.max(1000).default(20),
  knnTemperature: temperature.default(0.07),
  /** Look at the center of the image, resized to 256/224 of the view, instead of at all of it. */
  centerCrop: z.boolean().default(true),
  /** Steps between two k-NN measurements; 0 turns them off. */
  knnEvery: z.int().min(0).default(100),
  /** Most training and validation images that k-NN looks at. */
  knnTrain: count.max(100_000).default(2000),
  knnVal: count.max(100_000).default(500),
  /** Seconds between two snapshots of the attention maps. */
  snapshotSeconds: z.number().min(0.5).max(3600).default(3),
});

export const runConfigSchema = z
  .strictObject({
    views: views.prefault({}),
    augment: augment.prefault({}),
    backbone: backbone.prefault({}),
    head: head.prefault({}),
    loss: loss.prefault({}),
    teacher: teacher.prefault({}),
    optimizer: optimizer.prefault({}),
    training: training.prefault({}),
    data: data.prefault({}),
    evaluation: evaluation.prefault({}),
  })
  .superRefine((config, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { views: v, backbone: b } = config;
    if (b.architecture === 'vit') {
      if (b.dim % b.heads !== 0)
        refuse(['backbone', 'heads'], `dim ${b.dim} is not a multiple of ${b.heads} heads`);
      if (v.globalSize % b.patchSize !== 0)
        refuse(
          ['views', 'globalSize'],
          `${v.globalSize} px is not a multiple of the patch, ${b.patchSize} px`,
        );
      if (v.localCount > 0 && v.localSize % b.patchSize !== 0)
        refuse(['views', 'localSize'], `${v.localSize} px is not a multiple of the patch, ${b.patchSize} px`);
    } else if (config.training.batchSize < 2)
      refuse(['training', 'batchSize'], 'BatchNorm needs at least two images a batch');
    if (v.globalScaleMin > v.globalScaleMax)
      refuse(['views', 'globalScaleMin'], 'the smallest scale exceeds the largest');
    if (v.localScaleMin > v.localScaleMax)
      refuse(['views', 'localScaleMin'], 'the smallest scale exceeds the largest');
    if (config.augment.blurSigmaMin > config.augment.blurSigmaMax)
      refuse(['augment', 'blurSigmaMin'], 'the smallest sigma exceeds the largest');
    if (config.training.batchSize < 2 && (config.head.batchNorm !== 'off' || config.head.lastBatchNorm))
      refuse(['training', 'batchSize'], 'BatchNorm needs at least two images a batch');
  });

export type RunConfig = z.output<typeof runConfigSchema>;
/** A partial config, as presets and the URL write it. */
export type RunOverrides = { [G in keyof RunConfig]?: Partial<RunConfig[G]> };

export const defaultConfig: RunConfig = runConfigSchema.parse({});
