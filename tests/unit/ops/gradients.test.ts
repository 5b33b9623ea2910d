/** Every op's own gradient against central differences, at sizes that are multiples of nothing, on cpu and wasm. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { attention } from '../../../src/ops/attention.ts';
import { batchNorm } from '../../../src/ops/batch-norm.ts';
import { crossEntropy } from '../../../src/ops/cross-entropy.ts';
import { crossViewLoss, softmax } from '../../../src/ops/cross-view-loss.ts';
import { assembleTokens, positionsFor, selectCls } from '../../../src/ops/embed.ts';
import { gelu } from '../../../src/ops/gelu.ts';
import { layerNorm, layerNormBeside } from '../../../src/ops/layer-norm.ts';
import { tokenLayout } from '../../../src/ops/layout.ts';
import { addLinear, linear, linearOfData, linearTransposed } from '../../../src/ops/linear.ts';
import { addMlp } from '../../../src/ops/mlp.ts';
import { l2Normalize, weightNorm } from '../../../src/ops/normalize.ts';
import { reluDropped } from '../../../src/ops/relu.ts';
import { firstRows, twoSidedLoss } from '../../../src/ops/two-sided-loss.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { expectGradient } from './central-differences.ts';
import { asCube, asMatrix, asVector } from './tensors.ts';

const layout = tokenLayout([
  { sequences: 2, rows: 2, columns: 2 },
  { sequences: 3, rows: 1, columns: 2 },
]);

let drawn = 0;
function random(shape: number[], scale = 1): Float32Array {
  const stream = rng(11, PURPOSE.evaluation, drawn++);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * stream.normal());
}

/** An op, the shapes of its inputs, and how it is called. */
interface Case {
  name: string;
  shapes: number[][];
  run: (inputs: tf.Tensor[]) => tf.Tensor;
}

const fixedRows = random([7, 5]);
const fixedTargets = random([4, 11], 2);
const fixedCenter = random([1, 11]);
const fixedSquare = random([7, 7]);
const keepRows = Float32Array.of(0, 1.25, 1.25, 0, 1.25);
const keepNumbers = Float32Array.from({ length: 15 }, (_, i) => (i % 3 === 1 ? 0 : 1.25));
const kept = (rows: Float32Array | null) => rows && tf.tensor2d(rows, [rows.length, 1]);

const cases: Case[] = [
  {
    name: 'linear',
    shapes: [[5, 7], [7, 3], [3]],
    run: ([x, w, b]) => linear(asMatrix(x), asMatrix(w), asVector(b)),
  },
  {
    name: 'linear without bias',
    shapes: [
      [5, 7],
      [7, 3],
    ],
    run: ([x, w]) => linear(asMatrix(x), asMatrix(w), null),
  },
  {
    name: 'linearOfData',
    shapes: [[5, 3], [3]],
    run: ([w, b]) => linearOfData(tf.tensor2d(fixedRows, [7, 5]), asMatrix(w), asVector(b)),
  },
  {
    name: 'linearTransposed',
    shapes: [
      [5, 7],
      [3, 7],
    ],
    run: ([x, w]) => linearTransposed(asMatrix(x), asMatrix(w)),
  },
  { name: 'gelu', shapes: [[5, 7]], run: ([x]) => gelu(asMatrix(x)) },
  {
    name: 'layerNorm',
    shapes: [[5, 7], [7], [7]],
    run: ([x, w, b]) => layerNorm(asMatrix(x), asVector(w), asVector(b)),
  },
  {
    name: 'layerNormBeside, both of its values used',
    shapes: [[5, 7], [7], [7]],
    run: ([x, w, b]) => {
      const [normed, beside] = layerNormBeside(asMatrix(x), asVector(w), asVector(b));
      return addLinear(beside, normed, { w: tf.tensor2d(fixedSquare, [7, 7]), b: tf.zeros([7]) }, null);
    },
  },
  {
    name: 'batchNorm',
    shapes: [[5, 7], [7], [7]],
    run: ([x, w, b]) => batchNorm(asMatrix(x), asVector(w), asVector(b)),
  },
  { name: 'l2Normalize', shapes: [[5, 7]], run: ([x]) => l2Normalize(asMatrix(x)) },
  {
    name: 'weightNorm',
    shapes: [
      [5, 7],
      [5, 1],
    ],
    run: ([v, g]) => weightNorm(asMatrix(v), asMatrix(g)),
  },
  ...[null, keepRows].flatMap((keep): Case[] => [
    {
      name: keep ? 'addLinear with dropped rows' : 'addLinear',
      shapes: [[5, 3], [5, 7], [7, 3], [3]],
      run: ([x, branch, w, b]) =>
        addLinear(asMatrix(x), asMatrix(branch), { w: asMatrix(w), b: asVector(b) }, kept(keep)),
    },
    {
      name: keep ? 'addMlp with dropped rows' : 'addMlp',
      shapes: [[5, 3], [5, 3], [3, 7], [7], [7, 3], [3]],
      run: ([x, normed, w1, b1, w2, b2]) =>
        addMlp(
          asMatrix(x),
          asMatrix(normed),
          { w: asMatrix(w1), b: asVector(b1) },
          { w: asMatrix(w2), b: asVector(b2) },
          kept(keep),
        ),
    },
  ]),
  {
    name: 'attention over packed sequences',
    shapes: [[layout.tokens, 18]],
    run: ([qkv]) => attention(asMatrix(qkv), layout, 2),
  },
  {
    name: 'positionsFor grids of its own and other sizes',
    shapes: [[1, 5, 3]],
    run: ([table]) => positionsFor(asCube(table), layout),
  },
  {
    name: 'assembleTokens',
    shapes: [
      [14, 3],
      [1, 1, 3],
      [8, 3],
    ],
    run: ([x, cls, positions]) => assembleTokens(asMatrix(x), asCube(cls), asMatrix(positions), layout),
  },
  { name: 'selectCls', shapes: [[layout.tokens, 3]], run: ([x]) => selectCls(asMatrix(x), layout) },
  {
    name: 'crossViewLoss',
    shapes: [[8, 11]],
    run: ([student]) => crossViewLoss(asMatrix(student), softmax(tf.tensor2d(fixedTargets, [4, 11])), 4, 0.5),
  },
  { name: 'firstRows', shapes: [[5, 3]], run: ([x]) => firstRows(asMatrix(x), 2) },
  ...[null, fixedCenter].map(
    (center): Case => ({
      name: center ? 'twoSidedLoss, to both sides' : 'twoSidedLoss without a center',
      shapes: [
        [8, 11],
        [4, 11],
      ],
      run: ([student, teacher]) =>
        twoSidedLoss(
          asMatrix(student),
          asMatrix(teacher),
          center && tf.tensor2d(center, [1, 11]),
          tf.scalar(2.5),
          { views: 4, studentTemp: 0.5 },
        ),
    }),
  ),
  ...[false, true].map(
    (drops): Case => ({
      name: drops ? 'reluDropped with dropped numbers' : 'reluDropped',
      shapes: [[5, 3]],
      run: ([x]) => reluDropped(asMatrix(x), drops ? tf.tensor2d(keepNumbers, [5, 3]) : null),
    }),
  ),
  {
    name: 'crossEntropy',
    shapes: [[4, 11]],
    run: ([logits]) => crossEntropy(asMatrix(logits), softmax(tf.tensor2d(fixedTargets, [4, 11]))),
  },
];

describe.each(['cpu', 'wasm'] as const)('gradients on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  it.each(cases)('$name', async ({ shapes, run }) => {
    await expectGradient(
      run,
      shapes.map((shape) => ({ shape, values: random(shape) })),
      random,
    );
  });
});
