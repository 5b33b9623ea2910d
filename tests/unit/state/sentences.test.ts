/** The sentences a person reads: what is computed now, and what a run can show. */
import { describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { Phase } from '../../../src/protocol/values.ts';
import { expectations } from '../../../src/state/expectations.ts';
import { batchNote } from '../../../src/state/run-text.ts';
import { type StatusSource, statusText } from '../../../src/state/status-text.ts';
import { bytesWords, durationWords, operationsWords, rateWords } from '../../../src/state/words.ts';
import { knn, status, summary } from './stores.ts';

const calm: StatusSource = {
  opened: true,
  status,
  activity: null,
  progress: null,
  fault: null,
  knn: null,
  images: 2400,
  evaluating: null,
};
const at = (phase: Phase, step = 40) => ({ ...calm, status: { ...status, phase, step } });

describe('status text', () => {
  it.each<[StatusSource, string]>([
    [{ ...calm, opened: false }, 'Starting the trainer…'],
    [at('empty'), 'Preparing the run…'],
    [{ ...at('empty'), images: 0 }, 'No images yet: drop a folder, or take the built-in samples.'],
    [at('idle', 0), 'Ready: 2,400 images, 600 steps planned. Press Train.'],
    [
      { ...calm, status: { ...status, phase: 'idle', step: 0, totalSteps: 0 } },
      'These settings do not fit the images: no run can begin with them.',
    ],
    [at('running', 412), 'Training: step 412 of 600'],
    [at('paused'), 'Paused at step 40 of 600'],
    [{ ...at('finished', 600), knn: knn(600) }, 'Finished: 600 steps, k-NN 83 % (untrained 61, pixels 39)'],
    [at('finished', 600), 'Finished: 600 steps'],
    [
      { ...at('idle', 0), evaluating: { kind: 'knn', percent: 40 } },
      'Evaluating: Nearest neighbours, this part 40 %',
    ],
    [
      { ...at('running', 412), evaluating: { kind: 'finetune', percent: null } },
      'Training: step 412 of 600 · Evaluating: Fine-tuning…',
    ],
    [
      { ...at('paused'), evaluating: { kind: 'report', percent: 7 } },
      'Paused at step 40 of 600 · Evaluating: Classification report, this part 7 %',
    ],
    [{ ...calm, activity: 'Preparing the GPU…' }, 'Preparing the GPU…'],
    [
      { ...calm, progress: { stage: 'decoding', done: 1200, total: 4000, perSecond: 9, secondsLeft: 1 } },
      'Reading images: 1,200 of 4,000',
    ],
    [
      { ...at('running', 3), fault: { kind: 'data', what: 'No image.', remedy: '' } },
      'Training: step 3 of 600',
    ],
    [
      { ...calm, fault: { kind: 'device-lost', what: 'The GPU is gone.', remedy: '' } },
      'Stopped: The GPU is gone.',
    ],
  ])('%#', (source, text) => expect(statusText(source)).toBe(text));
});

describe('another batch', () => {
  const parent = presetConfig('samples');
  const note = (batchSize: number, step = 300, images = 2000) =>
    batchNote(applyOverrides(parent, { training: { batchSize } }), parent, step, images);
  it('is told as what it is: not to the last bit, and at which step', () => {
    expect(note(8)).toMatch(/batches of 8 instead of 16 .*same weights, optimizer state and center/);
    expect(note(8)).toMatch(/no longer to the last bit/);
    expect(note(8)).toMatch(/step 300 becomes step 600 of 1,200\. The schedules are made anew/);
    expect(note(15, 3, 17)).toMatch(/stays at step 3\./);
  });
  it('is told of no run that has none', () => {
    expect([note(16), note(8, 0), note(3000)]).toEqual([null, null, null]);
  });
});

describe('words', () => {
  it('give durations in the unit that fits', () => {
    expect([8, 59.6, 240, 3599, 9000, 40 * 3600, 80 * 3600].map(durationWords)).toEqual([
      '8 s',
      '1 min',
      '4 min',
      '1 h',
      '2.5 h',
      '40 h',
      '3 days',
    ]);
  });
  it('give bytes and rates', () => {
    expect([2 ** 16, 2 ** 20 * 12.5, 2 ** 30].map(bytesWords)).toEqual(['64 KiB', '12.5 MiB', '1 GiB']);
    expect([12, 1_250_000, 9.2236e9].map(operationsWords)).toEqual(['12 FLOP', '1.25 MFLOP', '9.22 GFLOP']);
    expect([0, 0.432, 8.25, 31.4].map(rateWords)).toEqual(['–', '0.43', '8.3', '31']);
  });
});

describe('expectations', () => {
  const own = {
    summary: { ...summary, train: 4000, val: 1000 },
    batchSize: 16,
    viewsPerImage: 6,
    totalSteps: 600,
  };

  it('count the time that photographs need at the rate measured here', () => {
    const text = expectations({ ...own, imagesPerSecond: 10 }).join(' ');
    expect(text).toContain('100,000 views');
    expect(text).toContain('about 28 min at 10 images/s');
    expect(text).toContain('This run sees 57,600 in 16 min');
    expect(text).toContain('the score hardly');
  });

  it('call a run of enough images enough', () => {
    expect(expectations({ ...own, totalSteps: 1100, imagesPerSecond: 10 }).join(' ')).toContain(
      'enough to look for it',
    );
  });

  it('promise no time before anything is measured', () => {
    const text = expectations({ ...own, imagesPerSecond: 0 }).join(' ');
    expect(text).not.toMatch(/\d (s|min|h|days)\b/);
    expect(text).toContain('After the first steps');
  });

  it('say what the samples show soon, and what a tint does', () => {
    const of = (source: 'samples' | 'tinted') =>
      expectations({ ...own, summary: { ...own.summary, source }, imagesPerSecond: 40 }).join(' ');
    expect(of('samples')).toContain('within 300 steps, about 2 min here');
    expect(of('tinted')).toContain('color alone');
  });

  it('say how coarse the score is, or that there is none', () => {
    const with_ = (change: Partial<typeof summary>) =>
      expectations({ ...own, summary: { ...own.summary, ...change }, imagesPerSecond: 10 }).join(' ');
    expect(with_({ val: 40 })).toContain('one of them is 2.5 points');
    expect(with_({ val: 0 })).toContain('cannot be measured');
    expect(with_({ classes: [], classCounts: [] })).toContain('no k-NN score');
  });
});
