/** Names and kept states of runs: unique names, and a budget that thins evenly and never takes a run's newest state. */
import { describe, expect, it } from 'vitest';
import type { RunTree } from '../../../src/checkpoint/state.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { bytesOfAll, thinned } from '../../../src/trainer/runs/budget.ts';
import { runName } from '../../../src/trainer/runs/names.ts';
import { RunRefused, Runs } from '../../../src/trainer/runs/runs.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

describe('names of runs', () => {
  it('are an adjective and an animal, the same for the same seed and number, others for others', () => {
    expect(runName(7, 1, new Set())).toMatch(/^[a-z]+-[a-z]+$/);
    expect(runName(7, 1, new Set())).toBe(runName(7, 1, new Set()));
    const names = new Set(Array.from({ length: 20 }, (_, i) => runName(7, i + 1, new Set())));
    expect(names.size).toBeGreaterThan(15);
    expect(runName(8, 1, new Set())).not.toBe(runName(7, 1, new Set()));
  });

  it('are never taken twice, however many runs there are', () => {
    const taken = new Set<string>();
    for (let number = 1; number <= 400; number++) taken.add(runName(0, number, taken));
    expect(taken.size).toBe(400);
    for (const name of taken) expect(runName(0, 5, taken)).not.toBe(name);
  });
});

/** A state of `size` bytes at a step. */
const state = (step: number, size = 40): RunTree => ({
  config: '{}',
  dataset: 'samples',
  step,
  updates: { lastLayer: step, rest: step },
  tensors: new Map([['center', { shape: [size / 4], data: new Float32Array(size / 4) }]]),
});
const stepsOf = (lists: readonly (readonly RunTree[])[] | null) =>
  lists?.map((list) => list.map(({ step }) => step)) ?? null;

describe('the budget of kept states', () => {
  it('refuses in words, with the sizes, where a state does not fit', () => {
    const config = applyOverrides(presetConfig('samples'), { training: { batchSize: 4 } });
    const run = new TrainingRun(config, sampleCatalogue(8, 0));
    const runs = new Runs(() => undefined, 2 ** 20);
    expect(() => runs.assureRoom(run)).toThrow(RunRefused);
    expect(() => runs.assureRoom(run)).toThrow(
      /takes \d+ MiB, and of the 1 MiB .* remove a run from the list/,
    );
    run.dispose();
  });

  it('leaves all as they are while they fit, and takes those away that stand closest together', () => {
    const runs = [[10, 20, 30, 40, 50].map((step) => state(step))];
    expect(stepsOf(thinned(runs, 40, { budget: 240 }))).toEqual([[10, 20, 30, 40, 50]]);
    expect(stepsOf(thinned(runs, 40, { budget: 200 }))).toEqual([[20, 30, 40, 50]]);
    expect(stepsOf(thinned([[10, 11, 30, 50].map((step) => state(step))], 0, { budget: 120 }))).toEqual([
      [11, 30, 50],
    ]);
  });

  it('spreads what it leaves over the run', () => {
    let kept: RunTree[] = [];
    for (let step = 1; step <= 64; step++) {
      const [list = []] = thinned([kept], 40, { budget: 320 }) ?? [];
      kept = [...list, state(step)];
    }
    expect(kept).toHaveLength(8);
    const gaps = kept.map(({ step }, i) => step - (kept[i - 1]?.step ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(24);
    expect(kept.at(-1)?.step).toBe(64);
  });

  it('never takes the newest state of a run, nor one that is spared', () => {
    const [first, second] = [state(10), state(20)];
    expect(stepsOf(thinned([[first, second], [state(5)]], 40, { budget: 120 }))).toEqual([[20], [5]]);
    expect(thinned([[first, second], [state(5)]], 40, { budget: 120, spared: [first] })).toBeNull();
    expect(thinned([[second]], 400, { budget: 120 })).toBeNull();
  });

  it('counts what a fork shares with its parent once', () => {
    const shared = state(10);
    expect(bytesOfAll([[shared, state(20)], [{ ...shared, config: '{"a":1}' }]])).toBe(80);
  });
});
