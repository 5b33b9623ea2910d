/** The positional table for the patch grids at hand: a sparse matrix of bicubic weights, applied and transposed. */
import * as tf from '@tensorflow/tfjs-core';
import { resampleMatrix } from '../../core/positions.ts';
import { keeper } from '../constants.ts';
import { gradientOutput } from './gradient-slots.ts';
import { inputOf, matrixShape, numbersOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, type KernelText, vectorWidth } from './rows.ts';

interface Entry {
  position: number;
  slot: number;
  weight: number;
}

interface PatchGrid {
  rows: number;
  columns: number;
}

/** What each position gets of which slot; the positions of the grids lie one under the other. */
function resampling(side: number, grids: readonly PatchGrid[]): Entry[] {
  const entries: Entry[] = [];
  let position = 0;
  for (const { rows, columns } of grids) {
    // Slot 0 is CLS's.
    entries.push({ position: position++, slot: 0, weight: 1 });
    const weights = rows === side && columns === side ? null : resampleMatrix(side, rows, columns);
    for (let patch = 0; patch < rows * columns; patch++, position++)
      for (let slot = 0; slot < side * side; slot++) {
        const weight = weights ? (weights[patch * side * side + slot] ?? 0) : Number(patch === slot);
        // A bicubic weight has at most 16 slots, so the matrix is nearly empty.
        if (weight !== 0) entries.push({ position, slot: 1 + slot, weight });
      }
  }
  return entries;
}

const positionsOf = (grids: readonly PatchGrid[]): number =>
  grids.reduce((sum, { rows, columns }) => sum + 1 + rows * columns, 0);

/**
 * A sparse matrix in one tensor: for each of its `count` rows where its entries begin, where the last ends, and then
 * each entry's column and weight.
 */
function sparse(entries: readonly Entry[], row: 'position' | 'slot', count: number): tf.Tensor1D {
  const column = row === 'slot' ? 'position' : 'slot';
  const sorted = entries.toSorted((a, b) => a[row] - b[row] || a[column] - b[column]);
  const packed = new Int32Array(count + 1 + 2 * entries.length);
  const weights = new Float32Array(packed.buffer);
  let at = count + 1;
  for (const entry of sorted) {
    packed[at] = entry[column];
    weights[at + 1] = entry.weight;
    at += 2;
    packed[entry[row] + 1] = at;
  }
  packed[0] = count + 1;
  // A row without entries ends where the one before it does.
  for (let i = 1; i <= count; i++) packed[i] ||= packed[i - 1] ?? 0;
  return tf.tensor1d(packed, 'int32');
}

/** Rows and columns of each grid, one after the other. */
function gridsFrom(numbers: readonly number[]): PatchGrid[] {
  const grids: PatchGrid[] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const [rows = 0, columns = 0] = numbers.slice(i, i + 2);
    grids.push({ rows, columns });
  }
  return grids;
}

/** The matrices by the side of the table's grid and then the numbers of the other grids. */
const fromTable = keeper((key: string) => {
  const [side = 0, ...numbers] = key.split(' ').map(Number);
  const grids = gridsFrom(numbers);
  return sparse(resampling(side, grids), 'position', positionsOf(grids));
});
const toTable = keeper((key: string) => {
  const [side = 0, ...numbers] = key.split(' ').map(Number);
  return sparse(resampling(side, gridsFrom(numbers)), 'slot', 1 + side * side);
});

const keyOf = ({ shape: [, slots = 0] }: tf.TensorInfo, numbers: readonly number[]): string =>
  [Math.round(Math.sqrt(slots - 1)), ...numbers].join(' ');

const text = (name: string): KernelText => ({
  name,
  variables: [
    ['x', 'read', 'V'],
    ['matrix', 'read', 'u32'],
    ['y', 'read_write', 'V'],
  ],
  body: /* wgsl */ `
  let row = i / WIDTH;
  let d = i % WIDTH;
  let end = matrix[row + 1u];
  var sum = V(0.0);
  for (var e = matrix[row]; e < end; e += 2u) {
    sum += bitcast<f32>(matrix[e + 1u]) * x[matrix[e] * WIDTH + d];
  }
  y[i] = sum;`,
});

/** {table [1, 1 + n², dim]} settings {grids: rows and columns of each} → [Σ 1 + rows·columns, dim]. */
const POSITIONS: GpuKernel = {
  name: 'Positions',
  run(backend, inputs, settings) {
    const table = inputOf(inputs, 'table');
    const grids = numbersOf(settings, 'grids');
    const dim = table.shape.at(-1) ?? 0;
    const count = positionsOf(gridsFrom(grids));
    const positions = backend.output([count, dim]);
    const { shader, grid } = flatShader(text('Positions'), (count * dim) / vectorWidth(dim), dim);
    backend.dispatch(shader, [table, fromTable(keyOf(table, grids)), positions], grid);
    return [positions];
  },
};

/** {dy, table} and the same settings → dtable. */
const POSITIONS_GRADIENT: GpuKernel = {
  name: 'PositionsGradient',
  run(backend, inputs, settings) {
    const [dy, table] = [inputOf(inputs, 'dy'), inputOf(inputs, 'table')];
    const matrix = toTable(keyOf(table, numbersOf(settings, 'grids')));
    const [, dim] = matrixShape(dy);
    const size = table.shape.reduce((product, n) => product * n, 1);
    const gradient = gradientOutput(backend, table, table.shape);
    const { shader, grid } = flatShader(text('PositionsGradient'), size / vectorWidth(dim), dim);
    backend.dispatch(shader, [dy, matrix, gradient], grid);
    return [gradient];
  },
};

export const POSITION_KERNELS: readonly GpuKernel[] = [POSITIONS, POSITIONS_GRADIENT];
