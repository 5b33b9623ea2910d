/** From patches to tokens and back to CLS: positions, the CLS token, and its rows. */
import * as tf from '@tensorflow/tfjs-core';
import { resampleMatrix } from '../core/positions.ts';
import { keeper, onesRow } from './constants.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';
import type { Segment, TokenLayout } from './layout.ts';
import { product, productTransposedA } from './matmul.ts';

const resample = keeper((key: string) => {
  const [from = 0, rows = 0, columns = 0] = key.split(' ').map(Number);
  return tf.tensor2d(resampleMatrix(from, rows, columns), [rows * columns, from * from]);
});

interface PatchGrid {
  rows: number;
  columns: number;
}

/** The layout as kernels get it: three numbers a segment. */
const segmentNumbers = ({ segments }: TokenLayout): number[] =>
  segments.flatMap(({ offset, sequences, length }) => [offset, sequences, length]);

/**
 * The positional table for the patch grids of all segments, one under the other: table [1, 1 + n², dim] →
 * [Σ 1 + rows·columns, dim]. CLS slots are the table's own, and so is a grid of the table's size.
 */
export function positionsFor(table: tf.Tensor3D, layout: TokenLayout): tf.Tensor2D {
  const { segments } = layout;
  const settings = { grids: segments.flatMap(({ rows, columns }) => [rows, columns]) };
  return differentiable([table], () => {
    const kernel = fusedKernel('Positions');
    const [value] = kernel
      ? kernel<[tf.Tensor2D]>({ table }, settings)
      : [stacked(segments.map((grid) => resampled(table, grid)))];
    return {
      value,
      saved: [table],
      gradient: (dy, [own]) =>
        fusedKernel('PositionsGradient')?.({ dy, table: own }, settings) ?? [
          tableGradient(dy, own, segments),
        ],
    };
  });
}

function resampled(table: tf.Tensor3D, { rows, columns }: PatchGrid): tf.Tensor2D {
  const [, slots, dim] = table.shape;
  const side = sideOf(table);
  const flat = tf.reshape<tf.Rank.R2>(table, [slots, dim]);
  if (rows === side && columns === side) return tf.clone(flat);
  const matrix = resample(`${side} ${rows} ${columns}`); // [rows·columns, side²]
  const cls = tf.slice(flat, [0, 0], [1, dim]);
  const grid = tf.slice(flat, [1, 0], [slots - 1, dim]);
  return tf.concat([cls, product(matrix, grid)], 0);
}

function tableGradient(dy: tf.Tensor2D, table: tf.Tensor3D, grids: readonly PatchGrid[]): tf.Tensor3D {
  const dim = dy.shape[1];
  const side = sideOf(table);
  let row = 0;
  const gradients = grids.map(({ rows, columns }): tf.Tensor => {
    const patches = rows * columns;
    const own = tf.slice(dy, [row, 0], [1 + patches, dim]);
    row += 1 + patches;
    if (rows === side && columns === side) return own;
    const matrix = resample(`${side} ${rows} ${columns}`);
    const dCls = tf.slice(own, [0, 0], [1, dim]);
    const dGrid = productTransposedA(matrix, tf.slice(own, [1, 0], [patches, dim])); // [side², dim]
    return tf.concat([dCls, dGrid], 0);
  });
  return tf.reshape(
    gradients.reduce((a, b) => tf.add(a, b)),
    table.shape,
  );
}

/** A table has a slot for CLS and a square grid. */
const sideOf = ({ shape: [, slots] }: tf.Tensor3D): number => Math.round(Math.sqrt(slots - 1));

const stacked = (parts: tf.Tensor2D[]): tf.Tensor2D =>
  parts.length === 1 && parts[0] ? parts[0] : tf.concat(parts, 0);

/**
 * Puts CLS before each sequence of embedded patches and adds the positions.
 * patches [Σ sequences·patches, dim], cls [1, 1, dim], positions as of `positionsFor` → [tokens, dim].
 */
export function assembleTokens(
  patches: tf.Tensor2D,
  cls: tf.Tensor3D,
  positions: tf.Tensor2D,
  layout: TokenLayout,
): tf.Tensor2D {
  const settings = { segments: segmentNumbers(layout) };
  return differentiable([patches, cls, positions], () => {
    const kernel = fusedKernel('AssembleTokens');
    const [value] = kernel
      ? kernel<[tf.Tensor2D]>({ patches, cls, positions }, settings)
      : [assembled(patches, cls, positions, layout)];
    return {
      value,
      saved: [cls],
      gradient: (dy, [token]) =>
        fusedKernel('AssembleTokensGradient')?.({ dy, cls: token }, settings) ??
        assembledGradient(dy, layout),
    };
  });
}

function assembled(
  patches: tf.Tensor2D,
  cls: tf.Tensor3D,
  positions: tf.Tensor2D,
  { segments }: TokenLayout,
): tf.Tensor2D {
  const dim = patches.shape[1];
  let row = 0;
  let slot = 0;
  const parts = segments.map(({ sequences, length }) => {
    const n = sequences * (length - 1);
    const own = tf.reshape<tf.Rank.R3>(tf.slice(patches, [row, 0], [n, dim]), [sequences, length - 1, dim]);
    const table = tf.slice(positions, [slot, 0], [length, dim]);
    row += n;
    slot += length;
    const first = tf.tile(cls, [sequences, 1, 1]); // [S, 1, dim]
    return tf.reshape<tf.Rank.R2>(tf.add(tf.concat([first, own], 1), table), [sequences * length, dim]);
  });
  return stacked(parts);
}

/** dL/dpatches, dL/dcls, dL/dpositions. */
function assembledGradient(dy: tf.Tensor2D, { segments }: TokenLayout): tf.Tensor[] {
  const dim = dy.shape[1];
  const dPatches: tf.Tensor2D[] = [];
  const dPositions: tf.Tensor2D[] = [];
  for (const { offset, sequences, length } of segments) {
    const own = tf.slice(dy, [offset, 0], [sequences * length, dim]);
    const d = tf.reshape<tf.Rank.R3>(own, [sequences, length, dim]);
    const patches = tf.slice(d, [0, 1, 0], [sequences, length - 1, dim]);
    dPatches.push(tf.reshape(patches, [sequences * (length - 1), dim]));
    const summed = product(onesRow(sequences), tf.reshape(own, [sequences, length * dim]));
    dPositions.push(tf.reshape(summed, [length, dim]));
  }
  const dCls = dPositions.map((d) => tf.slice(d, [0, 0], [1, dim])).reduce((a, b) => tf.add(a, b));
  return [stacked(dPatches), tf.reshape(dCls, [1, 1, dim]), stacked(dPositions)];
}

/** The CLS row of every sequence: [tokens, dim] → [sequences, dim]. */
export function selectCls(tokens: tf.Tensor2D, layout: TokenLayout): tf.Tensor2D {
  const settings = { segments: segmentNumbers(layout) };
  return differentiable([tokens], () => {
    const kernel = fusedKernel('SelectCls');
    const [value] = kernel
      ? kernel<[tf.Tensor2D]>({ tokens }, settings)
      : [stacked(layout.segments.map((segment) => firstRows(tokens, segment)))];
    return {
      value,
      saved: [],
      gradient: (dy) => fusedKernel('SelectClsGradient')?.({ dy }, settings) ?? [spread(dy, layout)],
    };
  });
}

function firstRows(tokens: tf.Tensor2D, { offset, sequences, length }: Segment): tf.Tensor2D {
  const dim = tokens.shape[1];
  const own = tf.slice(tokens, [offset, 0], [sequences * length, dim]);
  const rows = tf.reshape<tf.Rank.R3>(own, [sequences, length, dim]);
  return tf.reshape<tf.Rank.R2>(tf.slice(rows, [0, 0, 0], [sequences, 1, dim]), [sequences, dim]);
}

function spread(dy: tf.Tensor2D, { segments }: TokenLayout): tf.Tensor2D {
  const dim = dy.shape[1];
  let row = 0;
  const parts = segments.map(({ sequences, length }) => {
    const d = tf.reshape<tf.Rank.R3>(tf.slice(dy, [row, 0], [sequences, dim]), [sequences, 1, dim]);
    row += sequences;
    const padded = tf.pad(d, [
      [0, 0],
      [0, length - 1],
      [0, 0],
    ]);
    return tf.reshape<tf.Rank.R2>(padded, [sequences * length, dim]);
  });
  return stacked(parts);
}

/** The first rows of a matrix through which no gradient flows: [rows, n] → [count, n]. */
export function leadingRows(x: tf.Tensor2D, count: number): tf.Tensor2D {
  const kernel = fusedKernel('LeadingRows');
  const [rows] = kernel
    ? kernel<[tf.Tensor2D]>({ x }, { count })
    : [tf.slice(x, [0, 0], [count, x.shape[1]])];
  return rows;
}
