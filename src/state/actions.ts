/** What a person can do, by name. Each changes the stores, sends a command, or both. */
import { download } from '../client/download.ts';
import { askToKeep } from '../client/storage.ts';
import type { RunConfig } from '../config/schema.ts';
import type { StudyKind } from '../protocol/studies.ts';
import type { SourceFile } from '../protocol/values.ts';
import { requestCrops, send } from './conversation.ts';
import { datasetStore, type Origin } from './dataset.ts';
import { sessionStore } from './session.ts';
import { setSetting, settingsStore } from './settings.ts';
import { beginStudy, studiesStore, studyOf } from './studies.ts';
import { studiesCsv, studiesJson } from './studies-file.ts';
import { flushSettings } from './sync.ts';
import { viewStore } from './view.ts';

export function train(): void {
  askToKeep();
  flushSettings();
  send({ type: 'train' });
}

export function pause(): void {
  send({ type: 'pause' });
}

export function step(): void {
  flushSettings();
  send({ type: 'step' });
}

export function reset(): void {
  flushSettings();
  sessionStore.setState({ fault: null });
  send({ type: 'reset' });
}

/** The settings that shape the images themselves: where they differ from the origin's, a new reading is due. */
export function dataKeyOf({ data, training }: RunConfig): string {
  return JSON.stringify([data, training.seed]);
}

export function loadSamples(source: 'samples' | 'tinted'): void {
  setSetting('data', 'source', source);
  beginLoad(null);
  send({ type: 'load-samples' });
}

/** @param name what the dataset is called: the folder's or archive's name. */
export function loadFiles(name: string, files: SourceFile[]): void {
  setSetting('data', 'source', 'own');
  beginLoad({ name, files });
  send({ type: 'load-files', name, files });
}

/** Reads the present images again under the present settings. */
export function reload(): void {
  const { origin, summary } = datasetStore.getState();
  if (origin?.given) loadFiles(origin.given.name, origin.given.files);
  else if (summary && summary.source !== 'own') loadSamples(summary.source);
}

function beginLoad(given: Origin['given']): void {
  flushSettings();
  datasetStore.setState({
    progress: { stage: given ? 'listing' : 'making', done: 0, total: 0, perSecond: 0, secondsLeft: null },
    coming: { given, key: dataKeyOf(settingsStore.getState().config) },
  });
}

/** Thumbnails asked for in one message. */
const CARD_BATCH = 64;
let queuedCards = new Set<number>();
let cardTimer: ReturnType<typeof setTimeout> | null = null;

/** Asks for thumbnails that are neither here nor on their way; what is asked in the same moment goes together. */
export function wantCards(ids: Iterable<number>): void {
  const { cards, awaited } = datasetStore.getState();
  for (const id of ids) if (!cards.has(id) && !awaited.has(id)) queuedCards.add(id);
  if (queuedCards.size === 0 || cardTimer !== null) return;
  cardTimer = setTimeout(() => {
    cardTimer = null;
    const { summary, awaited: before } = datasetStore.getState();
    const count = summary ? summary.train + summary.val : 0;
    const wanted = [...queuedCards].filter((id) => id < count);
    queuedCards = new Set();
    datasetStore.setState({ awaited: new Set([...before, ...wanted]) });
    for (let i = 0; i < wanted.length; i += CARD_BATCH) {
      send({ type: 'get-cards', ids: wanted.slice(i, i + CARD_BATCH) });
    }
  }, 40);
}

export function selectImage(id: number): void {
  viewStore.setState({ selectedImage: id });
  requestCrops();
}

export function selectEpoch(epoch: number): void {
  viewStore.setState({ selectedEpoch: epoch });
  requestCrops();
}

/** Pins exactly these images for the attention panel. */
export function pin(ids: number[]): void {
  viewStore.setState({ pinned: ids });
  send({ type: 'pin', ids });
}

export function togglePin(id: number): void {
  const { pinned } = viewStore.getState();
  pin(pinned.includes(id) ? pinned.filter((other) => other !== id) : [...pinned, id]);
}

/** Nearest neighbours of the chosen image, or of `id`. */
export function requestNeighbours(id = viewStore.getState().selectedImage): void {
  send({ type: 'get-neighbours', id });
}

export function evaluateKnn(): void {
  send({ type: 'evaluate-knn' });
}

let studiesAsked = 0;

/** Asks for the study under the present choices; it looks at the run as it is when its turn comes. */
export function startStudy(kind: StudyKind): void {
  const study = studyOf(kind, studiesStore.getState().choices);
  studiesAsked++;
  beginStudy(studiesAsked, study);
  send({ type: 'study', id: studiesAsked, study });
}

export function cancelStudy(id: number): void {
  send({ type: 'cancel-study', id });
}

export function saveStudies(as: 'csv' | 'json'): void {
  const { backend, runConfig } = sessionStore.getState();
  const { summary } = datasetStore.getState();
  const { done, run } = studiesStore.getState();
  if (as === 'csv') download('evaluation.csv', studiesCsv(done), 'text/csv');
  else {
    const config = runConfig ?? settingsStore.getState().config;
    download('evaluation.json', studiesJson({ backend, summary, config, run, done }), 'application/json');
  }
}

/** The file comes with the trainer's answer. */
export function saveCheckpoint(): void {
  send({ type: 'get-checkpoint' });
}

export function dismissFault(): void {
  sessionStore.setState({ fault: null });
}
