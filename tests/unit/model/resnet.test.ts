/** The true ResNet-18 and ResNet-50 against torchvision's, and their arithmetic by two formulas. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defaultConfig } from '../../../src/config/schema.ts';
import { resNetWork } from '../../../src/config/work-resnet.ts';
import { evaluationFeatures } from '../../../src/model/backbone.ts';
import { networkFrom, storedShape, toOfficial, toStored } from '../../../src/model/border.ts';
import { disposeNetwork, tensorsOf } from '../../../src/model/network.ts';
import { featureWidth, type NetworkShape, type ResNetShape } from '../../../src/model/shapes.ts';
import { networkSpec, type ParameterSpec } from '../../../src/model/specs.ts';
import { modelSummary } from '../../../src/model/summary.ts';
import { tokenLayout } from '../../../src/ops/layout.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { LEAST_HEAD } from '../eval/least-head.ts';

const { networks, size, images, width } = z
  .object({
    size: z.int(),
    images: z.int(),
    width: z.int(),
    networks: z.record(
      z.enum(['resnet18', 'resnet50']),
      z.object({
        state: z.array(z.tuple([z.string(), z.array(z.int())])),
        parameters: z.int(),
        features: z.array(z.array(z.number())),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/resnet.json', import.meta.url), 'utf8')));

const ARCHITECTURES = ['resnet18', 'resnet50'] as const;
const shapeOf = (architecture: ResNetShape['architecture']): NetworkShape & { backbone: ResNetShape } => ({
  imageSize: size,
  backbone: { architecture, width: 64, stem: 'imagenet' },
  head: LEAST_HEAD,
});
const short = (name: string) => name.replace('backbone.', '');
const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** As tests/fixtures/make_resnet.py has it. */
function wave(count: number, phase: number): Float64Array {
  const values = new Float64Array(count);
  const turn = ((1 + Math.sqrt(5)) / 2) * Math.PI;
  for (let i = 0; i < count; i++) values[i] = Math.SQRT2 * Math.sin(phase + i * turn);
  return values;
}

function valuesOf({ name, shape }: ParameterSpec, place: number): Float32Array {
  const values = wave(sizeOf(shape), place);
  if (name.endsWith('num_batches_tracked')) return Float32Array.of(place);
  if (name.endsWith('running_var')) return Float32Array.from(values, (v) => 1 + 0.2 * v);
  if (name.endsWith('bias') || name.endsWith('running_mean'))
    return Float32Array.from(values, (v) => 0.1 * v);
  if (shape.length === 1) {
    const base = /bn[23]\.weight$/.test(name) ? 0.4 : 1;
    return Float32Array.from(values, (v) => base + 0.1 * v);
  }
  return Float32Array.from(values, (v) => v / Math.sqrt(sizeOf(shape.slice(1))));
}

describe.each(ARCHITECTURES)('%s', (architecture) => {
  const { state, parameters, features } = networks[architecture];
  const shape = shapeOf(architecture);
  const spec = networkSpec(shape);
  const own = [...spec.parameters, ...spec.buffers].filter(({ name }) => name.startsWith('backbone.'));

  beforeAll(async () => {
    await startBackend('wasm');
  });

  it('has the names and shapes of torchvision’s state dict, and no others', () => {
    const listed = (all: readonly (readonly [string, number[]])[]) =>
      all.map(([name, dims]) => `${name} [${dims}]`).sort();
    expect(listed(own.map((each) => [short(each.name), each.shape]))).toEqual(listed(state));
    const trained = own.filter(({ name }) => !/running|tracked/.test(name));
    expect(trained.reduce((sum, each) => sum + sizeOf(each.shape), 0)).toBe(parameters);
  });

  it('answers as torchvision’s does in evaluation', async () => {
    const backbone = { ...shape.backbone, width };
    const places = new Map(state.map(([name], place) => [name, place]));
    const network = networkFrom(networkSpec({ ...shape, backbone }), (each) =>
      valuesOf(each, places.get(short(each.name)) ?? 0),
    );
    const pictures = wave(images * 3 * size * size, 0.5);
    const pixels = Float32Array.from({ length: pictures.length }, (_, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      const [image, place] = [Math.floor(pixel / size ** 2), pixel % size ** 2];
      return pictures[(image * 3 + channel) * size ** 2 + place] ?? 0;
    });
    const layout = tokenLayout([{ sequences: images, rows: size, columns: size }]);
    const made = tf.tidy(() => {
      const patches = tf.tensor2d(pixels, [images * size * size, 3]);
      return evaluationFeatures(tensorsOf(network), { patches, layout }, backbone);
    });
    const values = await made.data<'float32'>();
    const every = features.flat().length;
    const ours = Array.from({ length: every }, (_, i) => values[4 * i] ?? Number.NaN);
    expect(values).toHaveLength(images * featureWidth(backbone));
    const largest = Math.max(...features.flat().map(Math.abs));
    const farthest = Math.max(...features.flat().map((value, i) => Math.abs(value - (ours[i] ?? 0))));
    expect(farthest).toBeLessThan(1e-5 * largest);
    made.dispose();
    disposeNetwork(network);
  });

  it('comes back from our layout as it went in', () => {
    const narrow = networkSpec({ ...shape, backbone: { ...shape.backbone, width: 4 } });
    for (const each of narrow.parameters) {
      const values = Float32Array.from({ length: sizeOf(each.shape) }, (_, i) => i);
      const stored = toStored(each, values);
      expect(stored.length).toBe(sizeOf(storedShape(each)));
      expect(Buffer.compare(bytesOf(toOfficial(each, stored)), bytesOf(values))).toBe(0);
    }
  });

  it.each(['imagenet', 'small'] as const)('takes as much arithmetic by both formulas, stem %s', (stem) => {
    for (const side of [33, 64, 96]) {
      const backbone = { architecture, width: 12, stem } as const;
      const [, layer] = modelSummary({ imageSize: side, backbone, head: LEAST_HEAD });
      expect(layer?.flop).toBe(resNetWork({ ...defaultConfig.backbone, ...backbone }, side).flop);
    }
  });
});

it('takes the published number of multiply-adds at 224 px', () => {
  const work = (architecture: ResNetShape['architecture']) =>
    resNetWork({ ...defaultConfig.backbone, architecture }, 224).flop / 2e9;
  // torchvision states 1.81 and 4.09, with the classifier.
  expect(work('resnet18')).toBeCloseTo(1.81, 2);
  expect(work('resnet50')).toBeCloseTo(4.09, 2);
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
