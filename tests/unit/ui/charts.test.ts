/** What stands behind the charts: axes, rows, figures, and the pace of redrawing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { formatMomentum, formatStep, formatValue } from '../../../src/ui/charts/format.ts';
import { leftRoom } from '../../../src/ui/charts/plot.ts';
import { MOST_POINTS, scheduleRows, smoothedRows, valueAt } from '../../../src/ui/charts/rows.ts';
import { extent, niceAxis, stepAxis } from '../../../src/ui/charts/scale.ts';
import { throttle } from '../../../src/ui/charts/throttle.ts';

describe('axes', () => {
  it.each([
    [0, 5.9, 5],
    [3.2, 5.9, 5],
    [0.99, 1, 2],
    [1e-6, 1e-3, 2],
    [-3, 12_345, 4],
  ])('from %f to %f ends on round ticks around the values', (low, high, count) => {
    const { domain, ticks } = niceAxis(low, high, count);
    expect(domain[0]).toBeLessThanOrEqual(low);
    expect(domain[1]).toBeGreaterThanOrEqual(high);
    expect(ticks[0]).toBe(domain[0]);
    expect(ticks.at(-1)).toBe(domain[1]);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks.length).toBeLessThanOrEqual(count + 3);
  });

  it('opens up around a constant', () => {
    const { domain } = niceAxis(0.04, 0.04, 2);
    expect(domain[0]).toBeLessThan(0.04);
    expect(domain[1]).toBeGreaterThan(0.04);
    expect(niceAxis(0, 0, 2).domain[1]).toBeGreaterThan(0);
  });

  it('keeps steps whole and the ends where they are', () => {
    expect(stepAxis(1, 3, 5)).toEqual({ domain: [1, 3], ticks: [1, 2, 3] });
    expect(stepAxis(0, 600, 3)).toEqual({ domain: [0, 600], ticks: [0, 200, 400, 600] });
    expect(stepAxis(7, 7, 5).domain).toEqual([7, 8]);
  });

  it('passes over what is not finite', () => {
    expect(extent([Number.NaN, 3, Number.POSITIVE_INFINITY], [1])).toEqual([1, 3]);
    expect(extent([Number.NaN])).toBeNull();
  });
});

describe('rows', () => {
  it('stay within the limit and carry the moving average of their own step', () => {
    const steps = Float64Array.from({ length: 5000 }, (_, i) => i + 1);
    const rows = smoothedRows(steps, steps, 1);
    expect(rows.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(MOST_POINTS).toBeLessThanOrEqual(500);
    expect(rows[0]?.step).toBe(1);
    expect(rows.at(-1)?.step).toBe(5000);
    for (const row of rows) expect([row.raw, row.smoothed]).toEqual([row.step, row.step]);
  });

  it('split a schedule where the run stands, and the lines meet there', () => {
    const rows = scheduleRows([0, 10, 20], [0, 1, 0], 5);
    expect(rows).toEqual([
      { step: 0, past: 0, coming: null },
      { step: 5, past: 0.5, coming: 0.5 },
      { step: 10, past: null, coming: 1 },
      { step: 20, past: null, coming: 0 },
    ]);
    expect(scheduleRows([0, 10], [3, 4], 0)[0]).toEqual({ step: 0, past: 3, coming: 3 });
    expect(scheduleRows([0, 10], [3, 4], 10).at(-1)).toEqual({ step: 10, past: 4, coming: 4 });
    expect(scheduleRows([0, 10], [3, 4], 99).every(({ coming }) => coming === null)).toBe(true);
  });

  it('know no value outside a schedule', () => {
    expect(valueAt([0, 10], [3, 4], 11)).toBeNull();
    expect(valueAt([1, 10], [3, 4], 0)).toBeNull();
    expect(valueAt([], [], 0)).toBeNull();
  });
});

describe('figures', () => {
  it('are short and do not hide small differences', () => {
    expect([0, 0.0005, 0.00058765, 5.545177, 1234.56, 20_000, 250_000].map(formatValue)).toEqual([
      '0',
      '5e-4',
      '5.88e-4',
      '5.545',
      '1234.6',
      '20000',
      '2.5e5',
    ]);
    expect([0.996, 0.99961, 1].map(formatMomentum)).toEqual(['0.9960', '0.99961', '1.0000']);
    expect([500, 12_500, 2_500_000].map(formatStep)).toEqual(['500', '12.5k', '2.5M']);
  });
});

describe('the room left of the curves', () => {
  const roomFor = (high: number) => leftRoom({ y: niceAxis(0, high, 5), formatY: formatValue });

  it('is the same for all figures of common length', () => {
    expect(new Set([1, 5.9, 120, 1000, 20_000].map(roomFor)).size).toBe(1);
  });

  it('grows with a figure that would be cut', () => {
    expect(roomFor(1.2e12)).toBeGreaterThan(roomFor(5));
  });
});

describe('throttle', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('passes five changes a second of a hundred, the first at once and the last for sure', () => {
    const store = createStore(() => ({ version: 0 }));
    const seen: number[] = [];
    const slow = throttle(() => seen.push(store.getState().version), 200);
    store.subscribe(slow.call);
    for (let i = 1; i <= 100; i++) {
      store.setState({ version: i });
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(1000);
    expect(seen[0]).toBe(1);
    expect(seen.at(-1)).toBe(100);
    expect(seen.length).toBeLessThanOrEqual(7);
  });

  it('says nothing once cancelled', () => {
    const callback = vi.fn();
    const slow = throttle(callback, 200);
    slow.call();
    slow.call();
    slow.cancel();
    vi.advanceTimersByTime(1000);
    expect(callback).toHaveBeenCalledTimes(1);
  });
});
