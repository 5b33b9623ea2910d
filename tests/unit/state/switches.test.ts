/** The switches of the collapse laboratory and runs in words: what is sent, what is said. */
import { beforeEach, describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { defaultConfig, type RunConfig } from '../../../src/config/schema.ts';
import type { RunRecord } from '../../../src/protocol/runs.ts';
import { connect } from '../../../src/state/conversation.ts';
import { turnSwitch } from '../../../src/state/run-actions.ts';
import { comparedSettings, ownDifferences, standing } from '../../../src/state/run-text.ts';
import { settingsStore } from '../../../src/state/settings.ts';
import { isOn, laboratorySwitches, switched } from '../../../src/state/switches.ts';
import { freshStores, RecordingTrainer, runRecord, status } from './stores.ts';

let trainer: RecordingTrainer;

beforeEach(() => {
  freshStores();
  trainer = new RecordingTrainer();
  return connect(trainer);
});

const uncentered = switched(defaultConfig, 'centering', false);
const still = switched(defaultConfig, 'momentum', false);

function begin(
  id: number,
  config: RunConfig,
  runs: RunRecord[],
  phase: typeof status.phase,
  step: number,
): void {
  trainer.say({ type: 'runs', runs, bytes: 0, budget: 1, every: 20 });
  trainer.say({ type: 'run-started', id, step, parent: null, config });
  trainer.say({ type: 'status', status: { ...status, phase, step } });
}

describe('a switch', () => {
  it.each(laboratorySwitches)('%s is on in the paper, and off and on again is the paper', (which) => {
    expect(isOn(defaultConfig, which)).toBe(true);
    const off = switched(defaultConfig, which, false);
    expect(laboratorySwitches.filter((each) => !isOn(off, each))).toEqual([which]);
    expect(switched(off, which, true)).toEqual(defaultConfig);
  });

  it('forks the run in progress from now, and trains on only where that one trained', () => {
    for (const [phase, train] of [
      ['running', true],
      ['paused', false],
    ] as const) {
      begin(3, defaultConfig, [], phase, 12);
      turnSwitch('centering', false);
      expect(trainer.sent.at(-1)).toEqual({ type: 'fork-run', id: 3, step: null, config: uncentered, train });
    }
  });

  it('changes the setting itself before the first step', () => {
    begin(1, defaultConfig, [], 'idle', 0);
    turnSwitch('momentum', false);
    expect(settingsStore.getState().config.teacher).toMatchObject({ momentum: 0, momentumEnd: 0 });
    expect(trainer.typesSent()).not.toContain('fork-run');
  });

  it('brings back the momentum that the run came from', () => {
    const slow = applyOverrides(defaultConfig, { teacher: { momentum: 0.9, momentumEnd: 0.95 } });
    const parent = { ...runRecord(1), config: slow };
    const child = { ...runRecord(2), config: still, parent: { id: 1, step: 5, at: 5 } };
    begin(2, still, [parent, child], 'paused', 8);
    turnSwitch('momentum', true);
    expect(trainer.sent.at(-1)).toMatchObject({ config: { teacher: { momentum: 0.9, momentumEnd: 0.95 } } });
  });
});

describe('runs in words', () => {
  const first = runRecord(1);
  const fork: RunRecord = { ...runRecord(2), config: uncentered, parent: { id: 1, step: 5, at: 5 } };
  const other: RunRecord = { ...runRecord(3), config: still };

  it('say what differs from the parent, or from the first run', () => {
    const runs = [first, fork, other];
    expect(ownDifferences(first, runs)).toBeNull();
    expect(ownDifferences(fork, runs)).toMatchObject({
      base: first,
      settings: [{ label: 'Centering', from: 'on', to: 'off' }],
    });
    expect(ownDifferences(other, runs)?.settings.map(({ to }) => to)).toEqual(['0', '0']);
    expect(ownDifferences(fork, [fork])).toBeNull();
  });

  it('set side by side what is not alike in all of them', () => {
    expect(comparedSettings([first, fork, other])).toEqual([
      { path: 'loss.centering', label: 'Centering', values: ['on', 'off', 'on'] },
      { path: 'teacher.momentum', label: 'Teacher momentum', values: ['0.996', '0.996', '0'] },
      { path: 'teacher.momentumEnd', label: 'Momentum at the end', values: ['1', '1', '0'] },
    ]);
    expect(comparedSettings([first, { ...first, id: 4 }])).toEqual([]);
    expect(comparedSettings([])).toEqual([]);
  });

  it('say how each stands, and on which images where those are gone', () => {
    expect(standing(first)).toBe('paused at step 5 of 600');
    expect(standing({ ...first, phase: 'finished', here: false })).toBe('finished, 5 steps, on pets');
    expect(standing({ ...first, phase: 'idle' })).toBe('not begun yet');
  });
});
