/** The embedding on WebGPU: positions, tokens and CLS rows, the fused kernels against the compositions. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { assembleTokens, leadingRows, positionsFor, selectCls } from '../../../../src/ops/embed.ts';
import { tokenLayout } from '../../../../src/ops/layout.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { placeGradients } from '../../../../src/ops/webgpu/gradient-slots.ts';
import { asCube, asMatrix } from '../tensors.ts';
import { expectComposition, random, startGpu } from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

const square = (sequences: number, side: number) => ({ sequences, rows: side, columns: side });

const CASES = [
  { name: 'nano, batch 2', side: 8, dim: 96, layout: tokenLayout([square(4, 8), square(8, 4)]) },
  { name: 'one resolution', side: 3, dim: 8, layout: tokenLayout([square(6, 3)]) },
  {
    name: 'odd sizes, three resolutions, none of the table’s',
    side: 3,
    dim: 7,
    layout: tokenLayout([{ sequences: 3, rows: 2, columns: 5 }, square(5, 1), square(1, 7)]),
  },
  {
    name: 'one patch, which needs few slots of its table',
    side: 8,
    dim: 4,
    layout: tokenLayout([square(2, 1)]),
  },
  { name: 'ViT at 224 and 96', side: 14, dim: 12, layout: tokenLayout([square(2, 14), square(3, 6)]) },
];

// Products of 16 weights, and sums over a few sequences: both a handful of roundings.
const TOLERANCE = 1e-6;
const EXACT = 1e-30;

describe.each(CASES)('$name', ({ side, dim, layout }) => {
  const patches = layout.tokens - layout.sequences;
  const slots = layout.segments.reduce((sum, { length }) => sum + length, 0);

  it('has the positions of all grids', async () => {
    await expectComposition(gpu, {
      op: ([table]) => positionsFor(asCube(table), layout),
      inputs: [random([1, 1 + side * side, dim])],
      dispatches: ['Positions', 'PositionsGradient'],
      tolerance: TOLERANCE,
    });
  });

  it('assembles the tokens', async () => {
    await expectComposition(gpu, {
      op: ([x, cls, positions]) => assembleTokens(asMatrix(x), asCube(cls), asMatrix(positions), layout),
      inputs: [random([patches, dim]), random([1, 1, dim]), random([slots, dim])],
      dispatches: ['AssembleTokens', 'AssembleTokensGradient', 'AssembleTokensGradientSums'],
      tolerance: TOLERANCE,
    });
  });

  it('selects the CLS rows', async () => {
    await expectComposition(gpu, {
      op: ([tokens]) => selectCls(asMatrix(tokens), layout),
      inputs: [random([layout.tokens, dim])],
      dispatches: ['SelectCls', 'SelectClsGradient'],
      tolerance: EXACT,
    });
  });
});

it('takes the leading rows without a copy', async () => {
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  const rows = leadingRows(x, 2);
  expect(rows.shape).toEqual([2, 2]);
  expect([...(await rows.data())]).toEqual([1, 2, 3, 4]);
  gpu.write32(x, Float32Array.of(7, 8, 9));
  expect([...(await tf.add(rows, tf.zeros([2, 2])).data())]).toEqual([7, 8, 9, 4]);
});

it('writes the gradients of the CLS token and of the positional table to their places', async () => {
  const layout = tokenLayout([square(2, 2), square(3, 1)]);
  const inputs = [random([11, 8]), random([1, 1, 8]), random([1, 5, 8])];
  const [patches, cls, table] = inputs;
  if (!patches || !cls || !table) throw new RangeError('Three inputs are needed');
  const flat = tf.zeros([2 * gpu.alignment]);
  const gradients = () =>
    tf
      .engine()
      .gradients(
        () => assembleTokens(asMatrix(patches), asCube(cls), positionsFor(asCube(table), layout), layout),
        inputs,
        tf.ones([layout.tokens, 8]),
      ).grads;
  const [, dCls, dTable] = gradients();
  placeGradients(
    gpu,
    new Map([
      [cls.dataId, { flat, offset: 0 }],
      [table.dataId, { flat, offset: gpu.alignment }],
    ]),
  );
  gradients();
  placeGradients(gpu, null);
  gpu.changed(flat);
  const values = [...(await flat.data())];
  expect(values.slice(0, 8)).toEqual([...((await dCls?.data()) ?? [])]);
  expect(values.slice(gpu.alignment, gpu.alignment + 40)).toEqual([...((await dTable?.data()) ?? [])]);
  expect(values.slice(0, 8)).toEqual(new Array(8).fill(5));
});
