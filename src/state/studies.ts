/** Studies: what is chosen for the next ones, those under way, and the results so far, of this run and earlier ones. */
import { createStore } from 'zustand/vanilla';
import type { TrainerEvent } from '../protocol/messages.ts';
import {
  type Classifier,
  type Study,
  type StudyKind,
  type StudyResult,
  TUNING,
  type TuningChoices,
  type TuningCurves,
} from '../protocol/studies.ts';

export interface StudyChoices {
  network: Study['network'];
  images: Study['images'];
  /** Last blocks that the linear classifiers and the export take features of. */
  blocks: number;
  epochs: number;
  sweep: boolean;
  tuning: TuningChoices;
  classifier: Classifier;
  /** null: as many as classes. */
  clusters: number | null;
  /** Cosine from which two images count as near-duplicates. */
  threshold: number;
}

export interface ActiveStudy {
  id: number;
  study: Study;
  text: string;
  share: number | null;
  /** Of a fine-tuning so far. */
  curves: TuningCurves | null;
}

export interface DoneStudy {
  id: number;
  /** Which run of this visit it looked at, from 1. */
  run: number;
  result: StudyResult;
}

export interface StudiesState {
  choices: StudyChoices;
  active: readonly ActiveStudy[];
  /** In the order of completion. */
  done: readonly DoneStudy[];
  /** Why the last study of a kind has left no result here. */
  ended: Partial<Record<StudyKind, string>>;
  /** The run that is studied now, by its number in this visit; 0 before the first. */
  run: number;
}

export const studiesStore = createStore<StudiesState>(() => ({
  choices: {
    network: 'teacher',
    images: 'some',
    blocks: 4,
    epochs: 100,
    sweep: true,
    tuning: TUNING,
    classifier: 'knn',
    clusters: null,
    threshold: 0.98,
  },
  active: [],
  done: [],
  ended: {},
  run: 0,
}));

export function chooseForStudies(change: Partial<StudyChoices>): void {
  studiesStore.setState(({ choices }) => ({ choices: { ...choices, ...change } }));
}

/** The study of a kind under the present choices. */
export function studyOf(kind: StudyKind, choices: StudyChoices): Study {
  const { network, images, blocks, epochs, sweep, tuning, classifier, clusters, threshold } = choices;
  switch (kind) {
    case 'knn':
      return { kind, network, images };
    case 'linear':
      return { kind, network, images, blocks, epochs, sweep };
    case 'finetune':
      return { kind, network, images, ...tuning };
    case 'report':
      return { kind, network, images, classifier };
    case 'clusters':
      return { kind, network, images, count: clusters };
    case 'duplicates':
      return { kind, network, images, threshold };
    case 'features':
      return { kind, network, images, blocks };
    default:
      return kind satisfies never;
  }
}

/** A study that was asked for just now. */
export function beginStudy(id: number, study: Study): void {
  studiesStore.setState(({ active, ended }) => {
    const { [study.kind]: _, ...others } = ended;
    return { active: [...active, { id, study, text: 'Begins…', share: null, curves: null }], ended: others };
  });
}

/** No study is answered any more: the trainer is gone, or has just said how each ended. */
export function forgetActiveStudies(): void {
  studiesStore.setState({ active: [] });
}

/** Studies look at this run from now on. */
export function studyRun(run: number): void {
  studiesStore.setState({ run });
}

function change(study: ActiveStudy, by: Partial<ActiveStudy>): void {
  studiesStore.setState(({ active }) => ({
    active: active.map((each) => (each === study ? { ...study, ...by } : each)),
  }));
}

type StudyEvent = Extract<TrainerEvent, { type: `study-${string}` }>;

export function applyToStudies(event: StudyEvent): void {
  const { active } = studiesStore.getState();
  const mine = active.find(({ id }) => id === event.id);
  if (!mine) return;
  switch (event.type) {
    case 'study-progress': {
      const { text, share } = event;
      change(mine, { text, share });
      return;
    }
    case 'study-curves':
      change(mine, { curves: event.curves });
      return;
    case 'study-result':
      // A file is handed over and not kept.
      studiesStore.setState(({ done, run, ended }) =>
        event.result.finding.kind === 'features'
          ? { ended: { ...ended, features: `Saved. ${event.result.notes.join(' ')}` } }
          : { done: [...done, { id: mine.id, run, result: event.result }] },
      );
      return;
    case 'study-ended':
      studiesStore.setState(({ ended }) => ({
        active: active.filter((each) => each !== mine),
        ended: event.reason === 'done' ? ended : { ...ended, [mine.study.kind]: event.sentence },
      }));
      return;
    default:
      event satisfies never;
  }
}
