/** Places in a buffer: who stays, who goes, and that nobody lies upon another. */
import { describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { Residents } from '../../../src/data/residents.ts';

describe('Residents', () => {
  it('gives each a place of its own, and finds it again', () => {
    const residents = new Residents(10);
    expect([residents.admit(1, 4), residents.admit(2, 6)]).toEqual([0, 4]);
    expect([residents.find(1), residents.find(2), residents.find(3)]).toEqual([0, 4, null]);
  });

  it('lets the least recently used go', () => {
    const residents = new Residents(9);
    for (const key of [1, 2, 3]) residents.admit(key, 3);
    residents.nextTurn();
    residents.find(1);
    expect(residents.admit(4, 3)).toBe(3);
    expect([residents.find(1), residents.find(2), residents.find(3)]).toEqual([0, null, 6]);
  });

  it('joins neighboring places, and refuses only what this turn leaves no room for', () => {
    const residents = new Residents(9);
    for (const key of [1, 2, 3]) residents.admit(key, 3);
    residents.nextTurn();
    expect(residents.admit(4, 8)).toBe(0);
    expect(residents.size).toBe(1);
    expect(residents.admit(5, 2)).toBeNull();
    expect(residents.find(4)).toBe(0);
  });

  it('has room for a whole turn where twice its sizes fit, whatever lay there before', () => {
    const draws = rng(7, PURPOSE.samples);
    const [atOnce, largest] = [6, 9];
    const residents = new Residents(2 * atOnce * largest);
    const lengths = Array.from({ length: 60 }, () => 1 + draws.below(largest));
    for (let turn = 0; turn < 400; turn++) {
      residents.nextTurn();
      const spans = Array.from({ length: atOnce }, () => {
        const key = draws.below(lengths.length);
        const length = lengths[key] ?? 1;
        return { key, length, start: residents.find(key) ?? residents.admit(key, length) };
      });
      for (const { key, length, start } of spans) {
        if (start === null) throw new RangeError(`turn ${turn} left no room for ${length}`);
        expect(start + length).toBeLessThanOrEqual(residents.capacity);
        for (const other of spans)
          if (other.key !== key && other.start !== null)
            expect(start + length <= other.start || other.start + other.length <= start).toBe(true);
        expect(residents.find(key)).toBe(start);
      }
    }
  });
});
