/** The update of all parameters on WebGPU against its composition: odd sizes, every clipping, every optimizer. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../../src/core/rng.ts';
import { upload } from '../../../../src/ops/assign.ts';
import type { Flat } from '../../../../src/ops/flat.ts';
import { composed } from '../../../../src/ops/kernel.ts';
import { updateNumbers } from '../../../../src/ops/optimizers.ts';
import { GROUP_VALUE, groupStart, STEP_VALUES, VALUE } from '../../../../src/ops/step-values.ts';
import {
  disposeWeights,
  inGradientSlots,
  makeWeights,
  type Updated,
  type UpdateSettings,
  updateParameters,
  type Weights,
} from '../../../../src/ops/update-parameters.ts';
import { type GpuBackend, gpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { arrange, LargeTensorError } from '../../../../src/ops/webgpu/flat.ts';
import { gradientOutput } from '../../../../src/ops/webgpu/gradient-slots.ts';
import { startBackend } from '../../../../tools/node-backend.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  await startBackend('webgpu');
  const backend = gpuBackend();
  if (!backend) throw new TypeError('The backend is not ours');
  gpu = backend;
});

/** Below, at and beyond a vec4, a workgroup and a chunk; one parameter that no optimizer moves. */
const SHAPES = new Map<string, number[]>([
  ['one', [1]],
  ['three', [3]],
  ['aligned', [8, 8]],
  ['odd', [5, 13]],
  ['still', [7, 1]],
  ['chunk', [4096]],
  ['beyond', [4097]],
  ['large', [3, 3001]],
]);
const GROUPS = new Map([...SHAPES.keys()].filter((name) => name !== 'still').map((name, i) => [name, i % 4]));

const SETTINGS: UpdateSettings = {
  clip: 'tensor',
  clipNorm: 3,
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, sgdMomentum: 0.9 },
  teacherUpdate: 'after',
};

const random = (purpose: number, size: number, scale: number) => {
  const numbers = rng(5, PURPOSE.evaluation, purpose);
  return Float32Array.from({ length: size }, () => scale * numbers.normal());
};

/** Group 2 is frozen, and 3 has been updated less often. */
function stepValues({ optimizer }: UpdateSettings): tf.Tensor1D {
  const values = new Float32Array(STEP_VALUES);
  values[VALUE.momentum] = 0.99;
  values[VALUE.complement] = 0.01;
  for (let group = 0; group < 4; group++) {
    const own = updateNumbers(optimizer, 1e-2, group % 2 === 1 ? 0.3 : 0, group === 3 ? 1 : 5);
    for (const [name, value] of Object.entries({ ...own, active: group === 2 ? 0 : 1 }))
      values[groupStart(group) + GROUP_VALUE[name as keyof typeof GROUP_VALUE]] = value;
  }
  return tf.tensor1d(values);
}

function filled(settings: UpdateSettings): Weights {
  const weights = makeWeights(SHAPES, GROUPS, settings.optimizer);
  const flats = [weights.student, weights.teacher, ...weights.moments];
  for (const [which, { tensors }] of flats.entries())
    for (const [i, [, tensor]] of [...tensors].entries()) {
      const values = random(100 * which + i, tensor.size, 0.5);
      // Second moments are not negative.
      upload(tensor, which === 3 ? values.map((value) => value * value) : values);
    }
  return weights;
}

const gradientOf = (name: string, i: number): tf.Tensor =>
  tf.tensor(random(1000 + i, sizeOf(name), 1), SHAPES.get(name));
const sizeOf = (name: string) => (SHAPES.get(name) ?? []).reduce((a, b) => a * b, 1);

const gradients = () => new Map([...GROUPS.keys()].map((name, i) => [name, gradientOf(name, i)]));

async function everything(weights: Weights): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>();
  const flats: Flat[] = [weights.student, weights.teacher, ...weights.moments];
  for (const [which, { tensors }] of flats.entries())
    for (const [name, tensor] of tensors)
      values.set(`${which} ${name}`, [...(await tensor.data<'float32'>())]);
  return values;
}

async function updated(weights: Weights, work: () => Updated) {
  const { gradientNorm, finite } = tf.tidy(() => ({ ...work() }));
  const made = {
    norm: (await gradientNorm.data())[0] ?? Number.NaN,
    finite: (await finite.data())[0],
    values: await everything(weights),
  };
  tf.dispose([gradientNorm, finite]);
  disposeWeights(weights);
  return made;
}

function run(settings: UpdateSettings, loss = 1, spoil: (of: Map<string, tf.Tensor>) => void = () => {}) {
  const weights = filled(settings);
  return updated(weights, () => {
    const own = gradients();
    spoil(own);
    return updateParameters(weights, own, tf.scalar(loss), stepValues(settings), settings);
  });
}

const runComposed = (settings: UpdateSettings) => {
  const weights = filled(settings);
  return updated(weights, () =>
    composed(() => updateParameters(weights, gradients(), tf.scalar(1), stepValues(settings), settings)),
  );
};

/** Rounding alone: a few units in the last place of values about 1 in size. */
function expectAlike(ours: Map<string, number[]>, theirs: Map<string, number[]>): void {
  expect([...ours.keys()]).toEqual([...theirs.keys()]);
  for (const [name, values] of ours) {
    const others = theirs.get(name) ?? [];
    const farthest = Math.max(...values.map((value, i) => Math.abs(value - (others[i] ?? Number.NaN))));
    expect(`${name} ${farthest < 2e-6}`).toBe(`${name} true`);
  }
}

const variants: [string, Partial<UpdateSettings>][] = [
  ['AdamW, each tensor clipped', {}],
  ['AdamW, all clipped as one', { clip: 'global' }],
  ['AdamW, nothing clipped', { clip: 'off' }],
  ['AdamW, the EMA first', { teacherUpdate: 'before' }],
  ['Adam', { optimizer: { ...SETTINGS.optimizer, kind: 'adam' } }],
  ['SGD', { optimizer: { ...SETTINGS.optimizer, kind: 'sgd' } }],
  [
    'SGD, all clipped as one, the EMA first',
    { optimizer: { ...SETTINGS.optimizer, kind: 'sgd' }, clip: 'global', teacherUpdate: 'before' },
  ],
];

describe('UpdateParameters', () => {
  it.each(variants)('%s: moves what the composition moves', async (_, changes) => {
    const settings = { ...SETTINGS, ...changes };
    const ours = await run(settings);
    const theirs = await runComposed(settings);
    expect(ours.finite).toBe(1);
    expect(Math.abs(ours.norm / theirs.norm - 1)).toBeLessThan(1e-6);
    expectAlike(ours.values, theirs.values);
  });

  it('does the same by the text that real GPUs get', async () => {
    const theirs = await runComposed(SETTINGS);
    Reflect.set(gpu.traits, 'software', false);
    try {
      expectAlike((await run(SETTINGS)).values, theirs.values);
    } finally {
      Reflect.set(gpu.traits, 'software', true);
    }
  });

  it('moves all but the frozen group and what no optimizer moves, and the teacher of all', async () => {
    const before = await everything(filled(SETTINGS));
    const { values } = await run(SETTINGS);
    const still = [...values].filter(([name, now]) =>
      now.every((value, i) => value === before.get(name)?.[i]),
    );
    const frozen = [...GROUPS].filter(([, group]) => group === 2).map(([name]) => name);
    const names = [...frozen, 'still'].flatMap((name) => ['0', '2', '3'].map((which) => `${which} ${name}`));
    expect(still.map(([name]) => name).sort()).toEqual(names.sort());
  });

  it.each([
    ['the loss', Number.NaN, () => {}],
    ['the loss, endless', Number.POSITIVE_INFINITY, () => {}],
    [
      'one gradient',
      1,
      (own: Map<string, tf.Tensor>) =>
        own.set('large', tf.tensor(random(1, 9003, 1).fill(Number.NaN, 9002), [3, 3001])),
    ],
    ['one gradient, endless', 1, (own: Map<string, tf.Tensor>) => own.set('one', tf.tensor1d([-Infinity]))],
  ])('moves nothing where %s is not finite', async (_, loss, spoil) => {
    const before = await everything(filled(SETTINGS));
    const { finite, values } = await run(SETTINGS, loss, spoil);
    expect(finite).toBe(0);
    expect([...values]).toEqual([...before]);
  });

  it('takes gradients from where kernels put them, and copies the others there', async () => {
    const settings = SETTINGS;
    const weights = filled(settings);
    const slotted = new Set(['odd', 'beyond']);
    const ours = await updated(weights, () => {
      const own = inGradientSlots(weights, () =>
        [...gradients()].map(([name, gradient]): [string, tf.Tensor] => {
          const parameter = weights.student.tensors.get(name);
          if (!slotted.has(name)) return [name, gradient];
          const part = gradientOutput(gpu, parameter, gradient.shape);
          const second = gradientOutput(gpu, parameter, gradient.shape);
          expect(gpu.bufferOf(part)).toBe(gpu.bufferOf(weights.gpu?.gradients.tensors.get(name) ?? part));
          // Whoever takes the gradient of a parameter a second time gets memory of its own.
          expect(gpu.bufferOf(second)).not.toBe(gpu.bufferOf(part));
          const tensor = tf.engine().makeTensorFromTensorInfo(part);
          gpu.write32(tensor, Float32Array.from(gradient.dataSync()));
          return [name, tensor];
        }),
      );
      return updateParameters(weights, new Map(own), tf.scalar(1), stepValues(settings), settings);
    });
    expectAlike(ours.values, (await runComposed(settings)).values);
  });

  it('spreads over several buffers where one cannot be bound as a whole', async () => {
    const whole = await run(SETTINGS);
    const own = Object.getOwnPropertyDescriptor(gpu.device, 'limits');
    const { minStorageBufferOffsetAlignment, maxBufferSize } = gpu.device.limits;
    Object.defineProperty(gpu.device, 'limits', {
      configurable: true,
      value: { minStorageBufferOffsetAlignment, maxBufferSize, maxStorageBufferBindingSize: 4 * 9100 },
    });
    try {
      const weights = filled(SETTINGS);
      expect(weights.student.wholes).toHaveLength(2);
      const spread = await updated(weights, () =>
        updateParameters(weights, gradients(), tf.scalar(1), stepValues(SETTINGS), SETTINGS),
      );
      expect(spread.values).toEqual(whole.values);
      expect(spread.norm).toBe(whole.norm);
    } finally {
      Reflect.deleteProperty(gpu.device, 'limits');
      if (own) Object.defineProperty(gpu.device, 'limits', own);
    }
  });

  it('needs four dispatches for all parameters, and returns all memory', async () => {
    await run(SETTINGS);
    const names: string[] = [];
    const dispatch = gpu.dispatch.bind(gpu);
    gpu.dispatch = (shader, ...rest) => {
      names.push(shader.name);
      dispatch(shader, ...rest);
    };
    const before = { tensors: tf.memory().numTensors, used: gpu.pool.getNumUsedBuffers() };
    await run(SETTINGS);
    Reflect.deleteProperty(gpu, 'dispatch');
    const update = names.filter((name) => name !== 'Assign');
    expect(update).toEqual(['GradientSquares', 'GradientNorms', 'ClipGradients', 'UpdateParameters']);
    expect({ tensors: tf.memory().numTensors, used: gpu.pool.getNumUsedBuffers() }).toEqual(before);
  });
});

describe('arrange', () => {
  it('aligns every tensor and begins a new buffer where one is full', () => {
    const shapes = new Map([
      ['a', [3]],
      ['b', [65]],
      ['c', [64]],
    ]);
    const { places, sizes } = arrange(shapes, 64, 200);
    expect([...places.values()]).toEqual([
      { whole: 0, offset: 0 },
      { whole: 0, offset: 64 },
      { whole: 1, offset: 0 },
    ]);
    expect(sizes).toEqual([192, 64]);
  });

  it('says which tensor is too large', () => {
    expect(() => arrange(new Map([['head', [300]]]), 64, 200)).toThrow(LargeTensorError);
  });
});
