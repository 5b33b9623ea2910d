/** Charts are redrawn one at a time, and rest in between for as long as the drawing asks. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cancelRedraw, requestRedraw } from '../../../src/ui/charts/redraws.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

/** A redraw that takes `milliseconds` of the clock. */
function redrawing(log: string[], name: string, milliseconds: number) {
  return () => {
    log.push(`${name} at ${Math.round(performance.now() - begun)}`);
    vi.advanceTimersByTime(milliseconds);
  };
}
let begun = 0;

it('gives each a task of its own, with four times as long to rest, and none twice', () => {
  vi.advanceTimersByTime(10_000);
  begun = performance.now();
  const log: string[] = [];
  const [loss, health] = [redrawing(log, 'loss', 20), redrawing(log, 'health', 0)];
  requestRedraw(loss);
  requestRedraw(health);
  requestRedraw(loss);
  expect(log).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(['loss at 0']);
  vi.advanceTimersByTime(70);
  expect(log).toEqual(['loss at 0']);
  vi.advanceTimersByTime(30);
  expect(log).toEqual(['loss at 0', 'health at 100']);
});

it('forgets what is cancelled', () => {
  vi.advanceTimersByTime(10_000);
  const log: string[] = [];
  const gone = redrawing(log, 'gone', 0);
  requestRedraw(gone);
  cancelRedraw(gone);
  vi.advanceTimersByTime(1000);
  expect(log).toEqual([]);
});
