/** From patches to tokens and back to CLS: positions, the CLS token, and its rows. */
import * as tf from '@tensorflow/tfjs-core';
import { resampleMatrix } from '../core/positions.ts';
import { keeper, onesRow } from './constants.ts';
import { differentiable } from './differentiable.ts';
import type { TokenLayout } from './layout.ts';
import { product, productTransposedA } from './matmul.ts';

const resample = keeper((key: string) => {
  const [from = 0, rows = 0, columns = 0] = key.split(' ').map(Number);
  return tf.tensor2d(resampleMatrix(from, rows, columns), [rows * columns, from * from]);
});

/**
 * The positional table for another patch grid: table [1, 1 + n², dim] → [1 + rows·columns, dim].
 * The CLS slot is untouched; the table itself is returned for its own square grid.
 */
export function positionsFor(table: tf.Tensor3D, rows: number, columns: number): tf.Tensor2D {
  const [, slots, dim] = table.shape;
  const side = Math.round(Math.sqrt(slots - 1));
  return differentiable([table], () => {
    const flat = tf.reshape<tf.Rank.R2>(table, [slots, dim]);
    if (rows === side && columns === side) {
      return { value: tf.clone(flat), saved: [], gradient: (dy) => [tf.reshape(dy, table.shape)] };
    }
    const matrix = resample(`${side} ${rows} ${columns}`); // [rows·columns, side²]
    const cls = tf.slice(flat, [0, 0], [1, dim]);
    const grid = tf.slice(flat, [1, 0], [slots - 1, dim]);
    return {
      value: tf.concat([cls, product(matrix, grid)], 0),
      saved: [],
      gradient: (dy) => {
        const dCls = tf.slice(dy, [0, 0], [1, dim]);
        const dGrid = productTransposedA(matrix, tf.slice(dy, [1, 0], [rows * columns, dim])); // [side², dim]
        return [tf.reshape(tf.concat([dCls, dGrid], 0), table.shape)];
      },
    };
  });
}

/**
 * Puts CLS before each sequence of embedded patches and adds the positions.
 * patches [Σ sequences·patches, dim], cls [1, 1, dim], one table [1 + patches, dim] a segment → [tokens, dim].
 */
export function assembleTokens(
  patches: tf.Tensor2D,
  cls: tf.Tensor3D,
  positions: tf.Tensor2D[],
  layout: TokenLayout,
): tf.Tensor2D {
  const dim = patches.shape[1];
  return differentiable([patches, cls, ...positions], () => {
    let row = 0;
    const parts = layout.segments.map(({ sequences, length }, i) => {
      const table = positions[i];
      if (!table) throw new RangeError(`No positions for segment ${i}`);
      const n = sequences * (length - 1);
      const own = tf.reshape<tf.Rank.R3>(tf.slice(patches, [row, 0], [n, dim]), [sequences, length - 1, dim]);
      row += n;
      const first = tf.tile(cls, [sequences, 1, 1]); // [S, 1, dim]
      return tf.reshape<tf.Rank.R2>(tf.add(tf.concat([first, own], 1), table), [sequences * length, dim]);
    });
    return {
      value: parts.length === 1 && parts[0] ? parts[0] : tf.concat(parts, 0),
      saved: [],
      gradient: (dy) => {
        const dPatches: tf.Tensor2D[] = [];
        const dPositions: tf.Tensor2D[] = [];
        for (const { offset, sequences, length } of layout.segments) {
          const d = tf.reshape<tf.Rank.R3>(tf.slice(dy, [offset, 0], [sequences * length, dim]), [
            sequences,
            length,
            dim,
          ]);
          dPatches.push(
            tf.reshape(tf.slice(d, [0, 1, 0], [sequences, length - 1, dim]), [sequences * (length - 1), dim]),
          );
          dPositions.push(sumSequences(dy, offset, sequences, length));
        }
        const dCls = dPositions.map((d) => tf.slice(d, [0, 0], [1, dim])).reduce((a, b) => tf.add(a, b));
        return [tf.concat(dPatches, 0), tf.reshape(dCls, [1, 1, dim]), ...dPositions];
      },
    };
  });
}

/** Sum over the sequences of a segment: rows of dy [tokens, dim] → [length, dim]. */
function sumSequences(dy: tf.Tensor2D, offset: number, sequences: number, length: number): tf.Tensor2D {
  const dim = dy.shape[1];
  const rows = tf.reshape<tf.Rank.R2>(tf.slice(dy, [offset, 0], [sequences * length, dim]), [
    sequences,
    length * dim,
  ]);
  return tf.reshape(product(onesRow(sequences), rows), [length, dim]);
}

/** The CLS row of every sequence: [tokens, dim] → [sequences, dim]. */
export function selectCls(tokens: tf.Tensor2D, layout: TokenLayout): tf.Tensor2D {
  const dim = tokens.shape[1];
  return differentiable([tokens], () => {
    const parts = layout.segments.map(({ offset, sequences, length }) => {
      const rows = tf.reshape<tf.Rank.R3>(tf.slice(tokens, [offset, 0], [sequences * length, dim]), [
        sequences,
        length,
        dim,
      ]);
      return tf.reshape<tf.Rank.R2>(tf.slice(rows, [0, 0, 0], [sequences, 1, dim]), [sequences, dim]);
    });
    return {
      value: tf.concat(parts, 0),
      saved: [],
      gradient: (dy) => {
        let row = 0;
        const spread = layout.segments.map(({ sequences, length }) => {
          const d = tf.reshape<tf.Rank.R3>(tf.slice(dy, [row, 0], [sequences, dim]), [sequences, 1, dim]);
          row += sequences;
          return tf.reshape<tf.Rank.R2>(
            tf.pad(d, [
              [0, 0],
              [0, length - 1],
              [0, 0],
            ]),
            [sequences * length, dim],
          );
        });
        return [tf.concat(spread, 0)];
      },
    };
  });
}
