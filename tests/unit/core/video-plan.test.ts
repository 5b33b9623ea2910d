/** Which moments of a video are looked at, and what is left out. */
import { describe, expect, it } from 'vitest';
import { frameBytes, MOST_FRAMES, planVideo, VIDEO_BYTES } from '../../../src/core/video-plan.ts';

const SMALL = 1000;

describe('the plan of a video', () => {
  it('takes the middle of each share of time, from beginning to end', () => {
    const plan = planVideo({ seconds: 2, fastest: 30 }, { rate: 4, start: 0 }, SMALL);
    expect(plan).toEqual({
      rate: 4,
      times: [0.125, 0.375, 0.625, 0.875, 1.125, 1.375, 1.625, 1.875],
      from: 0,
      to: 2,
      limit: null,
    });
  });

  it('finds every frame once where it has no more than are wished for, though their times are rounded', () => {
    const seconds = 21 / 7;
    const { times } = planVideo({ seconds, fastest: 7 }, { rate: 8, start: 0 }, SMALL);
    // As a file that counts in milliseconds keeps them.
    const begins = Array.from({ length: 21 }, (_, i) => Math.round((1000 * i) / 7) / 1000);
    expect(times.map((time) => begins.findLastIndex((begin) => begin <= time))).toEqual(
      begins.map((_, i) => i),
    );
  });

  it.each([
    ['a single frame without a length', 0, 0, [0]],
    ['a frame shorter than half a share', 0.04, 0, [0.04]],
    ['a video that ends in the middle of a share', 1.2, 30, [0.125, 0.375, 0.625, 0.875, 1.125]],
  ])('has a frame of %s', (_, seconds, fastest, times) => {
    expect(planVideo({ seconds, fastest }, { rate: 4, start: 0 }, SMALL)).toMatchObject({
      times,
      limit: null,
    });
  });

  it('begins where it is asked to, and at the beginning where that is after the end', () => {
    expect(planVideo({ seconds: 3, fastest: 30 }, { rate: 1, start: 1 }, SMALL)).toMatchObject({
      times: [1.5, 2.5],
      from: 1,
      to: 3,
    });
    expect(planVideo({ seconds: 3, fastest: 30 }, { rate: 1, start: 9 }, SMALL).from).toBe(0);
  });

  it('leaves out what comes after the most frames', () => {
    const plan = planVideo({ seconds: 60, fastest: 30 }, { rate: 8, start: 10 }, SMALL);
    expect(plan).toMatchObject({ from: 10, to: 40, limit: 'frames' });
    expect(plan.times).toHaveLength(MOST_FRAMES);
    expect(plan.times.at(-1)).toBeCloseTo(40 - 1 / 16, 9);
    expect(planVideo({ seconds: 30, fastest: 30 }, { rate: 8, start: 0 }, SMALL).limit).toBeNull();
  });

  it('stays within the memory, and takes one frame whatever that needs', () => {
    const bytes = frameBytes({ rows: 34, columns: 60, patchSize: 16 }, 7);
    expect(bytes).toBe(4 * 960 * 544 + 4 * 7 * 34 * 60);
    const plan = planVideo({ seconds: 60, fastest: 30 }, { rate: 8, start: 0 }, bytes);
    expect(plan.limit).toBe('memory');
    expect(plan.times.length * bytes).toBeLessThanOrEqual(VIDEO_BYTES);
    expect((plan.times.length + 1) * bytes).toBeGreaterThan(VIDEO_BYTES);
    expect(plan.to).toBeCloseTo(plan.times.length / 8, 9);
    const vast = planVideo({ seconds: 60, fastest: 30 }, { rate: 8, start: 0 }, 2 * VIDEO_BYTES);
    expect(vast).toMatchObject({ times: [0.0625], limit: 'memory' });
  });
});
