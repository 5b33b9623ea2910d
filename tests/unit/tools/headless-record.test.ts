/** What a headless run makes of the file that the page's "Save metrics" writes. */
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import type { KnnResult, StepMetrics } from '../../../src/protocol/values.ts';
import { metricsLines } from '../../../src/state/metrics-file.ts';
import { StepTable } from '../../../src/state/step-table.ts';
import {
  lastScored,
  median,
  RecordError,
  readRecord,
  stepLines,
  summaryOf,
} from '../../../tools/headless-record.ts';
import { shareIn } from '../../../tools/progress.ts';

function metrics(step: number, change: Partial<StepMetrics> = {}): StepMetrics {
  return {
    step,
    epoch: step / 10,
    loss: 6 - step / 8,
    lr: 1e-3,
    weightDecay: 0.04,
    momentum: 0.99,
    teacherTemp: 0.02,
    teacherEntropy: 3,
    kl: 0.5,
    featureSpread: 0.1,
    gradNorm: 2,
    seconds: [0.5, 0.25, 0.25, 3][step % 4] ?? 0,
    ...change,
  };
}

const SCORE: KnnResult = {
  step: 2,
  teacher: 70,
  pixels: 39,
  untrained: 61.5,
  k: 20,
  train: 2000,
  val: 400,
  classes: 8,
};

/** The page's own file, so that the two ends cannot drift apart. */
function pageFile(rows: StepMetrics[], knn: KnnResult[]): string {
  const steps = new StepTable();
  steps.append(rows);
  const lines = metricsLines({
    backend: { backend: 'wasm', adapter: 'SIMD, 1 thread', software: false, threads: 1, reason: '' },
    status: {
      phase: 'finished',
      step: rows.length,
      totalSteps: rows.length,
      stepsPerEpoch: 10,
      imagesPerSecond: 30,
      secondsLeft: 0,
      parameters: 1234,
      tensors: 0,
      tensorBytes: 0,
      dispatches: null,
      notRecorded: null,
      views: 'workers',
    },
    summary: {
      name: 'pets',
      source: 'own',
      train: 4,
      val: 2,
      classes: ['cat', 'dog'],
      classCounts: [
        { train: 2, val: 1 },
        { train: 2, val: 1 },
      ],
      split: 'by folder',
      skipped: [{ path: 'a.txt', reason: 'not an image' }],
      bytes: 100,
      budgetBytes: 1000,
      workingSide: 64,
      hasMasks: false,
      fingerprint: 'abc',
    },
    config: defaultConfig,
    steps,
    knn,
  });
  return [...lines].join('');
}

const ROWS = [1, 2, 3, 4].map((step) => metrics(step));

describe('the record of a headless run', () => {
  it('is summed up from what the page saves', () => {
    const summary = summaryOf(readRecord(pageFile(ROWS, [SCORE, { ...SCORE, step: 4, teacher: 83 }])));
    expect(summary).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      backend: 'wasm',
      adapter: 'SIMD, 1 thread',
      images: 6,
      classes: ['cat', 'dog'],
      skipped: 1,
      skippedFiles: [{ path: 'a.txt', reason: 'not an image' }],
      steps: 4,
      seconds: { median: 0.375, total: 4 },
      loss: { first: 5.875, last: 5.5 },
      knn: { step: 4, accuracy: 83, untrained: 61.5, pixels: 39, k: 20, n: 400 },
      knnHistory: [
        { step: 2, accuracy: 70 },
        { step: 4, accuracy: 83 },
      ],
      parameters: 1234,
      seed: 0,
      config: defaultConfig,
    });
  });

  it('holds a row a step', () => {
    const lines = stepLines(readRecord(pageFile(ROWS, [SCORE])))
      .trimEnd()
      .split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(ROWS);
  });

  it('tells when the score is older than the run', () => {
    const scoredBy = (knn: KnnResult[]) => lastScored(readRecord(pageFile(ROWS, knn)));
    expect(scoredBy([])).toEqual({ step: 4, scored: 0, labelled: true });
    expect(scoredBy([SCORE])).toEqual({ step: 4, scored: 2, labelled: true });
    expect(scoredBy([SCORE, { ...SCORE, step: 4 }])).toEqual({ step: 4, scored: 4, labelled: true });
  });

  it('has no score for images without labels', () => {
    expect(summaryOf(readRecord(pageFile(ROWS, []))).knn).toBeNull();
  });

  it.each([
    ['a step is missing', pageFile([metrics(1), metrics(3)], []), /Step 3 follows step 1/],
    ['a loss is not finite', pageFile([metrics(1), metrics(2, { loss: Number.NaN })], []), /Line 3/],
    ['a line is broken', `${pageFile(ROWS, [])}{"type":`, /Line 6 of the metrics cannot be read/],
    ['the summary is missing', '', /no summary line/],
  ])('is refused where %s', (_, text, message) => {
    expect(() => readRecord(text)).toThrow(RecordError);
    expect(() => readRecord(text)).toThrow(message);
  });

  it('is refused where no step was taken', () => {
    expect(() => summaryOf(readRecord(pageFile([], [])))).toThrow(/No step was taken/);
  });
});

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('shareIn', () => {
  it('reads how far a status has come', () => {
    expect(shareIn('Training: step 150 of 600')).toBe(0.25);
    expect(shareIn('Reading images: 1,250 of 5 000')).toBe(0.25);
    expect(shareIn('Fine-tuning, 1 of 3: epoch 2 of at most 5')).toBe(0.4);
    expect(shareIn('Ready: 2,400 images, 600 steps planned. Press Train.')).toBeNull();
    expect(shareIn('Listing files: 0 of 0')).toBeNull();
  });
});
