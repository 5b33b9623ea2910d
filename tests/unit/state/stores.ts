/** Fresh stores and a trainer that only listens, for tests of the state. */

import type { TrainerClient } from '../../../src/client/trainer-client.ts';
import { defaultConfig } from '../../../src/config/schema.ts';
import type { KeptRun } from '../../../src/protocol/keeping.ts';
import type { LookResult } from '../../../src/protocol/looks.ts';
import type { Command, TrainerEvent } from '../../../src/protocol/messages.ts';
import type { RunRecord } from '../../../src/protocol/runs.ts';
import type { StudyResult, TuningCurves } from '../../../src/protocol/studies.ts';
import type {
  DatasetSummary,
  ImageCard,
  KnnResult,
  SessionStatus,
  StepMetrics,
} from '../../../src/protocol/values.ts';
import { anatomyStore } from '../../../src/state/anatomy.ts';
import { datasetStore } from '../../../src/state/dataset.ts';
import { diagnosisStore } from '../../../src/state/diagnosis.ts';
import { keepingStore } from '../../../src/state/keeping.ts';
import { looksStore } from '../../../src/state/looks.ts';
import { runsStore } from '../../../src/state/runs.ts';
import { seriesStore } from '../../../src/state/series.ts';
import { sessionStore } from '../../../src/state/session.ts';
import { settingsStore } from '../../../src/state/settings.ts';
import { StepTable } from '../../../src/state/step-table.ts';
import { studiesStore } from '../../../src/state/studies.ts';
import { videosStore } from '../../../src/state/videos.ts';
import { viewStore } from '../../../src/state/view.ts';

export function freshStores(): void {
  sessionStore.setState(sessionStore.getInitialState(), true);
  settingsStore.setState(settingsStore.getInitialState(), true);
  datasetStore.setState(datasetStore.getInitialState(), true);
  viewStore.setState(viewStore.getInitialState(), true);
  studiesStore.setState(studiesStore.getInitialState(), true);
  looksStore.setState(looksStore.getInitialState(), true);
  anatomyStore.setState(anatomyStore.getInitialState(), true);
  diagnosisStore.setState(diagnosisStore.getInitialState(), true);
  runsStore.setState(runsStore.getInitialState(), true);
  seriesStore.setState({ ...seriesStore.getInitialState(), steps: new StepTable() }, true);
  videosStore.setState(videosStore.getInitialState(), true);
  keepingStore.setState(keepingStore.getInitialState(), true);
}

/** A run that was kept, on images of somebody's own. */
export function keptRun(changes: Partial<KeptRun> = {}): KeptRun {
  return {
    key: '0123abcd',
    name: 'brave-otter',
    config: defaultConfig,
    totalSteps: 3000,
    parent: null,
    start: null,
    images: { name: 'cats', source: 'own', fingerprint: 'f00d', count: 400 },
    backend: { backend: 'wasm', adapter: 'SIMD' },
    step: 412,
    savedAt: 1_000_000,
    best: null,
    bytes: 1024,
    ...changes,
  };
}

export class RecordingTrainer implements TrainerClient {
  sent: Command[] = [];
  #listener: ((event: TrainerEvent) => void) | null = null;
  send(command: Command): void {
    this.sent.push(command);
  }
  subscribe(listener: (event: TrainerEvent) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = null;
    };
  }
  close(): void {
    this.#listener = null;
  }
  say(event: TrainerEvent): void {
    this.#listener?.(event);
  }
  typesSent(): string[] {
    return this.sent.map(({ type }) => type);
  }
}

export const summary: DatasetSummary = {
  name: 'pets',
  source: 'own',
  train: 10,
  val: 2,
  classes: ['cat', 'dog'],
  classCounts: [
    { train: 5, val: 1 },
    { train: 5, val: 1 },
  ],
  split: 'drawn from the seed',
  skipped: [{ path: 'a.txt', reason: 'not an image' }],
  bytes: 1000,
  budgetBytes: 5000,
  workingSide: 64,
  hasMasks: false,
  fingerprint: 'f',
};

export const status: SessionStatus = {
  phase: 'running',
  step: 12,
  totalSteps: 600,
  stepsPerEpoch: 125,
  imagesPerSecond: 30,
  secondsLeft: 90,
  parameters: 1000,
  tensors: 10,
  tensorBytes: 4000,
  dispatches: null,
  notRecorded: null,
  views: 'workers',
};

export const runRecord = (id: number): RunRecord => ({
  id,
  name: `run-${id}`,
  config: defaultConfig,
  parent: null,
  start: null,
  begun: 1.7e12,
  phase: 'paused',
  step: 5,
  totalSteps: 600,
  images: 'pets',
  here: true,
  states: [{ step: 5, bytes: 1000 }],
});

export function row(step: number): StepMetrics {
  return {
    step,
    epoch: step / 125,
    loss: 5 - step / 1000,
    lr: 1e-3,
    weightDecay: 0.04,
    momentum: 0.99,
    teacherTemp: 0.02,
    teacherEntropy: 3,
    kl: 0.5,
    featureSpread: 0.08,
    gradNorm: 1.25,
    seconds: 0.5,
  };
}

export function knn(step: number): KnnResult {
  return { step, teacher: 83.2, pixels: 39, untrained: 61.4, k: 20, train: 2000, val: 400, classes: 8 };
}

export function card(id: number): ImageCard {
  const rgba = new Uint8ClampedArray(4);
  return { id, path: `${id}.png`, split: 'train', label: null, thumbnail: { width: 1, height: 1, rgba } };
}

export const studyResult: StudyResult = {
  study: { kind: 'knn', network: 'teacher', images: 'some' },
  step: 30,
  train: 10,
  val: 4,
  classes: 2,
  seconds: 1.5,
  scores: [
    { method: 'weighted vote, k = 10', unit: 'percent', n: 4, network: 75, untrained: 50, pixels: 25 },
    { method: 'F1, "macro"', unit: 'index', n: 4, network: 0.5, untrained: 0.25, pixels: 0.125 },
  ],
  notes: [],
  finding: { kind: 'knn' },
};

/** A closer look at 2 × 2 patches by two heads. */
export const lookResult: LookResult = {
  look: { image: 0, resolution: 'trained', network: 'teacher', block: null, patch: null, show: 'heads' },
  step: 5,
  block: 3,
  blocks: 4,
  heads: 2,
  rows: 2,
  columns: 2,
  patchSize: 4,
  pixels: { width: 8, height: 8, rgba: new Uint8ClampedArray(256) },
  source: { width: 64, height: 64 },
  milliseconds: 20,
  shown: { show: 'heads', maps: Float32Array.of(0.1, 0.2, 0.3, 0.2, 0.3, 0.2, 0.1, 0.2) },
};

const tuningCurve = { loss: [1.5], heldOutLoss: [1.25], train: [40], heldOut: [50], best: 1 };
export const tuningCurves: TuningCurves = {
  network: tuningCurve,
  untrained: tuningCurve,
  pixels: { loss: [], heldOutLoss: [], train: [], heldOut: [], best: 0 },
};
