/** What the page keeps of each run: curves, scores and snapshots come back with the run that they are of. */
import { beforeEach, describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { defaultConfig } from '../../../src/config/schema.ts';
import { apply } from '../../../src/state/apply.ts';
import { runsStore, toggleCurve, tracesOf } from '../../../src/state/runs.ts';
import { seriesStore } from '../../../src/state/series.ts';
import { settingsStore } from '../../../src/state/settings.ts';
import { studiesStore } from '../../../src/state/studies.ts';
import { viewStore } from '../../../src/state/view.ts';
import { freshStores, knn, row, runRecord, summary } from './stores.ts';

beforeEach(freshStores);

const begin = (
  id: number,
  step = 0,
  parent: { id: number; step: number; at: number } | null = null,
  config = defaultConfig,
) => apply({ type: 'run-started', id, step, parent, config });
const measure = (...steps: number[]) => {
  apply({ type: 'metrics', rows: steps.map(row) });
  for (const step of steps) apply({ type: 'knn', result: knn(step) });
  for (const step of steps)
    apply({
      type: 'attention',
      snapshot: { step, heads: 1, rows: 1, columns: 1, images: [], overlap: null },
    });
};
const steps = () => [...seriesStore.getState().column('step')];
const stepsOf = (id: number) => [...(tracesOf(id)?.steps.column('step') ?? [])];
const history = () => viewStore.getState().history.map(({ step }) => step);

describe('what a run has measured and shown', () => {
  it('is kept when another begins, and stands again when it is gone on with', () => {
    begin(1);
    measure(1, 2, 3);
    begin(2);
    expect([steps(), history(), stepsOf(1)]).toEqual([[], [], [1, 2, 3]]);
    measure(1);
    begin(1, 3);
    expect([steps(), history(), stepsOf(2)]).toEqual([[1, 2, 3], [1, 2, 3], [1]]);
    expect(seriesStore.getState().knn.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(viewStore.getState().attention?.step).toBe(3);
    expect(studiesStore.getState().run).toBe(1);
  });

  it('begins with its parent’s up to the fork, and leaves that as it was', () => {
    begin(1);
    measure(1, 2, 3, 4);
    begin(2, 2, { id: 1, step: 2, at: 2 });
    measure(3);
    expect([steps(), history()]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(stepsOf(1)).toEqual([1, 2, 3, 4]);
  });

  it('begins empty where its steps are counted in another batch, and is its own from there', () => {
    begin(1);
    measure(1, 2, 3, 4);
    begin(2, 8, { id: 1, step: 4, at: 8 });
    expect([steps(), history(), seriesStore.getState().knn]).toEqual([[], [], []]);
    measure(9, 10);
    begin(1, 4);
    begin(2, 9, { id: 1, step: 4, at: 8 });
    expect([steps(), stepsOf(1)]).toEqual([[9], [1, 2, 3, 4]]);
  });

  it('ends where the state is that is gone on from', () => {
    begin(1);
    measure(1, 2, 3, 4);
    begin(1, 2);
    expect([steps(), history()]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('is void when the same run begins anew, and kept when other images come', () => {
    begin(1);
    measure(1, 2);
    apply({ type: 'dataset', summary });
    begin(2);
    expect([stepsOf(1), steps()]).toEqual([[1, 2], []]);
    expect(tracesOf(1)?.history).toHaveLength(2);
    begin(2);
    expect(steps()).toEqual([]);
  });

  it('goes with the run when that is removed', () => {
    begin(1);
    measure(1);
    begin(2);
    const list = (...ids: number[]) =>
      apply({ type: 'runs', runs: ids.map(runRecord), bytes: 0, budget: 1, every: 20 });
    list(1, 2);
    toggleCurve(1);
    expect([...runsStore.getState().hidden]).toEqual([1]);
    list(2);
    expect(tracesOf(1)).toBeNull();
    expect([...runsStore.getState().hidden]).toEqual([]);
  });
});

it('shows the settings of a run that is gone on with, and leaves them as they are when one begins', () => {
  const uncentered = applyOverrides(defaultConfig, { loss: { centering: false } });
  const { config } = settingsStore.getState();
  begin(1);
  expect(settingsStore.getState().config).toBe(config);
  begin(2, 5, { id: 1, step: 5, at: 5 }, uncentered);
  expect(settingsStore.getState().config.loss.centering).toBe(false);
});
