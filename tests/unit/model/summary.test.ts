/** The layer table against counts that are known elsewhere, and against the step's own formula. */
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/config/presets.ts';
import { vitShape } from '../../../src/model/shapes.ts';
import { networkSpec, parameterCount } from '../../../src/model/specs.ts';
import { modelSummary } from '../../../src/model/summary.ts';
import { networkShape } from '../../../src/trainer/run-settings.ts';

const shapeOf = (name: 'nano' | 'vit-small') => networkShape(presetConfig(name));

describe('the layer table', () => {
  it('of ViT-S/16 has the official 21,665,664 parameters in its backbone', () => {
    const rows = modelSummary(shapeOf('vit-small'));
    const backbone = rows.find(({ name }) => name === 'backbone');
    expect(backbone?.parameters).toBe(21_665_664);
    // 4.6 GFLOP of multiply-adds is what timm and the paper state for it at 224 px; two operations each.
    expect((backbone?.flop ?? 0) / 2e9).toBeCloseTo(4.6, 1);
  });

  it('counts every parameter once, and its own sums', () => {
    const shape = shapeOf('nano');
    const rows = modelSummary(shape);
    const [whole] = rows;
    expect(whole?.parameters).toBe(parameterCount(networkSpec(shape)));
    const leaves = rows.filter((row, i) => (rows[i + 1]?.level ?? 0) <= row.level);
    expect(leaves.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(whole?.parameters);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it('agrees with the formula of docs/performance.md', () => {
    const shape = shapeOf('nano');
    const { dim, depth, patchSize } = vitShape(shape.backbone);
    const tokens = 1 + (shape.imageSize / patchSize) ** 2;
    const formula =
      depth * (24 * dim ** 2 * tokens + 4 * tokens ** 2 * dim) + 2 * (tokens - 1) * 3 * patchSize ** 2 * dim;
    expect(modelSummary(shape).find(({ name }) => name === 'backbone')?.flop).toBe(formula);
  });
});
