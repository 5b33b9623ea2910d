/** The runs of this visit: the trainer's list of them, and what those that are put away have measured and shown. */
import { createStore } from 'zustand/vanilla';
import type { TrainerEvent } from '../protocol/messages.ts';
import { heldFor, type RunRecord } from '../protocol/runs.ts';
import type { AttentionSnapshot, KnnResult } from '../protocol/values.ts';
import { seriesStore } from './series.ts';
import { within } from './snapshot-history.ts';
import { StepTable } from './step-table.ts';
import { viewStore } from './view.ts';

/** Memory that the attention snapshots of a run may take once it is put away: 16 MiB. */
const KEPT_HISTORY_BYTES = 2 ** 24;

/** What a run has left behind in the page. */
export interface RunTraces {
  steps: StepTable;
  knn: readonly KnnResult[];
  history: readonly AttentionSnapshot[];
}

export interface RunsState {
  /** In the order in which they began. */
  runs: readonly RunRecord[];
  /** The run that is told of; null before the first. */
  present: number | null;
  /** Traces of the others. */
  kept: ReadonlyMap<number, RunTraces>;
  /** Memory that the states kept by the trainer take, and may take. */
  bytes: number;
  budget: number;
  /** Seconds of training between two states that are kept. */
  every: number;
  /** Runs whose curves are not drawn. */
  hidden: ReadonlySet<number>;
  /** Why the last wish was not fulfilled; null once dismissed. */
  refusal: string | null;
}

export const runsStore = createStore<RunsState>(() => ({
  runs: [],
  present: null,
  kept: new Map(),
  bytes: 0,
  budget: 0,
  every: 0,
  hidden: new Set(),
  refusal: null,
}));

/** The traces of a run; of the present one they grow. */
export function tracesOf(id: number): RunTraces | null {
  const { present, kept } = runsStore.getState();
  return id === present ? presentTraces() : (kept.get(id) ?? null);
}

function presentTraces(): RunTraces {
  const { steps, knn } = seriesStore.getState();
  return { steps, knn, history: viewStore.getState().history };
}

/** Puts the traces of the present run away, before another takes its place or its images are replaced. */
export function putTracesAway(): void {
  runsStore.setState(({ present, kept }) => {
    const { steps, knn, history } = presentTraces();
    if (present === null || steps.length === 0) return { present: null };
    const traces = { steps, knn, history: within(history, KEPT_HISTORY_BYTES) };
    return { present: null, kept: new Map([...kept, [present, traces]]) };
  });
}

type Started = Extract<TrainerEvent, { type: 'run-started' }>;

/** Another run is the present one: what it, or a parent that counts the same steps, has left up to its step stands again. */
export function takeRun(started: Started): void {
  putTracesAway();
  const { kept } = runsStore.getState();
  const { id, step } = started;
  const before = heldFor(started, kept);
  const steps = before?.steps.upTo(step) ?? new StepTable();
  const knn = before?.knn.filter((result) => result.step <= step) ?? [];
  const history = before?.history.filter((snapshot) => snapshot.step <= step) ?? [];
  seriesStore.setState(({ version }) => ({ steps, knn: [...knn], version: version + 1 }));
  viewStore.setState({ attention: history.at(-1) ?? null, history, shownStep: null, neighbours: null });
  runsStore.setState({
    present: id,
    kept: new Map([...kept].filter(([other]) => other !== id)),
    refusal: null,
  });
}

type RunsEvent = Extract<TrainerEvent, { type: 'runs' | 'run-refused' }>;

export function applyToRuns(event: RunsEvent): void {
  if (event.type === 'run-refused') {
    runsStore.setState({ refusal: event.sentence });
    return;
  }
  const { runs, bytes, budget, every } = event;
  const listed = new Set(runs.map(({ id }) => id));
  runsStore.setState(({ kept, hidden }) => ({
    runs,
    bytes,
    budget,
    every,
    kept: [...kept.keys()].every((id) => listed.has(id))
      ? kept
      : new Map([...kept].filter(([id]) => listed.has(id))),
    hidden: new Set([...hidden].filter((id) => listed.has(id))),
  }));
}

export function toggleCurve(id: number): void {
  runsStore.setState(({ hidden }) => ({
    hidden: hidden.has(id) ? new Set([...hidden].filter((other) => other !== id)) : new Set([...hidden, id]),
  }));
}

export function dismissRunRefusal(): void {
  runsStore.setState({ refusal: null });
}
