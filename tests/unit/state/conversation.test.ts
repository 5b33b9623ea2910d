/** What the page asks of the trainer, and when. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import {
  loadFiles,
  pin,
  reload,
  reset,
  selectEpoch,
  selectImage,
  togglePin,
  train,
  wantCards,
} from '../../../src/state/actions.ts';
import { connect, send } from '../../../src/state/conversation.ts';
import { datasetStore } from '../../../src/state/dataset.ts';
import { sessionStore } from '../../../src/state/session.ts';
import { setSetting, settingsStore } from '../../../src/state/settings.ts';
import { syncSettings } from '../../../src/state/sync.ts';
import { viewStore } from '../../../src/state/view.ts';
import { card, freshStores, RecordingTrainer, summary } from './stores.ts';

let trainer: RecordingTrainer;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  freshStores();
  trainer = new RecordingTrainer();
  stop = connect(trainer);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

const cropsFor = (id: number, epoch: number) => ({
  type: 'crops' as const,
  crops: { id, epoch, original: card(0).thumbnail, views: [], alone: [] },
});

describe('conversation', () => {
  it('asks for crops when images have come, and again when a run begins under other settings', () => {
    trainer.say({ type: 'dataset', summary });
    expect(trainer.sent).toEqual([{ type: 'get-crops', id: 0, epoch: 0 }]);
    trainer.say(cropsFor(0, 0));
    trainer.say({ type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig });
    expect(trainer.sent).toHaveLength(2);
  });

  it('has one request for crops under way, and then asks for the last selection alone', () => {
    trainer.say({ type: 'dataset', summary });
    trainer.sent = [];
    for (let id = 1; id < 9; id++) selectImage(id);
    selectEpoch(3);
    expect(trainer.sent).toEqual([]);
    trainer.say(cropsFor(0, 0));
    expect(trainer.sent).toEqual([{ type: 'get-crops', id: 8, epoch: 3 }]);
    trainer.say(cropsFor(8, 3));
    expect(trainer.sent).toHaveLength(1);
  });

  it('asks for each thumbnail once, in batches, and never beyond the last image', () => {
    trainer.say({ type: 'dataset', summary: { ...summary, train: 150, val: 0 } });
    trainer.say({ type: 'cards', cards: [card(0)] });
    trainer.sent = [];
    wantCards(Array.from({ length: 100 }, (_, id) => id));
    wantCards(Array.from({ length: 100 }, (_, id) => 90 + id));
    vi.runAllTimers();
    const asked = trainer.sent.flatMap((command) => (command.type === 'get-cards' ? command.ids : []));
    expect(asked).toEqual(Array.from({ length: 149 }, (_, i) => i + 1));
    expect(trainer.sent.length).toBe(3);
    wantCards([5, 6]);
    vi.runAllTimers();
    expect(trainer.sent.length).toBe(3);
  });

  it('tells of pins as they change', () => {
    pin([4]);
    togglePin(2);
    togglePin(4);
    expect(viewStore.getState().pinned).toEqual([2]);
    expect(trainer.sent.at(-1)).toEqual({ type: 'pin', ids: [2] });
  });

  it('throws by name before a trainer is connected', () => {
    stop();
    expect(() => send({ type: 'train' })).toThrow("'train' was sent before");
  });
});

describe('settings on their way', () => {
  it('are sent once they rest, and told to the address', () => {
    const settled = vi.fn();
    const end = syncSettings(settled);
    setSetting('training', 'seed', 1);
    vi.advanceTimersByTime(150);
    setSetting('training', 'seed', 2);
    vi.advanceTimersByTime(150);
    expect(trainer.sent).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(trainer.sent).toMatchObject([{ type: 'configure', config: { training: { seed: 2 } } }]);
    expect(settled).toHaveBeenCalledExactlyOnceWith(settingsStore.getState().config);
    end();
  });

  it('are not sent when refused', () => {
    const end = syncSettings(() => {});
    setSetting('training', 'batchSize', 0);
    vi.runAllTimers();
    expect(trainer.sent).toEqual([]);
    end();
  });

  it('arrive before the command that depends on them', () => {
    const end = syncSettings(() => {});
    setSetting('training', 'seed', 5);
    train();
    setSetting('training', 'seed', 6);
    reset();
    vi.runAllTimers();
    expect(trainer.typesSent()).toEqual(['configure', 'train', 'configure', 'reset']);
    end();
  });

  it('of labels reach the trainer with the same files when these are read again', () => {
    const end = syncSettings(() => {});
    const files = [{ path: 'pets/a_b.png', file: new File(['x'], 'a_b.png') }];
    loadFiles('pets', files);
    expect(datasetStore.getState().progress).not.toBeNull();
    trainer.say({ type: 'dataset', summary });
    setSetting('data', 'labels', 'pattern');
    trainer.sent = [];
    reload();
    expect(trainer.typesSent()).toEqual(['configure', 'load-files']);
    expect(trainer.sent.at(-1)).toEqual({ type: 'load-files', name: 'pets', files });
    expect(sessionStore.getState().fault).toBeNull();
    end();
  });

  it('fall back to the images in use when others do not come', () => {
    const end = syncSettings(() => {});
    trainer.say({ type: 'dataset', summary: { ...summary, source: 'samples' } });
    loadFiles('pets', [{ path: 'a.png', file: new File(['x'], 'a.png') }]);
    expect(settingsStore.getState().config.data.source).toBe('own');
    trainer.say({ type: 'intake-cancelled' });
    expect(settingsStore.getState().config.data.source).toBe('samples');
    expect(datasetStore.getState()).toMatchObject({ progress: null, coming: null });
    end();
  });
});
