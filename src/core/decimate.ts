/** Thins long columns of figures for drawing, and smooths them; both keep what a reader would look for. */

/**
 * Indices of at most `limit` values of `values[0 … count)`, rising: the first, the last, and the smallest and the largest
 * of equal buckets between them, so that no spike is lost. Values that are not numbers are passed over.
 * @throws RangeError when `limit` is below 4.
 */
export function decimate(values: ArrayLike<number>, limit: number, count = values.length): Uint32Array {
  if (limit < 4) throw new RangeError(`a line needs at least 4 points to be thinned, not ${limit}`);
  if (count <= limit) return Uint32Array.from({ length: count }, (_, i) => i);
  const buckets = Math.floor((limit - 2) / 2);
  const inner = count - 2;
  const kept = new Uint32Array(2 + 2 * buckets);
  let length = 0;
  kept[length++] = 0;
  for (let b = 0; b < buckets; b++) {
    const from = 1 + Math.floor((b * inner) / buckets);
    const to = 1 + Math.floor(((b + 1) * inner) / buckets);
    let low = from;
    let high = from;
    for (let i = from + 1; i < to; i++) {
      const value = values[i] ?? Number.NaN;
      const lowest = values[low] ?? Number.NaN;
      const highest = values[high] ?? Number.NaN;
      if (value < lowest || Number.isNaN(lowest)) low = i;
      if (value > highest || Number.isNaN(highest)) high = i;
    }
    kept[length++] = Math.min(low, high);
    if (low !== high) kept[length++] = Math.max(low, high);
  }
  kept[length++] = count - 1;
  return kept.slice(0, length);
}

/**
 * Exponential moving average over about `span` values (weight 1 − 1/span on the past), divided by 1 − (1 − 1/span)^t so
 * that the first values are not drawn towards 0 (Kingma & Ba 2015, §3). A value that is not a number repeats the last.
 */
export function smooth(values: ArrayLike<number>, span: number, count = values.length): Float64Array {
  const keep = 1 - 1 / Math.max(1, span);
  const result = new Float64Array(count);
  let average = 0;
  let weight = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isFinite(value)) {
      average = keep * average + (1 - keep) * value;
      weight = keep * weight + (1 - keep);
    }
    result[i] = weight > 0 ? average / weight : Number.NaN;
  }
  return result;
}
