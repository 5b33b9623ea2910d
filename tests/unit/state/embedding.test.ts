/** Maps as the page knows them: forming, kept within a budget, gone on from, asked for while a run goes on. */
import { beforeEach, expect, it } from 'vitest';
import type { MapImages, MapResult } from '../../../src/protocol/embedding.ts';
import { apply } from '../../../src/state/apply.ts';
import { connect } from '../../../src/state/conversation.ts';
import {
  chooseForMap,
  embeddingStore,
  KEPT_BYTES,
  mapWishOf,
  shownMap,
  toggleGroup,
} from '../../../src/state/embedding.ts';
import { mapJson } from '../../../src/state/map-file.ts';
import { followRun, startMap } from '../../../src/state/mapping.ts';
import { sessionStore } from '../../../src/state/session.ts';
import { freshStores, RecordingTrainer, status } from './stores.ts';

let trainer: RecordingTrainer;
beforeEach(() => {
  freshStores();
  embeddingStore.setState(embeddingStore.getInitialState(), true);
  trainer = new RecordingTrainer();
  connect(trainer);
});

const asked = () => trainer.sent.filter((command) => command.type === 'map');
const newest = () => asked().at(-1)?.id ?? -1;

function imagesOf(n: number): MapImages {
  return {
    ids: Int32Array.from({ length: n }, (_, i) => i),
    of: n,
    classes: ['a', 'b'],
    labels: Int32Array.from({ length: n }, (_, i) => i % 2),
    folders: ['.'],
    folderOf: new Int32Array(n),
  };
}

function made(n: number, step = 0): MapResult {
  const wish = mapWishOf(embeddingStore.getState().choices);
  return {
    wish,
    used: wish.projection,
    step,
    ids: imagesOf(n).ids,
    positions: Float32Array.from({ length: 2 * n }, (_, i) => i + step),
    clusters: new Int32Array(n),
    seconds: 1,
    explained: null,
    faithfulness: null,
  };
}

/** A map from the wish to the last word. */
function mapped(n: number, step = 0): void {
  startMap();
  const id = newest();
  apply({ type: 'map-images', id, step, images: imagesOf(n) });
  apply({ type: 'map', id, result: made(n, step) });
  apply({ type: 'map-ended', id, reason: 'done', sentence: '' });
}

const running = (phase: 'running' | 'paused', step: number) =>
  sessionStore.setState({ status: { ...status, phase, step } });

it('is seen forming, kept when it is done, and leaves a sentence when it is not', () => {
  startMap();
  const id = newest();
  apply({ type: 'map-progress', id, text: 't-SNE: step 3 of 1000', share: 0.003 });
  apply({ type: 'map-images', id, step: 7, images: imagesOf(3) });
  apply({ type: 'map-positions', id, positions: Float32Array.of(1, 2, 3, 4, 5, 6) });
  expect(embeddingStore.getState().active).toMatchObject({
    text: 't-SNE: step 3 of 1000',
    forming: { step: 7 },
  });
  expect(embeddingStore.getState().active?.forming?.positions).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  apply({ type: 'map', id, result: made(3, 7) });
  apply({ type: 'map-ended', id, reason: 'done', sentence: '' });
  expect(embeddingStore.getState()).toMatchObject({ active: null, ended: null });
  expect(shownMap(embeddingStore.getState())?.result.step).toBe(7);
  startMap();
  apply({ type: 'map-ended', id: newest(), reason: 'cancelled', sentence: 'Cancelled.' });
  expect(embeddingStore.getState()).toMatchObject({ active: null, ended: 'Cancelled.' });
  // What comes late of one that has ended is not heard.
  apply({ type: 'map', id: newest(), result: made(3, 9) });
  expect(embeddingStore.getState().kept).toHaveLength(1);
});

it('starts from the last one of its method and number of images', () => {
  mapped(3, 5);
  startMap();
  expect(asked().at(-1)?.start).toEqual({ ids: Int32Array.of(0, 1, 2), positions: made(3, 5).positions });
  // What is sent is handed over: the kept map keeps its own.
  expect(asked().at(-1)?.start?.positions).not.toBe(embeddingStore.getState().kept[0]?.result.positions);
  chooseForMap({ method: 'pca' });
  startMap();
  expect(asked().at(-1)?.start).toBeNull();
});

it('keeps maps within their budget, and what is known of the same images once', () => {
  const n = 10_000;
  for (let i = 0; i < 200; i++) mapped(n, i);
  const { kept } = embeddingStore.getState();
  expect(new Set(kept.map(({ images }) => images)).size).toBe(1);
  expect(kept.length * n * 16).toBeLessThan(KEPT_BYTES);
  expect(kept.length * n * 16).toBeGreaterThan(0.95 * KEPT_BYTES);
  expect(kept.at(-1)?.result.step).toBe(199);
});

it('forgets all of them with the images, and shows every group of other colors', () => {
  mapped(3);
  toggleGroup(1);
  expect([...embeddingStore.getState().hidden]).toEqual([1]);
  toggleGroup(1);
  expect([...embeddingStore.getState().hidden]).toEqual([]);
});

it('asks again every so many steps of a run, one at a time, and not after a failure', () => {
  const stop = followRun();
  chooseForMap({ every: 100 });
  running('running', 40);
  expect(asked()).toHaveLength(1);
  running('running', 200);
  expect(asked()).toHaveLength(1);
  const finish = (step: number) => {
    apply({ type: 'map-images', id: newest(), step, images: imagesOf(3) });
    apply({ type: 'map', id: newest(), result: made(3, step) });
    apply({ type: 'map-ended', id: newest(), reason: 'done', sentence: '' });
  };
  finish(40);
  // 160 steps have gone by meanwhile.
  expect(asked()).toHaveLength(2);
  finish(200);
  running('running', 299);
  expect(asked()).toHaveLength(2);
  running('paused', 300);
  expect(asked()).toHaveLength(2);
  running('running', 300);
  expect(asked()).toHaveLength(3);
  apply({ type: 'map-ended', id: newest(), reason: 'cancelled', sentence: 'Cancelled.' });
  running('running', 900);
  expect(asked()).toHaveLength(3);
  stop();
});

it('is written as JSON with every point', () => {
  mapped(3, 5);
  const map = shownMap(embeddingStore.getState());
  if (!map) throw new Error('There is no map');
  const document = JSON.parse(mapJson(map, null));
  expect(document).toMatchObject({
    step: 5,
    images: { mapped: 3, of: 3 },
    wish: { projection: { method: 'tsne' } },
  });
  expect(document.points[1]).toEqual({ image: 1, x: 7, y: 8, label: 'b', folder: '.', cluster: 0 });
});
