/** Curves of several runs as rows of one chart: each run has a key of its own, and a step that it lacks no value. */
import { decimate, smooth } from '../../core/decimate.ts';
import type { RunTraces } from '../../state/runs.ts';
import { MOST_POINTS } from '../charts/rows.ts';

/** One point of one run. */
interface Point {
  step: number;
  value: number;
}

export interface OverlaidRun {
  id: number;
  /** The first step that is its own; a fork's before that are its parent's. */
  from: number;
  traces: RunTraces;
}

export type OverlaidRow = Record<string, number>;

export const keyOf = (id: number): string => `run${id}`;

/** The smoothed loss of each run, all of them together with about as many points as one curve may have. */
export function lossRows(runs: readonly OverlaidRun[], span: number): OverlaidRow[] {
  const limit = Math.max(24, Math.floor(MOST_POINTS / Math.max(1, runs.length)));
  return rowsOf(
    runs.map(({ id, from, traces }) => {
      const steps = traces.steps.column('step');
      const averages = smooth(traces.steps.column('loss'), span);
      const own = steps.findIndex((step) => step >= from);
      const points = own < 0 ? [] : Array.from(decimate(averages.subarray(own), limit), (i) => own + i);
      return { id, points: points.map((i) => ({ step: steps[i] ?? 0, value: averages[i] ?? Number.NaN })) };
    }),
  );
}

/** The k-NN accuracy of each run's teacher, percent. */
export function knnRows(runs: readonly OverlaidRun[]): OverlaidRow[] {
  return rowsOf(
    runs.map(({ id, from, traces }) => ({
      id,
      points: traces.knn
        .filter(({ step }) => step >= from)
        .slice(-MOST_POINTS)
        .map(({ step, teacher }) => ({ step, value: teacher })),
    })),
  );
}

function rowsOf(curves: readonly { id: number; points: readonly Point[] }[]): OverlaidRow[] {
  const rows = new Map<number, OverlaidRow>();
  for (const { id, points } of curves)
    for (const { step, value } of points)
      rows.set(step, { ...(rows.get(step) ?? { step }), [keyOf(id)]: value });
  return [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
}

/** All values of all curves. */
export function valuesOf(rows: readonly OverlaidRow[]): number[] {
  return rows.flatMap(({ step: _, ...values }) => Object.values(values));
}
