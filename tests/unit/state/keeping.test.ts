/** What the page says of saved runs, and what follows from its wishes. */
import { beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../src/state/conversation.ts';
import { datasetStore } from '../../../src/state/dataset.ts';
import { keepingStore } from '../../../src/state/keeping.ts';
import { exportKept, goOnAfterFault, goOnWith } from '../../../src/state/keeping-actions.ts';
import {
  agoWords,
  bestWords,
  keptNote,
  keptWords,
  recoveredWords,
  savedWords,
  troubleOf,
} from '../../../src/state/keeping-text.ts';
import { settingsStore } from '../../../src/state/settings.ts';
import { freshStores, keptRun, RecordingTrainer, summary } from './stores.ts';

const NOW = 2_000_000;
const saved = { step: 412, at: NOW - 12_000 };
const wasm = { backend: 'wasm' as const, adapter: 'SIMD', software: false, threads: 1, reason: '' };

describe('the words', () => {
  it('say how long ago the run was saved, in the unit that fits', () => {
    const words = [0, 12, 180, 7300].map((seconds) => agoWords(NOW - 1000 * seconds, NOW));
    expect(words).toEqual(['just now', '12 s ago', '3 min ago', '2 h ago']);
    expect(savedWords({ state: 'ready', detail: '', saved }, NOW)).toBe('saved 12 s ago');
    expect(savedWords({ state: 'ready', detail: '', saved: null }, NOW)).toBe('');
    expect(savedWords({ state: 'full', detail: '', saved }, NOW)).toBe('no room; last saved 12 s ago');
    expect(savedWords({ state: 'elsewhere', detail: '', saved: null }, NOW)).toMatch(/^not saved/);
  });

  it.each([
    ['elsewhere', '', /Another tab/, /Close the other tab/],
    ['impossible', 'SecurityError', /gone when the page is closed \(SecurityError\)/, /Private windows/],
    ['full', '', /no room.*at step 412 stays/, /erase what is kept/],
    ['failed', 'disk', /could not be saved \(disk\)/, /tried again/],
  ] as const)('say of a store that is %s what it means and what to do', (state, detail, what, remedy) => {
    const trouble = troubleOf({ state, detail, saved });
    expect(trouble?.what).toMatch(what);
    expect(trouble?.remedy).toMatch(remedy);
    expect(trouble?.remedy).toMatch(/trains on/);
    expect(trouble?.remedy).toMatch(/File, Save run/);
  });

  it('say nothing where all is well', () => {
    expect(troubleOf({ state: 'ready', detail: '', saved })).toBeNull();
    expect(troubleOf({ state: 'opening', detail: '', saved: null })).toBeNull();
  });

  it('offer a run where it was, and say what going on takes', () => {
    const run = keptRun({ savedAt: NOW - 180_000 });
    expect(keptWords(run, NOW)).toBe('brave-otter at step 412 of 3,000, saved 3 min ago');
    expect(keptWords({ ...run, step: 3000 }, NOW)).toMatch(/finished at step 3,000/);
    expect(bestWords(run)).toBeNull();
    expect(bestWords({ ...run, best: { step: 240, score: 83.333 } })).toBe('step 240, k-NN 83.3 %');
    expect(bestWords({ ...run, best: { step: 412, score: 83.333 } })).toBeNull();
    expect(keptNote(run, summary, wasm).join(' ')).toMatch(
      /cats \(400 images\), were not kept.*drop them once more/,
    );
    expect(keptNote(run, { ...summary, fingerprint: 'f00d' }, wasm)).toEqual([]);
    const elsewhere = keptRun({ backend: { backend: 'webgpu', adapter: 'A GPU' } });
    expect(keptNote(elsewhere, { ...summary, fingerprint: 'f00d' }, wasm).join(' ')).toMatch(
      /trained with WebGPU, and here WASM computes.*not to the last bit/,
    );
  });

  it('tell from which step a lost GPU was left', () => {
    expect(recoveredWords({ step: 400, lost: 412 })).toMatch(/from step 400.*12 steps of it are made again/);
    expect(recoveredWords({ step: 0, lost: 3 })).toMatch(/began anew/);
  });
});

describe('a wish', () => {
  let trainer: RecordingTrainer;
  beforeEach(() => {
    freshStores();
    trainer = new RecordingTrainer();
    connect(trainer);
  });
  const sent = () => trainer.sent.map(({ type }) => type);

  it('to go on with a run on samples is sent at once, and to give it away too', () => {
    const run = keptRun({ images: { name: 'Samples', source: 'samples', fingerprint: 'x', count: 9 } });
    goOnWith(run, 'newest');
    exportKept(run, 'best');
    expect(trainer.sent).toEqual([
      { type: 'resume-kept', key: run.key, state: 'newest' },
      { type: 'export-kept', key: run.key, state: 'best' },
    ]);
    expect(keepingStore.getState().resuming).toBe(true);
    trainer.say({ type: 'keeping-refused', sentence: 'Damaged.' });
    expect(keepingStore.getState()).toMatchObject({ resuming: false, refusal: 'Damaged.' });
  });

  it('to go on with a run on images of one’s own waits for them, under its settings, and takes no others', () => {
    const run = keptRun();
    datasetStore.setState({ summary });
    goOnWith({ ...run, config: { ...run.config, training: { ...run.config.training, seed: 7 } } }, 'best');
    expect(settingsStore.getState().config.training.seed).toBe(7);
    expect(keepingStore.getState().awaited?.run.key).toBe(run.key);
    expect(sent()).not.toContain('resume-kept');
    trainer.say({ type: 'dataset', summary: { ...summary, fingerprint: 'others' } });
    expect(keepingStore.getState().refusal).toMatch(
      /not the images that brave-otter was trained on: cats, 400/,
    );
    // The run that begins on the wrong images leaves the wish as it is.
    trainer.say({ type: 'run-started', id: 2, step: 0, parent: null, config: run.config });
    expect(keepingStore.getState()).toMatchObject({
      awaited: { run: { key: run.key } },
      refusal: expect.any(String),
    });
    expect(sent()).not.toContain('resume-kept');
    trainer.say({ type: 'dataset', summary: { ...summary, fingerprint: 'f00d' } });
    expect(trainer.sent.at(-1)).toEqual({ type: 'resume-kept', key: run.key, state: 'best' });
    trainer.say({ type: 'run-started', id: 3, step: 412, parent: null, config: run.config });
    expect(keepingStore.getState()).toMatchObject({ awaited: null, refusal: null });
  });

  it('to leave a fault takes the settings as they stand', () => {
    goOnAfterFault();
    expect(trainer.sent.at(-1)).toEqual({ type: 'go-on', config: settingsStore.getState().config });
  });
});
