/** ResNets that go out and come in under torchvision's names. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ForeignWeightsError } from '../../../src/checkpoint/dialects.ts';
import { backboneOf, weightsMetadata, weightsPieces } from '../../../src/checkpoint/export.ts';
import { isWhole, startValues, weightsIn } from '../../../src/checkpoint/import.ts';
import { type StoredTensor, writeSafetensors } from '../../../src/core/safetensors.ts';
import { openSafetensors } from '../../../src/core/safetensors-blob.ts';
import { initialNetwork } from '../../../src/model/border.ts';
import { disposeNetwork, tensorsOf } from '../../../src/model/network.ts';
import type { NetworkShape } from '../../../src/model/shapes.ts';
import { networkSpec } from '../../../src/model/specs.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { LEAST_HEAD } from '../eval/least-head.ts';

const rest = async () => undefined;
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

const { networks } = z
  .object({
    networks: z.record(
      z.enum(['resnet18', 'resnet50']),
      z.object({ state: z.array(z.tuple([z.string(), z.array(z.int())])) }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/resnet.json', import.meta.url), 'utf8')));

/** A file of tensors of these names and shapes, small whole numbers in them. */
function fileOf(state: readonly (readonly [string, number[]])[]) {
  const tensors = state.map(([name, shape]): [string, StoredTensor] => [
    name,
    { dtype: 'U8', shape, data: new Uint8Array(sizeOf(shape)).fill(1) },
  ]);
  return openSafetensors(new Blob([writeSafetensors({ metadata: {}, tensors: new Map(tensors) })]));
}

describe.each(['resnet18', 'resnet50'] as const)('%s', (architecture) => {
  beforeAll(async () => {
    await startBackend('wasm');
  });

  it('is known by torchvision’s names, its classifier reported as not used', async () => {
    const width = architecture === 'resnet18' ? 512 : 2048;
    const classifier: [string, number[]] = ['fc.weight', [1000, width]];
    const state = [...networks[architecture].state, classifier];
    const found = await weightsIn(await fileOf(state), 'teacher', rest);
    expect(found.shape).toEqual({ architecture, width: 64, stem: 'imagenet' });
    expect(isWhole(found.report)).toBe(true);
    expect(found.report.matched).toHaveLength(networks[architecture].state.length);
    expect(found.report.unexpected).toEqual(['fc.weight']);
  });

  it('comes back as it went out, its running statistics too', async () => {
    const backbone = { architecture, width: 4, stem: 'small' } as const;
    const shape: NetworkShape = { imageSize: 24, backbone, head: LEAST_HEAD };
    const network = initialNetwork(networkSpec(shape), 3);
    const all = tensorsOf(network);
    const out = await backboneOf(all, shape, rest);
    expect([...out.keys()].sort()).toEqual(networks[architecture].state.map(([name]) => name).sort());
    const pieces = weightsPieces(out, weightsMetadata(shape, {}));
    const file = await openSafetensors(new Blob(pieces.map((piece) => piece.slice())));
    const found = await weightsIn(file, 'teacher', rest);
    expect(found).toMatchObject({ shape: backbone, imageSize: 24 });
    const values = startValues(found);
    expect(values.size).toBe(out.size);
    for (const [name, value] of values) {
      const own = Float32Array.from((await all.get(name)?.data()) ?? []);
      expect(Buffer.compare(Buffer.from(value.buffer), Buffer.from(own.buffer)), name).toBe(0);
    }
    disposeNetwork(network);
  });
});

it('is refused where it is a ResNet of another depth', async () => {
  const state = networks.resnet18.state.filter(([name]) => !name.startsWith('layer3.1'));
  await expect(weightsIn(await fileOf(state), 'teacher', rest)).rejects.toThrow(ForeignWeightsError);
  await expect(weightsIn(await fileOf(state), 'teacher', rest)).rejects.toThrow(/only these can be built/);
});
