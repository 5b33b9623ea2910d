/** What stands behind the pictures: crisp sizes, boxes, the columns of the attention panel and their words. */
import { describe, expect, it } from 'vitest';
import type { AttentionSnapshot } from '../../../src/protocol/values.ts';
import type { Overlay } from '../../../src/state/view.ts';
import { boxAt, type MarkedBox } from '../../../src/ui/canvas/boxes.ts';
import { crispSize } from '../../../src/ui/canvas/fit.ts';
import {
  bestHead,
  columnsOf,
  describeMap,
  formatShare,
  mapOf,
} from '../../../src/ui/panels/attention-maps.ts';
import { readLoss } from '../../../src/ui/panels/loss-reading.ts';

describe('crispSize', () => {
  it('gives every pixel the same whole number of device pixels', () => {
    for (const ratio of [1, 1.25, 1.5, 2, 3]) {
      const size = crispSize({ width: 32, height: 24 }, { width: 140, height: 140 }, ratio);
      const device = (size.width * ratio) / 32;
      expect(device).toBeCloseTo(Math.round(device), 9);
      expect(size.width).toBeLessThanOrEqual(140);
      expect(size.height / size.width).toBeCloseTo(24 / 32, 9);
    }
  });

  it('shrinks what is larger than the box, in its shape', () => {
    expect(crispSize({ width: 400, height: 200 }, { width: 100, height: 100 }, 1)).toEqual({
      width: 100,
      height: 50,
    });
  });
});

describe('boxAt', () => {
  const boxes: MarkedBox[] = [
    { box: { left: 0, top: 0, width: 50, height: 50 }, kind: 'global', tag: 'G1' },
    { box: { left: 10, top: 10, width: 10, height: 10 }, kind: 'local', tag: 'L1' },
  ];

  it('finds the smallest box under the point', () => {
    expect(boxAt(boxes, 15, 15)).toBe(1);
    expect(boxAt(boxes, 25, 15)).toBe(0);
    expect(boxAt(boxes, 55, 15)).toBeNull();
  });
});

const overlay: Overlay = { mode: 'heads', mass: 0.6, opacity: 1, smooth: false, network: 'both' };
const image: AttentionSnapshot['images'][number] = {
  id: 0,
  pixels: { width: 2, height: 1, rgba: new Uint8ClampedArray(8) },
  teacher: Float32Array.from([0.1, 0.5, 0.3, 0.1]),
  student: Float32Array.from([0.4, 0.2, 0.2, 0.2]),
  mask: null,
};

describe('the columns of the attention panel', () => {
  it('are every head of each network, or their mean', () => {
    expect(columnsOf({ heads: 2 }, overlay).map(({ name }) => name)).toEqual([
      'Teacher head 1',
      'Teacher head 2',
      'Student head 1',
      'Student head 2',
    ]);
    expect(columnsOf({ heads: 2 }, { ...overlay, mode: 'mean', network: 'student' })).toHaveLength(1);
  });

  it('take their own part of the snapshot', () => {
    const [first, second, , last] = columnsOf({ heads: 2 }, overlay).map((column) => [
      ...mapOf(image, column, 2),
    ]);
    expect(first).toEqual([...Float32Array.from([0.1, 0.5])]);
    expect(second).toEqual([...Float32Array.from([0.3, 0.1])]);
    expect(last).toEqual([...Float32Array.from([0.2, 0.2])]);
    const [mean] = columnsOf({ heads: 2 }, { ...overlay, mode: 'mean' }).map((column) =>
      mapOf(image, column, 2),
    );
    expect(mean?.[0]).toBeCloseTo(0.2, 6);
  });

  it('mark the head that sees most of the object', () => {
    const snapshot = { overlap: { teacher: [0.9, 2.9, 1.5], student: [], images: 4 } };
    const whole: AttentionSnapshot = { step: 0, heads: 3, rows: 1, columns: 2, images: [], ...snapshot };
    expect(bestHead(whole, 'teacher')).toBe(1);
    expect(bestHead(whole, 'student')).toBeNull();
    expect(bestHead({ ...whole, overlap: null }, 'teacher')).toBeNull();
  });

  it('say where a map peaks and how many patches hold the top mass', () => {
    const map = Float32Array.from([0.02, 0.02, 0.02, 0.02, 0.02, 0.7]);
    expect(describeMap(map, 3, 0.6)).toBe(
      'peak 70 % at row 2, column 3; the top 60 % lies on 1 of 6 patches',
    );
    expect([0.0312, 0.253].map(formatShare)).toEqual(['3.1 %', '25 %']);
  });
});

describe('readLoss', () => {
  const lnK = Math.log(256);

  it('calls the start a start and no collapse', () => {
    expect(readLoss({ steps: 3, first: lnK, loss: lnK, entropy: lnK, lnK }).tone).toBe('plain');
    expect(readLoss({ steps: 30, first: 0.6 * lnK, loss: lnK, entropy: lnK, lnK }).tone).toBe('alarm');
  });

  it('names both collapses', () => {
    expect(readLoss({ steps: 300, first: lnK, loss: lnK * 0.999, entropy: lnK * 0.995, lnK })).toMatchObject({
      tone: 'alarm',
      text: expect.stringContaining('uniform collapse'),
    });
    expect(readLoss({ steps: 300, first: lnK, loss: 0.001, entropy: 0, lnK })).toMatchObject({
      tone: 'alarm',
      text: expect.stringContaining('one prototype'),
    });
  });

  it('does not take a sharp teacher at ln K for collapse', () => {
    expect(readLoss({ steps: 300, first: lnK, loss: lnK, entropy: 1, lnK }).tone).toBe('plain');
  });

  it('leaves a loss between alone, and stops at one that is no number', () => {
    expect(readLoss({ steps: 300, first: lnK, loss: 3, entropy: 2, lnK }).tone).toBe('plain');
    expect(readLoss({ steps: 3, first: lnK, loss: Number.NaN, entropy: 2, lnK }).tone).toBe('alarm');
  });
});
