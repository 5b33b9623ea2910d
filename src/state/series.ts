/** What a run has measured so far: a row a step, the schedules past and to come, the k-NN scores. */
import { createStore } from 'zustand/vanilla';
import type { KnnResult, ScheduleCurves } from '../protocol/values.ts';
import { type MetricName, StepTable } from './step-table.ts';

export interface SeriesState {
  /** Grows in place; `version` rises with every change, so subscribe to that. */
  steps: StepTable;
  version: number;
  /** [steps.length], a view that is valid until the next change. */
  column(name: MetricName): Float64Array;
  schedules: ScheduleCurves | null;
  /** In the order of measurement. */
  knn: KnnResult[];
}

const steps = new StepTable();

export const seriesStore = createStore<SeriesState>(() => ({
  steps,
  version: 0,
  column: (name) => steps.column(name),
  schedules: null,
  knn: [],
}));

/** The run begins anew: what was measured is void. Schedules are planned, not measured: the next ones replace them. */
export function clearSeries(): void {
  steps.clear();
  seriesStore.setState(({ version }) => ({ version: version + 1, knn: [] }));
}
