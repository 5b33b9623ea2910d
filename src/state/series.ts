/** What a run has measured so far: a row a step, the schedules past and to come, the k-NN scores. */
import { createStore } from 'zustand/vanilla';
import type { MetricName } from '../protocol/step-metrics.ts';
import type { KnnResult, ScheduleCurves } from '../protocol/values.ts';
import { StepTable } from './step-table.ts';

export interface SeriesState {
  /** Grows in place, and is another's when the run is; `version` rises with every change, so subscribe to that. */
  steps: StepTable;
  version: number;
  /** [steps.length], a view that is valid until the next change. */
  column(name: MetricName): Float64Array;
  schedules: ScheduleCurves | null;
  /** In the order of measurement. */
  knn: KnnResult[];
}

export const seriesStore = createStore<SeriesState>((_, get) => ({
  steps: new StepTable(),
  version: 0,
  column: (name) => get().steps.column(name),
  schedules: null,
  knn: [],
}));
