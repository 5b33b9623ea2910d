/** What each event of the trainer does to the stores. */
import { beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import type { OpenedFile } from '../../../src/protocol/moving.ts';
import { anatomyStore } from '../../../src/state/anatomy.ts';
import { apply } from '../../../src/state/apply.ts';
import { addCards, datasetStore, MOST_CARDS } from '../../../src/state/dataset.ts';
import { diagnosisStore } from '../../../src/state/diagnosis.ts';
import { embeddingStore } from '../../../src/state/embedding.ts';
import { keepingStore } from '../../../src/state/keeping.ts';
import { looksStore } from '../../../src/state/looks.ts';
import { movingStore } from '../../../src/state/moving.ts';
import { runsStore } from '../../../src/state/runs.ts';
import { seriesStore } from '../../../src/state/series.ts';
import { sessionStore } from '../../../src/state/session.ts';
import { studiesStore } from '../../../src/state/studies.ts';
import { videosStore } from '../../../src/state/videos.ts';
import { viewStore } from '../../../src/state/view.ts';
import { anatomyExample, specimenExample } from './anatomy-example.ts';
import { diagnosisExample } from './diagnosis-example.ts';
import {
  card,
  freshStores,
  keptRun,
  knn,
  lookResult,
  row,
  runRecord,
  status,
  studyResult,
  summary,
  tuningCurves,
} from './stores.ts';
import { videoFrame, videoLook } from './video-example.ts';

const video = { name: 'a.webm', width: 64, height: 48, seconds: 2, rate: 8, codec: 'VP9' };

const fault = { kind: 'data' as const, what: 'No image could be read.', remedy: 'Drop others.' };
const attention = { step: 3, heads: 1, rows: 1, columns: 1, images: [], overlap: null };
const crops = { id: 4, epoch: 2, original: card(0).thumbnail, views: [], alone: [] };
const backend = { backend: 'wasm' as const, adapter: 'SIMD', software: false, threads: 4, reason: 'no GPU' };
const speed = { rates: [{ dim: 96, gflops: 3.5 }], seconds: 1 };
const curves = { steps: [0, 1], lr: [0, 1], weightDecay: [0, 0], momentum: [1, 1], teacherTemp: [1, 1] };
const model = {
  layers: [{ name: '', kind: 'Network', level: 0, output: [512], parameters: 7, flop: 9 }],
  imageSize: 32,
  batchSize: 16,
  gflopAStep: 11,
  memory: { state: 1, activations: 2 },
};
const mapImages = {
  ids: Int32Array.of(0),
  of: 1,
  classes: [],
  labels: Int32Array.of(-1),
  folders: ['.'],
  folderOf: Int32Array.of(0),
};
const mapResult = {
  wish: { network: 'teacher' as const, images: 10, seed: 0, projection: { method: 'pca' as const } },
  used: { method: 'pca' as const },
  step: 3,
  ids: Int32Array.of(0),
  positions: new Float32Array(2),
  clusters: Int32Array.of(0),
  seconds: 1,
  explained: null,
  faithfulness: null,
};
const progress = { stage: 'decoding' as const, done: 3, total: 9, perSecond: 2, secondsLeft: 3 };

const openedFile: OpenedFile = {
  name: 'dino.safetensors',
  dialect: 'official',
  networks: ['teacher'],
  network: 'teacher',
  backbone: { architecture: 'vit', patchSize: 16, dim: 384, depth: 12, heads: 6, mlpRatio: 4, qkvBias: true },
  headsSaid: false,
  imageSize: 224,
  report: { matched: ['cls_token'], missing: [], unexpected: [], misshaped: [], damaged: [] },
  whole: true,
  run: null,
};
const opening = {
  id: 1,
  file: new File([], 'dino.safetensors'),
  network: 'teacher',
  opened: null,
  refusal: null,
} as const;

beforeEach(() => {
  freshStores();
  movingStore.setState({ ...movingStore.getInitialState(), opening }, true);
});

describe('apply', () => {
  /** Every event once, with what must be true afterwards. */
  const effects: { [T in TrainerEvent['type']]: [Extract<TrainerEvent, { type: T }>, () => void] } = {
    opened: [{ type: 'opened', backend }, () => expect(sessionStore.getState().backend).toEqual(backend)],
    speed: [{ type: 'speed', speed }, () => expect(sessionStore.getState().speed).toEqual(speed)],
    activity: [
      { type: 'activity', text: 'Busy…' },
      () => expect(sessionStore.getState().activity).toBe('Busy…'),
    ],
    intake: [{ type: 'intake', progress }, () => expect(datasetStore.getState().progress).toEqual(progress)],
    dataset: [
      { type: 'dataset', summary },
      () => {
        expect(datasetStore.getState().summary).toEqual(summary);
        expect(viewStore.getState().pinned).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      },
    ],
    'intake-cancelled': [
      { type: 'intake-cancelled' },
      () => expect(datasetStore.getState().progress).toBeNull(),
    ],
    status: [{ type: 'status', status }, () => expect(sessionStore.getState().status).toEqual(status)],
    metrics: [
      { type: 'metrics', rows: [row(0), row(1)] },
      () => expect([...seriesStore.getState().column('step')]).toEqual([0, 1]),
    ],
    schedules: [
      { type: 'schedules', curves },
      () => expect(seriesStore.getState().schedules).toEqual(curves),
    ],
    'run-started': [
      { type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig },
      () => expect(sessionStore.getState().runConfig).toEqual(defaultConfig),
    ],
    exported: [
      { type: 'exported', name: 'run.safetensors', file: new Blob(['x']) },
      () => expect(movingStore.getState().writing).toBe(false),
    ],
    'moving-refused': [
      { type: 'moving-refused', sentence: 'There is no run.' },
      () => expect(movingStore.getState().refusal).toBe('There is no run.'),
    ],
    keeping: [
      { type: 'keeping', keeping: { state: 'ready', detail: '', saved: { step: 3, at: 5 } } },
      () => expect(keepingStore.getState().keeping.saved).toEqual({ step: 3, at: 5 }),
    ],
    'kept-runs': [
      { type: 'kept-runs', runs: [keptRun()], unusable: ['One is damaged.'] },
      () =>
        expect(keepingStore.getState()).toMatchObject({ runs: [keptRun()], unusable: ['One is damaged.'] }),
    ],
    'keeping-refused': [
      { type: 'keeping-refused', sentence: 'Other images.' },
      () => expect(keepingStore.getState()).toMatchObject({ refusal: 'Other images.', resuming: false }),
    ],
    recovered: [
      { type: 'recovered', step: 3, lost: 5 },
      () => expect(keepingStore.getState().recovered).toEqual({ step: 3, lost: 5 }),
    ],
    'weights-opened': [
      { type: 'weights-opened', id: 1, opened: openedFile },
      () => expect(movingStore.getState().opening?.opened).toEqual(openedFile),
    ],
    'weights-refused': [
      { type: 'weights-refused', id: 1, sentence: 'It is cut off.' },
      () => expect(movingStore.getState().opening?.refusal).toBe('It is cut off.'),
    ],
    'start-weights': [
      { type: 'start-weights', start: { name: 'dino.safetensors', network: 'teacher' } },
      () => expect(movingStore.getState().start?.name).toBe('dino.safetensors'),
    ],
    runs: [
      { type: 'runs', runs: [runRecord(1)], bytes: 10, budget: 20, every: 30 },
      () => expect(runsStore.getState()).toMatchObject({ runs: [runRecord(1)], bytes: 10, budget: 20 }),
    ],
    'run-refused': [
      { type: 'run-refused', sentence: 'No room.' },
      () => expect(runsStore.getState().refusal).toBe('No room.'),
    ],
    model: [{ type: 'model', summary: model }, () => expect(sessionStore.getState().model).toEqual(model)],
    cards: [
      { type: 'cards', cards: [card(7)] },
      () => expect(datasetStore.getState().cards.get(7)?.path).toBe('7.png'),
    ],
    crops: [{ type: 'crops', crops }, () => expect(viewStore.getState().crops).toEqual(crops)],
    attention: [
      { type: 'attention', snapshot: attention },
      () => expect(viewStore.getState().attention).toEqual(attention),
    ],
    knn: [{ type: 'knn', result: knn(100) }, () => expect(seriesStore.getState().knn).toEqual([knn(100)])],
    neighbours: [
      { type: 'neighbours', neighbours: { id: 1, step: 2, neighbours: [] } },
      () => expect(viewStore.getState().neighbours?.id).toBe(1),
    ],
    checkpoint: [
      { type: 'checkpoint', step: 1, bytes: new Uint8Array(1) },
      () => expect(seriesStore.getState().version).toBe(0),
    ],
    look: [
      { type: 'look', id: 9, result: lookResult },
      // Nobody asked for it.
      () => expect(looksStore.getState().result).toBeNull(),
    ],
    'look-refused': [
      { type: 'look-refused', id: 9, sentence: 'Too narrow.' },
      () => expect(looksStore.getState().refusal).toBeNull(),
    ],
    photo: [
      { type: 'photo', photo: { name: 'cat.jpg', width: 30, height: 20 } },
      () =>
        expect(looksStore.getState()).toMatchObject({
          mode: 'picture',
          wish: { image: 'photo', resolution: 'own' },
          photo: { name: 'cat.jpg' },
        }),
    ],
    'photo-refused': [
      { type: 'photo-refused', sentence: 'Broken.' },
      () => expect(looksStore.getState().refusal).toBe('Broken.'),
    ],
    video: [
      { type: 'video', video },
      () => {
        expect(videosStore.getState()).toMatchObject({ video, fresh: true });
        expect(looksStore.getState().mode).toBe('video');
      },
    ],
    'video-refused': [
      { type: 'video-refused', sentence: 'No video.' },
      () => expect(videosStore.getState().sentence).toBe('No video.'),
    ],
    'video-began': [
      { type: 'video-began', id: 9, look: videoLook },
      () => expect(videosStore.getState().look).toBeNull(),
    ],
    'video-frame': [
      { type: 'video-frame', id: 9, frame: videoFrame(0), secondsLeft: 3 },
      () => expect(videosStore.getState().frames).toEqual([]),
    ],
    'video-ended': [
      { type: 'video-ended', id: 9, reason: 'failed', sentence: 'Broken.' },
      () => expect(videosStore.getState().sentence).toBeNull(),
    ],
    // Nobody asked for them.
    anatomy: [
      { type: 'anatomy', id: 9, anatomy: anatomyExample() },
      () => expect(anatomyStore.getState().anatomy).toBeNull(),
    ],
    specimen: [
      { type: 'specimen', step: 7, specimen: specimenExample() },
      () => expect(anatomyStore.getState().anatomy).toBeNull(),
    ],
    'dissect-refused': [
      { type: 'dissect-refused', id: 9, sentence: 'Finished.' },
      () => expect(anatomyStore.getState().refusal).toBeNull(),
    ],
    'map-progress': [
      { type: 'map-progress', id: 1, text: 'Half', share: 0.5 },
      // Nobody asked for it.
      () => expect(embeddingStore.getState().active).toBeNull(),
    ],
    'map-images': [
      { type: 'map-images', id: 1, step: 3, images: mapImages },
      () => expect(embeddingStore.getState().active).toBeNull(),
    ],
    'map-positions': [
      { type: 'map-positions', id: 1, positions: new Float32Array(2) },
      () => expect(embeddingStore.getState().active).toBeNull(),
    ],
    map: [
      { type: 'map', id: 1, result: mapResult },
      () => expect(embeddingStore.getState().kept).toEqual([]),
    ],
    projector: [
      { type: 'projector', id: 1, step: 3, bytes: new Uint8Array() },
      () => expect(embeddingStore.getState().ended).toBeNull(),
    ],
    'map-ended': [
      { type: 'map-ended', id: 1, reason: 'failed', sentence: 'No.' },
      () => expect(embeddingStore.getState().ended).toBeNull(),
    ],
    diagnosis: [
      { type: 'diagnosis', diagnosis: diagnosisExample(5) },
      () => expect(diagnosisStore.getState().diagnosis?.step).toBe(5),
    ],
    'study-progress': [
      { type: 'study-progress', id: 1, text: 'Half', share: 0.5 },
      // Nobody asked for it.
      () => expect(studiesStore.getState().active).toEqual([]),
    ],
    'study-curves': [
      { type: 'study-curves', id: 1, curves: tuningCurves },
      () => expect(studiesStore.getState().active).toEqual([]),
    ],
    'study-result': [
      { type: 'study-result', id: 1, result: studyResult },
      () => expect(studiesStore.getState().done).toEqual([]),
    ],
    'study-ended': [
      { type: 'study-ended', id: 1, reason: 'failed', sentence: 'No.' },
      () => expect(studiesStore.getState().ended).toEqual({}),
    ],
    fault: [{ type: 'fault', fault }, () => expect(sessionStore.getState().fault).toEqual(fault)],
  };

  it.each(Object.entries(effects))('takes %s', (_, [event, check]) => {
    apply(eventSchema.parse(event));
    check();
  });

  it('voids series, snapshots and the fault when a run begins, and keeps the plan', () => {
    apply({ type: 'schedules', curves });
    apply({ type: 'metrics', rows: [row(0)] });
    apply({ type: 'knn', result: knn(0) });
    apply({ type: 'attention', snapshot: attention });
    apply({ type: 'fault', fault: { ...fault, kind: 'not-finite' } });
    const { version } = seriesStore.getState();
    apply({ type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig });
    expect(seriesStore.getState()).toMatchObject({ knn: [], schedules: curves, version: version + 1 });
    expect(seriesStore.getState().column('loss')).toHaveLength(0);
    expect(viewStore.getState()).toMatchObject({ attention: null, history: [], shownStep: null });
    expect(sessionStore.getState().fault).toBeNull();
  });

  it('keeps the snapshots of the run, the newest of each step', () => {
    for (const step of [0, 3, 3, 9]) apply({ type: 'attention', snapshot: { ...attention, step } });
    expect(viewStore.getState().history.map(({ step }) => step)).toEqual([0, 3, 9]);
    expect(viewStore.getState().attention?.step).toBe(9);
  });

  it('forgets the pictures of the images before, and a fault about them', () => {
    apply({ type: 'cards', cards: [card(1)] });
    apply({ type: 'crops', crops });
    apply({ type: 'fault', fault });
    apply({ type: 'dataset', summary: { ...summary, train: 2, val: 1 } });
    expect(datasetStore.getState().cards.size).toBe(0);
    expect(viewStore.getState()).toMatchObject({ crops: null, pinned: [0, 1, 2], selectedImage: 0 });
    expect(sessionStore.getState().fault).toBeNull();
  });

  it('keeps a fault about images that were refused when the run begins anew on those from before', () => {
    apply({ type: 'fault', fault });
    apply({ type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig });
    expect(sessionStore.getState().fault).toEqual(fault);
  });

  it('keeps a fault of the run when other images come', () => {
    apply({ type: 'fault', fault: { ...fault, kind: 'device-lost' } });
    apply({ type: 'dataset', summary });
    expect(sessionStore.getState().fault?.kind).toBe('device-lost');
  });

  it('keeps a bounded number of thumbnails, the newest', () => {
    addCards(Array.from({ length: MOST_CARDS + 10 }, (_, id) => card(id)));
    const { cards } = datasetStore.getState();
    expect(cards.size).toBe(MOST_CARDS);
    expect(cards.has(9)).toBe(false);
    expect(cards.has(MOST_CARDS + 9)).toBe(true);
  });
});
