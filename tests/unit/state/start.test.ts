/** The first moments: the address is read, the trainer opened, the samples asked for; later changes go to the address. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { presetConfig } from '../../../src/config/presets.ts';
import { setSetting, settingsStore } from '../../../src/state/settings.ts';
import { start } from '../../../src/state/start.ts';
import { freshStores, RecordingTrainer } from './stores.ts';

let trainer: RecordingTrainer;
let replaced: string[];
let changeHash: (hash: string) => void;

function open(hash: string, search = ''): void {
  const location = { hash, search, pathname: '/dino/' };
  let heard = () => {};
  vi.stubGlobal('window', {
    location,
    history: {
      state: null,
      replaceState: (_state: unknown, _title: string, url: string) => replaced.push(url),
    },
    addEventListener: (type: string, listener: () => void) => {
      if (type === 'hashchange') heard = listener;
    },
  });
  changeHash = (next) => {
    location.hash = next;
    heard();
  };
  start(() => trainer);
}

beforeEach(() => {
  vi.useFakeTimers();
  freshStores();
  trainer = new RecordingTrainer();
  replaced = [];
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('start', () => {
  it('opens the trainer with the first preset and makes the samples', () => {
    open('');
    expect(trainer.sent).toEqual([
      { type: 'open', prefer: 'auto', config: presetConfig('samples'), rightOfWay: null },
      { type: 'load-samples' },
    ]);
  });

  it('takes settings and backend from the address', () => {
    open('#preset=nano&training.seed=9&data.source=tinted', '?backend=wasm');
    expect(trainer.sent[0]).toMatchObject({
      prefer: 'wasm',
      config: { training: { seed: 9 }, head: { prototypes: 512 }, data: { source: 'tinted' } },
    });
    expect(settingsStore.getState()).toMatchObject({ preset: 'nano', hashProblem: null });
  });

  it('lets the trainer choose where the address asks for an unknown backend', () => {
    open('', '?backend=webgl');
    expect(trainer.sent[0]).toMatchObject({ prefer: 'auto' });
  });

  it('reports a bad hash and opens with the first preset', () => {
    open('#training.batchSize=-4');
    expect(settingsStore.getState().hashProblem).toContain('training.batchSize');
    expect(trainer.sent[0]).toMatchObject({ config: presetConfig('samples') });
  });

  it('says that images of one’s own do not travel, and takes the samples', () => {
    open('#data.source=own');
    expect(settingsStore.getState().hashProblem).toContain('stay on their computer');
    expect(settingsStore.getState().config.data.source).toBe('samples');
    expect(trainer.typesSent().at(-1)).toBe('load-samples');
  });

  it('writes changed settings to the address and keeps the rest of it', () => {
    open('', '?backend=wasm');
    setSetting('training', 'seed', 3);
    vi.advanceTimersByTime(300);
    expect(replaced.at(-1)).toBe('/dino/?backend=wasm#preset=samples&training.seed=3');
    setSetting('training', 'seed', 0);
    vi.advanceTimersByTime(300);
    expect(replaced.at(-1)).toBe('/dino/?backend=wasm');
  });

  it('takes a link that is pasted into the open page, and leaves the settings where it is a bad one', () => {
    open('#training.seed=3');
    changeHash('#training.seed=4');
    expect(settingsStore.getState().config.training.seed).toBe(4);
    changeHash('#training.seed=four');
    expect(settingsStore.getState().config.training.seed).toBe(4);
    expect(settingsStore.getState().hashProblem).toContain('four');
  });
});
