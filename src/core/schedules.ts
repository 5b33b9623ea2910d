/** The schedules of a run, as arrays made before the first step (official cosine_scheduler and teacher_temp_schedule). */

export class ScheduleError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'ScheduleError';
  }
}

/**
 * Linear warm-up from `start` to `base`, then half a cosine from `base` towards `final`; one value a step.
 * As in the official code the peak comes twice and `final` itself is never reached.
 * @throws ScheduleError when the warm-up is longer than the run or a length is not whole.
 */
export function cosineSchedule(
  base: number,
  final: number,
  totalSteps: number,
  warmupSteps = 0,
  start = 0,
): Float64Array {
  if (!Number.isInteger(totalSteps) || !Number.isInteger(warmupSteps))
    throw new ScheduleError(`A schedule needs whole steps, not ${warmupSteps} of ${totalSteps}`);
  if (warmupSteps > totalSteps)
    throw new ScheduleError(`A warm-up of ${warmupSteps} steps does not fit a run of ${totalSteps}`);
  const values = new Float64Array(totalSteps);
  values.set(linear(start, base, warmupSteps));
  const rest = totalSteps - warmupSteps;
  for (let i = 0; i < rest; i++)
    values[warmupSteps + i] = final + 0.5 * (base - final) * (1 + Math.cos((Math.PI * i) / rest));
  return values;
}

/**
 * Teacher temperature of each epoch: linear from `warmup` to `base` over the warm-up, then constant.
 * @throws ScheduleError when the warm-up is longer than the run.
 */
export function teacherTempSchedule(
  warmup: number,
  base: number,
  warmupEpochs: number,
  epochs: number,
): Float64Array {
  if (warmupEpochs > epochs)
    throw new ScheduleError(
      `A temperature warm-up of ${warmupEpochs} epochs does not fit a run of ${epochs}`,
    );
  const values = new Float64Array(epochs).fill(base);
  values.set(linear(warmup, base, warmupEpochs));
  return values;
}

/** numpy.linspace(from, to, n): both ends included, the last value exact. */
function linear(from: number, to: number, n: number): Float64Array {
  const step = n > 1 ? (to - from) / (n - 1) : 0;
  const values = Float64Array.from({ length: n }, (_, i) => i * step + from);
  if (n > 1) values[n - 1] = to;
  return values;
}
