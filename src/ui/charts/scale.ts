/** Axes: round ticks, and domains that neither squeeze a line flat nor blow noise up. */

export interface Axis {
  domain: [number, number];
  ticks: number[];
}

/** The round step (1, 2, 2.5 or 5 times a power of ten) that cuts a range into about `count` parts. */
function roundStep(range: number, count: number): number {
  const rough = range / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= rough * 0.999999) ?? 10;
  return lead * power;
}

function ticksOf(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** An axis that ends on ticks and holds [low, high]; where both are one value, a tenth around it. */
export function niceAxis(low: number, high: number, count: number): Axis {
  const [from, to] =
    low === high ? [low - (Math.abs(low) || 1) / 10, high + (Math.abs(high) || 1) / 10] : [low, high];
  const step = roundStep(to - from, count);
  const bottom = Math.floor(from / step + 1e-9) * step;
  const top = Math.ceil(to / step - 1e-9) * step;
  const ticks = ticksOf(bottom, top, step);
  return { domain: [ticks[0] ?? bottom, ticks.at(-1) ?? top], ticks };
}

/** An axis that ends exactly at low and high, with whole-numbered ticks inside: for steps. */
export function stepAxis(low: number, high: number, count: number): Axis {
  if (low === high) return { domain: [low, low + 1], ticks: [low] };
  const step = Math.max(1, roundStep(high - low, count));
  return { domain: [low, high], ticks: ticksOf(low, high, Number.isInteger(step) ? step : Math.ceil(step)) };
}

/** Smallest and largest of all finite values; null where there is none. */
export function extent(...columns: ArrayLike<number>[]): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const column of columns)
    for (let i = 0; i < column.length; i++) {
      const value = column[i] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : null;
}
