/** The table of steps grows without losing or moving a figure. */
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import { metricNames } from '../../../src/protocol/step-metrics.ts';
import { metricsLines } from '../../../src/state/metrics-file.ts';
import { StepTable } from '../../../src/state/step-table.ts';
import { knn, row, status, summary } from './stores.ts';

function tableOf(steps: number): StepTable {
  const table = new StepTable();
  for (let step = 0; step < steps; step++) table.append([row(step)]);
  return table;
}

describe('step table', () => {
  it('keeps every row across many growths, one by one and in one go', () => {
    const table = tableOf(5000);
    table.append(Array.from({ length: 20_000 }, (_, i) => row(5000 + i)));
    expect(table.length).toBe(25_000);
    for (const at of [0, 1023, 1024, 4999, 5000, 24_999]) expect(table.row(at)).toEqual(row(at));
    for (const name of metricNames) expect(table.column(name)).toHaveLength(25_000);
    expect(table.column('loss')[24_999]).toBe(row(24_999).loss);
  });

  it('is empty after clear and refuses rows beyond its end', () => {
    const table = tableOf(3);
    expect(() => table.row(3)).toThrow('row 3 of a table of 3 steps');
    table.clear();
    expect(table.length).toBe(0);
    table.append([row(9)]);
    expect(table.row(0).step).toBe(9);
  });
});

describe('metrics file', () => {
  const lines = [
    ...metricsLines({
      backend: { backend: 'wasm', adapter: 'SIMD, 4 threads', software: false, threads: 4, reason: '' },
      status,
      summary,
      config: defaultConfig,
      steps: tableOf(3),
      knn: [knn(2)],
    }),
  ].map((line): unknown => JSON.parse(line));

  it('is a summary, a line a step, a line a score', () => {
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatchObject({
      type: 'summary',
      backend: 'wasm',
      adapter: 'SIMD, 4 threads',
      images: 12,
      classes: ['cat', 'dog'],
      skipped: [{ path: 'a.txt', reason: 'not an image' }],
      parameters: 1000,
      seed: 0,
      config: defaultConfig,
    });
    expect(lines[2]).toEqual({ type: 'step', ...row(1) });
    expect(lines[4]).toEqual({ type: 'knn', ...knn(2) });
  });
});
