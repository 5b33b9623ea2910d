/** The snapshots that the scrubber goes through. */
import { describe, expect, it } from 'vitest';
import type { AttentionSnapshot } from '../../../src/protocol/values.ts';
import { bytesOf, snapshotAt, withSnapshot } from '../../../src/state/snapshot-history.ts';

const PATCHES = 16;

function snapshot(step: number, ids = [0, 1]): AttentionSnapshot {
  return {
    step,
    heads: 1,
    rows: 4,
    columns: 4,
    images: ids.map((id) => ({
      id,
      pixels: { width: 8, height: 8, rgba: new Uint8ClampedArray(256) },
      student: new Float32Array(PATCHES).fill(step),
      teacher: new Float32Array(PATCHES).fill(step),
      mask: new Float32Array(PATCHES),
    })),
    overlap: null,
  };
}

const stepsOf = (history: readonly AttentionSnapshot[]) => history.map(({ step }) => step);
const MAPS = 2 * 2 * 4 * PATCHES;
const PICTURES = 2 * (256 + 4 * PATCHES);

describe('withSnapshot', () => {
  it('adds at the end; one of the same step takes the place of the last', () => {
    const history = [0, 10].reduce(
      (before, step) => withSnapshot(before, snapshot(step)),
      [] as AttentionSnapshot[],
    );
    expect(stepsOf(history)).toEqual([0, 10]);
    const pinned = withSnapshot(history, snapshot(10, [0, 1, 2]));
    expect(stepsOf(pinned)).toEqual([0, 10]);
    expect(pinned[1]?.images.map(({ id }) => id)).toEqual([0, 1, 2]);
  });

  it('keeps a picture and its mask once', () => {
    let history: AttentionSnapshot[] = [];
    for (let step = 0; step < 5; step++) history = withSnapshot(history, snapshot(step));
    expect(bytesOf(history)).toBe(PICTURES + 5 * MAPS);
    expect(history[4]?.images[1]?.teacher[0]).toBe(4);
  });

  it('stays within its budget, from the first snapshot to the last', () => {
    const budget = PICTURES + 10 * MAPS;
    let history: AttentionSnapshot[] = [];
    for (let step = 0; step < 100; step++) {
      history = withSnapshot(history, snapshot(step), budget);
      expect(bytesOf(history)).toBeLessThanOrEqual(budget);
      expect(history.at(-1)?.step).toBe(step);
    }
    const steps = stepsOf(history);
    expect(steps[0]).toBe(0);
    expect(steps).toHaveLength(new Set(steps).size);
    expect(steps.length).toBeGreaterThanOrEqual(6);
    // Some ten over a hundred steps: no stretch of the run goes unseen.
    const gaps = steps.slice(1).map((step, i) => step - (steps[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(20);
  });
});

describe('snapshotAt', () => {
  it('is the newest that is not after the step', () => {
    const history = [0, 10, 20].map((step) => snapshot(step));
    expect([0, 9, 10, 25].map((step) => snapshotAt(history, step)?.step)).toEqual([0, 0, 10, 20]);
    expect(snapshotAt(history.slice(1), 3)?.step).toBe(10);
    expect(snapshotAt([], 3)).toBeNull();
  });
});
