/** A step fixture (format: tests/fixtures/README.md) turned into a run, its views and its schedule. */
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { readSafetensors, type SafetensorsFile } from '../../src/core/safetensors.ts';
import { type RunState, runFrom } from '../../src/dino/run-state.ts';
import type { StepValues } from '../../src/dino/schedule.ts';
import type { StepSettings } from '../../src/dino/step.ts';
import { networkFrom } from '../../src/model/border.ts';
import { disposeNetwork, type Network } from '../../src/model/network.ts';
import { type NetworkShape, type ResNetShape, rowSide, type VitShape } from '../../src/model/shapes.ts';
import { type NetworkSpec, networkSpec, type ParameterSpec } from '../../src/model/specs.ts';
import { tokenLayout } from '../../src/ops/layout.ts';
import type { ViewRows } from './driven-run.ts';

const residual = z
  .looseObject({
    architecture: z.enum(['resnet18', 'resnet50']),
    width: z.int(),
    stem: z.enum(['imagenet', 'small']),
  })
  .transform(({ architecture, width, stem }): ResNetShape => ({ architecture, width, stem }));

const transformer = z
  .looseObject({
    patch_size: z.int(),
    embed_dim: z.int(),
    depth: z.int(),
    num_heads: z.int(),
    mlp_ratio: z.number(),
    qkv_bias: z.boolean().default(true),
  })
  .transform(
    (c): VitShape => ({
      patchSize: c.patch_size,
      dim: c.embed_dim,
      depth: c.depth,
      heads: c.num_heads,
      mlpRatio: c.mlp_ratio,
      qkvBias: c.qkv_bias,
    }),
  );

const configSchema = z.looseObject({
  img_size: z.int(),
  backbone: z.union([residual, transformer]),
  hidden_dim: z.int(),
  bottleneck_dim: z.int(),
  head_nlayers: z.int().default(3),
  out_dim: z.int(),
  use_bn: z.boolean().default(false),
  norm_last_layer: z.boolean(),
  freeze_last_layer: z.int(),
  batch: z.int(),
  n_local: z.int(),
  student_temp: z.number().default(0.1),
  center_momentum: z.number().default(0.9),
  clip_grad: z.number(),
  betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
  adam_eps: z.number().default(1e-8),
  num_steps: z.int().default(5),
  zero_gradient_slices: z.record(z.string(), z.tuple([z.int(), z.int()])).default({}),
  schedule: z.object({
    lr: z.array(z.number()),
    weight_decay: z.array(z.number()),
    momentum_teacher: z.array(z.number()),
    teacher_temp: z.array(z.number()),
  }),
});

export type FixtureConfig = z.output<typeof configSchema>;

export interface StepFixture {
  config: FixtureConfig;
  shape: NetworkShape;
  spec: NetworkSpec;
  settings: StepSettings;
  schedule: StepValues[];
  /** Values of a tensor of the file, widened to float32. @throws FixtureError when it is absent. */
  values(name: string): Float32Array;
  has(name: string): boolean;
  /** Views of a step, packed as rows. */
  views(step: number): ViewRows;
  /** The run before step 0. */
  initialRun(): RunState;
}

export class FixtureError extends Error {
  constructor(what: string) {
    super(`This fixture cannot be used: ${what}`);
    this.name = 'FixtureError';
  }
}

export function readStepFixture(bytes: Uint8Array): StepFixture {
  const file = readSafetensors(bytes);
  const config = parseConfig(file);
  const shape: NetworkShape = {
    imageSize: config.img_size,
    backbone: config.backbone,
    head: {
      layers: config.head_nlayers,
      hidden: config.hidden_dim,
      bottleneck: config.bottleneck_dim,
      prototypes: config.out_dim,
      batchNorm: config.use_bn ? 'before-gelu' : 'off',
      lastBatchNorm: false,
      l2Bottleneck: true,
      lastLayer: 'weight-norm',
      normLastLayer: config.norm_last_layer,
    },
  };
  const spec = networkSpec(shape);
  const values = (name: string): Float32Array => {
    const tensor = file.tensors.get(name);
    if (!tensor) throw new FixtureError(`it has no tensor "${name}"`);
    return tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data, Number);
  };
  const has = (name: string) => file.tensors.has(name);
  const network = (prefix: string): Network =>
    networkFrom(spec, ({ name }: ParameterSpec) => values(prefix + name));
  const settings: StepSettings = {
    shape,
    views: 2 + config.n_local,
    studentTemp: config.student_temp,
    teacherUpdate: 'after',
    centering: true,
    centerMomentum: config.center_momentum,
    stopGradient: true,
    teacherLogitsL2: false,
    clip: config.clip_grad > 0 ? 'tensor' : 'off',
    clipNorm: config.clip_grad,
    optimizer: {
      kind: 'adamw',
      beta1: config.betas[0],
      beta2: config.betas[1],
      epsilon: config.adam_eps,
      sgdMomentum: 0,
    },
  };
  return {
    config,
    shape,
    spec,
    settings,
    schedule: config.schedule.lr.map((lr, i) => ({
      lr,
      weightDecay: config.schedule.weight_decay[i] ?? 0,
      momentum: config.schedule.momentum_teacher[i] ?? 1,
      teacherTemp: config.schedule.teacher_temp[i] ?? 1,
      frozen: i < config.freeze_last_layer,
    })),
    values,
    has,
    views: (step) => packViews(config, file, step === 0 ? '' : `step${step}/`),
    initialRun: () => {
      const student = network('student0/');
      const teacher = network('teacher0/');
      const center = tf.tensor2d(values('center0').slice(), [1, config.out_dim]);
      const run = runFrom(settings, student, teacher, center);
      disposeNetwork(student);
      disposeNetwork(teacher);
      center.dispose();
      return run;
    },
  };
}

function parseConfig(file: SafetensorsFile): FixtureConfig {
  const text = file.metadata.config;
  if (text === undefined) throw new FixtureError('its metadata has no config');
  const values: unknown = JSON.parse(text);
  const parsed = configSchema.safeParse({ ...Object(values), backbone: values });
  if (!parsed.success) throw new FixtureError(z.prettifyError(parsed.error));
  return parsed.data;
}

function packViews(config: FixtureConfig, file: SafetensorsFile, prefix: string): ViewRows {
  const { batch } = config;
  const patch = rowSide(config.backbone);
  const names = (kind: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${prefix}views/${kind}/${i}`);
  const globals = names('global', 2);
  const locals = names('local', config.n_local);
  const rows: Float32Array[] = [];
  const gridOf = (kind: string[]) => {
    const shape = kind[0] === undefined ? undefined : file.tensors.get(kind[0])?.shape;
    return {
      sequences: kind.length * batch,
      rows: (shape?.[2] ?? 0) / patch,
      columns: (shape?.[3] ?? 0) / patch,
    };
  };
  for (const name of [...globals, ...locals]) {
    const tensor = file.tensors.get(name);
    if (!tensor || !(tensor.data instanceof Float32Array))
      throw new FixtureError(`it has no views "${name}"`);
    rows.push(patchify(tensor.data, tensor.shape, patch));
  }
  const layout = tokenLayout([gridOf(globals), gridOf(locals)]);
  const flat = new Float32Array(rows.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of rows) {
    flat.set(part, at);
    at += part.length;
  }
  return { rows: flat, layout };
}

/** [batch, 3, height, width] → rows of [channel, y, x] patches, image by image, row-major. */
function patchify(values: Float32Array, shape: number[], patch: number): Float32Array {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const result = new Float32Array(values.length);
  let at = 0;
  for (let b = 0; b < batch; b++)
    for (let row = 0; row < height; row += patch)
      for (let column = 0; column < width; column += patch)
        for (let c = 0; c < channels; c++)
          for (let y = 0; y < patch; y++)
            for (let x = 0; x < patch; x++)
              result[at++] = values[((b * channels + c) * height + row + y) * width + column + x] ?? 0;
  return result;
}
