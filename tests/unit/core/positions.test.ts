/** The positional table on other grids against the official interpolation. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resampleMatrix } from '../../../src/core/positions.ts';
import { readSafetensors } from '../../../src/core/safetensors.ts';

const { tensors } = readSafetensors(readFileSync('tests/fixtures/pos_embed.safetensors'));
const table = tensors.get('pos_embed');

describe('resampleMatrix', () => {
  // 14×14 on a square image is the table itself; 7×28 has as many patches and is resampled all the same.
  it.each([
    [6, 6],
    [7, 5],
    [28, 28],
    [7, 28],
  ])('maps 14×14 to %i×%i as the official code does', (rows, columns) => {
    const matrix = resampleMatrix(14, rows, columns);
    const expected = tensors.get(`out/${rows}x${columns}`);
    const dim = table?.shape[2] ?? 0;
    let worst = 0;
    for (let r = 0; r < rows * columns; r++)
      for (let d = 0; d < dim; d++) {
        let sum = 0;
        for (let i = 0; i < 196; i++)
          sum += (matrix[r * 196 + i] ?? 0) * Number(table?.data[(1 + i) * dim + d] ?? 0);
        const difference = Math.abs(sum - Number(expected?.data[(1 + r) * dim + d] ?? Number.NaN));
        worst = Number.isNaN(difference) ? Number.NaN : Math.max(worst, difference);
      }
    expect(worst).toBeLessThan(1e-5);
  });
});
