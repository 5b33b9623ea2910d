/** Metrics as files: made in pieces, of what stood when they were asked for. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { saveMetrics, saveMetricsEvents, saveMetricsTable } from '../../../src/state/moving-save.ts';
import { seriesStore } from '../../../src/state/series.ts';
import { freshStores, row } from './stores.ts';

const given: { name: string; file: Blob }[] = [];
vi.mock('../../../src/client/download.ts', () => ({
  download: (name: string, content: BlobPart) => given.push({ name, file: new Blob([content]) }),
}));

const ROWS = 1000;

beforeEach(() => {
  freshStores();
  given.length = 0;
  seriesStore.getState().steps.append(Array.from({ length: ROWS }, (_, i) => row(i + 1)));
});

describe('a file of metrics', () => {
  it.each([
    ['JSON lines', saveMetrics, /^metrics\.jsonl$/],
    ['CSV', saveMetricsTable, /^metrics\.csv$/],
    ['TensorBoard events', saveMetricsEvents, /^events\.out\.tfevents\./],
  ])('as %s leaves the page its turns', async (_, save, name) => {
    const saving = save();
    let turns = 0;
    const taking = (async () => {
      while (given.length === 0) {
        await new Promise((resolve) => setTimeout(resolve));
        turns++;
      }
    })();
    await Promise.all([saving, taking]);
    expect(turns).toBeGreaterThan(5);
    expect(given.map((each) => each.name)).toEqual([expect.stringMatching(name)]);
  });

  it('holds the steps that there were when it was asked for', async () => {
    const saving = saveMetrics();
    seriesStore.getState().steps.append([row(ROWS + 1)]);
    await saving;
    const lines = ((await given[0]?.file.text()) ?? '').trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'summary', steps: ROWS });
    expect(lines).toHaveLength(1 + ROWS);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ type: 'step', ...row(ROWS) });
  });
});
