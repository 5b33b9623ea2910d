/** Rows for the charts out of long columns: decimated, with the smoothed line beside the raw one. */
import { decimate, smooth } from '../../core/decimate.ts';

/**
 * Points of a line at most, in a chart and in a small one. A chart is some 300 pixels wide, so more would cost and not
 * show.
 */
export const MOST_POINTS = 320;
export const MOST_POINTS_SMALL = 140;

export interface SmoothedRow {
  step: number;
  raw: number;
  smoothed: number;
}

/** The raw line thinned to `limit` points and the moving average over `span` steps at the same steps. */
export function smoothedRows(
  steps: Float64Array,
  values: Float64Array,
  span: number,
  limit = MOST_POINTS,
): SmoothedRow[] {
  const averages = smooth(values, span);
  return Array.from(decimate(values, limit), (i) => ({
    step: steps[i] ?? 0,
    raw: values[i] ?? Number.NaN,
    smoothed: averages[i] ?? Number.NaN,
  }));
}

export interface ScheduleRow {
  step: number;
  past: number | null;
  coming: number | null;
}

/**
 * One schedule split at `now`: points up to it are past, from it on to come; at `now` itself a point that is both is put
 * in, so that the two lines meet.
 */
export function scheduleRows(
  steps: readonly number[],
  values: readonly number[],
  now: number,
): ScheduleRow[] {
  const rows: ScheduleRow[] = [];
  const joint = valueAt(steps, values, now);
  let joined = false;
  const join = () => {
    if (!joined && joint !== null) rows.push({ step: now, past: joint, coming: joint });
    joined = true;
  };
  for (const [i, step] of steps.entries()) {
    const value = values[i] ?? Number.NaN;
    if (step >= now) join();
    if (step !== now) rows.push({ step, past: step < now ? value : null, coming: step > now ? value : null });
  }
  return rows;
}

/** Between two points of a curve on a straight line; null outside it. */
export function valueAt(steps: readonly number[], values: readonly number[], at: number): number | null {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] ?? 0;
    const value = values[i] ?? Number.NaN;
    if (step === at) return value;
    if (step > at) {
      const before = steps[i - 1];
      if (before === undefined) return null;
      const from = values[i - 1] ?? Number.NaN;
      return from + ((value - from) * (at - before)) / (step - before);
    }
  }
  return null;
}
