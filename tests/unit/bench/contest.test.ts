/** The contest itself, between sides that only pretend to compute: what it measures, compares and refuses. */
import { describe, expect, it } from 'vitest';
import { contest, TOLERANCE, UnequalLossesError, worstDifference } from '../../../bench/contest.ts';
import type { Contestant, Request, StepFigures } from '../../../bench/contestant.ts';
import { printed } from '../../../bench/print.ts';
import { type Report, reportSchema } from '../../../bench/report.ts';
import { benchConfig } from '../../../bench/setup.ts';
import { stepWork } from '../../../src/config/work.ts';

const CONFIG = benchConfig('toy');
const LOSSES = [3.6, 3.5, 3.4];

interface Pretence {
  seconds: number;
  losses: (step: number) => number;
  dispatches: number;
  buffers: number;
  peakBytes: number;
  /** Best product at each look, GFLOP/s; the last one from then on. */
  rates?: readonly number[];
}

/** A side whose steps take as long as it says. */
function pretend({ seconds, losses, dispatches, buffers, peakBytes, rates = [4] }: Pretence): Contestant & {
  asked: Request['ask'][];
} {
  let step = 0;
  let looks = 0;
  const asked: Request['ask'][] = [];
  const figures = (): StepFigures => ({
    loss: losses(step++),
    seconds,
    javascriptMs: 2,
    gpu: { dispatches, submits: 1, buffers, textures: 0, bindGroups: 0, pipelines: 0, uploadedBytes: 640 },
  });
  return {
    asked,
    close: () => undefined,
    ask: async (request) => {
      asked.push(request.ask);
      switch (request.ask) {
        case 'open':
          return { adapter: 'a pretence', software: true, threads: 1, milliseconds: 100 };
        case 'given':
          return { start: { parameters: [], buffers: [] }, inputs: [] };
        case 'begin':
          step = 0;
          return { parameters: 10, milliseconds: 400 };
        case 'run':
          return Array.from({ length: request.steps }, figures);
        case 'memory':
          return { peakBytes };
        case 'peak':
          return {
            gemm: [
              { name: 'slow', rate: 1 },
              { name: 'fast', rate: rates[Math.min(looks++, rates.length - 1)] },
            ],
            arithmetic: 8,
            copy: 2,
          };
        case 'profile':
          return [{ name: 'Attention', milliseconds: 3, calls: 4 }];
        case 'end':
          return null;
        default:
          return request satisfies never;
      }
    },
  };
}

const lossOf = (step: number) => LOSSES[step] ?? 3;
const OURS: Pretence = { seconds: 0.01, losses: lossOf, dispatches: 300, buffers: 0, peakBytes: 1000 };
const NAIVE: Pretence = { seconds: 0.3, losses: lossOf, dispatches: 7000, buffers: 90, peakBytes: 5000 };

async function held(ours = OURS, naive: Pretence | null = NAIVE, name = 'N'): Promise<Report> {
  const found = await contest(
    { ours: pretend(ours), naive: naive && pretend(naive), giver: () => pretend(ours) },
    {
      name,
      config: CONFIG,
      backend: 'webgpu',
      threads: 1,
      naiveSteps: 2,
      slopes: true,
      twelve: true,
      profile: true,
      torch: async () => null,
      say: () => undefined,
    },
  );
  return reportSchema.parse({ ...found, place: 'a test', decode: null });
}

const ratio = (report: Report, what: string) => report.ratios.find((one) => one.what.startsWith(what));

describe('a contest', () => {
  it('says for both sides how fast they were, and what that is of the peak', async () => {
    const { ours, naive, peak } = await held();
    const { gflop } = stepWork(CONFIG);
    expect(ours.seconds).toEqual({ median: 0.01, min: 0.01, max: 0.01 });
    expect(ours.gflops).toBeCloseTo(gflop / 0.01, 9);
    expect(peak.best).toBe(4);
    expect(ours.shareOfGemm.median).toBeCloseTo(gflop / 0.01 / 4, 9);
    expect(ours.imagesPerSecond).toBeCloseTo(CONFIG.training.batchSize / 0.01, 9);
    // Opening, beginning and the first step.
    expect(ours.firstStepSeconds).toBeCloseTo(0.51, 9);
    expect(naive?.steps).toBe(2);
    expect(naive?.gpu).toMatchObject({ dispatches: 7000, buffersMade: 90, uploadedBytes: 640 });
  });

  it('holds each block of steps against the peaks right before and after it', async () => {
    const { ours, peak } = await held({ ...OURS, rates: [4, 8, 2, 1] });
    const rate = stepWork(CONFIG).gflop / 0.01;
    expect(ours.shareOfGemm.min).toBeCloseTo(rate / 8, 9);
    expect(ours.shareOfGemm.median).toBeCloseTo(rate / 8, 9);
    expect(ours.shareOfGemm.max).toBeCloseTo(rate / 2, 9);
    expect(peak.best).toBe(8);
  });

  it('prints every column and every target', async () => {
    const text = printed(await held());
    for (const row of [
      'a step, median',
      'images/s',
      'effective GFLOP/s',
      'share of the best GEMM rate',
      'JavaScript a step',
      'to the first loss',
      'peak memory',
      'dispatches a step',
      'submits a step',
      'uploaded a step',
      'buffers made',
      'bind groups made',
      'pipelines made',
      'copy, read and written',
      'Cost of one more',
      'image in the batch',
      'token',
      'block',
      'prototype',
      'image in the data set',
      'Kernels of one of our steps',
      'Attention',
      'Targets',
    ])
      expect(text).toContain(row);
  });

  it('holds what it found against the targets', async () => {
    const report = await held();
    expect(ratio(report, 'naive ÷ ours')).toMatchObject({ target: 25, met: true });
    expect(ratio(report, 'naive ÷ ours')?.value).toBeCloseTo(30, 9);
    expect(ratio(report, 'GPU memory ÷ naive')).toMatchObject({ value: 0.2, met: true });
    expect(ratio(report, 'dispatches')).toMatchObject({ value: 300, met: true });
    const slow = await held({ ...OURS, seconds: 0.02, dispatches: 401, buffers: 3 });
    expect(ratio(slow, 'naive ÷ ours')).toMatchObject({ met: false });
    expect(ratio(slow, 'dispatches')).toMatchObject({ met: false });
    expect(ratio(slow, 'buffers')).toMatchObject({ value: 3, met: false });
  });

  it('leaves the naive side out when asked, and says so of its ratios', async () => {
    const report = await held(OURS, null);
    expect(report.naive).toBeNull();
    expect(report.agreement).toBeNull();
    expect(ratio(report, 'naive ÷ ours')).toMatchObject({ value: null, met: null });
  });

  it('refuses a naive side whose first loss is another', async () => {
    const off = { ...NAIVE, losses: (step: number) => lossOf(step) * (step === 0 ? 1 + 2 * TOLERANCE : 1) };
    await expect(held(OURS, off)).rejects.toThrow(UnequalLossesError);
  });

  it.each([
    ['drifts', 3.4 * (1 + 2 * TOLERANCE)],
    ['is not finite', Number.NaN],
  ])('refuses one whose third loss %s', async (_, third) => {
    const off = { ...NAIVE, losses: (step: number) => (step === 2 ? third : lossOf(step)) };
    await expect(held(OURS, off)).rejects.toThrow(UnequalLossesError);
  });
});

it('measures how far losses are apart relative to themselves', () => {
  expect(worstDifference([2, 4], [2.002, 4])).toBeCloseTo(1e-3, 9);
  expect(worstDifference([2], [Number.NaN])).toBeNaN();
});
