/** What a machine's speed says of the presets. */
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/config/presets.ts';
import { stepWork } from '../../../src/config/work.ts';
import { presetFor, secondsAStep, speedSentence, stepWords } from '../../../src/state/prospect.ts';

const nano = presetConfig('nano');
const small = presetConfig('small');
const at = (...rates: [number, number][]) => ({
  rates: rates.map(([dim, gflops]) => ({ dim, gflops })),
  seconds: 1,
});

describe('secondsAStep', () => {
  it('takes the rate of the nearest width', () => {
    const speed = at([96, 10], [384, 100]);
    expect(secondsAStep(speed, nano)).toBeCloseTo(stepWork(nano).gflop / 10, 9);
    expect(secondsAStep(speed, presetConfig('vit-small'))).toBeCloseTo(
      stepWork(presetConfig('vit-small')).gflop / 100,
      9,
    );
  });
});

describe('presetFor', () => {
  it('is the largest under a second', () => {
    expect(presetFor(at([96, stepWork(nano).gflop * 2]))).toBe('nano');
    expect(presetFor(at([96, 100], [192, stepWork(small).gflop * 1.1]))).toBe('small');
    expect(presetFor(at([96, 1e6]))).toBe('vit-small');
  });

  it('is the smallest where none is', () => {
    expect(presetFor(at([96, 1]))).toBe('nano');
    expect(speedSentence(at([96, 1]))).toMatch(/None stays under a second; Nano is the quickest/);
  });
});

describe('stepWords', () => {
  it('keeps to the unit that fits', () => {
    expect([0.004, 0.044, 0.44, 4.44, 44, 440].map(stepWords)).toEqual([
      '4 ms',
      '44 ms',
      '0.44 s',
      '4.4 s',
      '44 s',
      '7 min',
    ]);
  });
});
