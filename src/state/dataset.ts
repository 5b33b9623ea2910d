/** The images of the run as the page knows them: counts, intake in progress, thumbnails on demand. */
import { createStore } from 'zustand/vanilla';
import type { DatasetSummary, ImageCard, IntakeProgress, SourceFile } from '../protocol/values.ts';

export interface DatasetState {
  summary: DatasetSummary | null;
  /** null when nothing is being read. */
  progress: IntakeProgress | null;
  /** Thumbnails by image id. Ask for more with `wantCards`. */
  cards: ReadonlyMap<number, ImageCard>;
  /** Ids asked for and not yet answered. */
  awaited: ReadonlySet<number>;
  /** Where the present images came from; null before the first. */
  origin: Origin | null;
  /** The same of the images being read: they become the origin once they have come. */
  coming: Origin | null;
}

/** What was read and under which settings, kept to read it again under others. */
export interface Origin {
  /** null for the samples. */
  given: { name: string; files: SourceFile[] } | null;
  /** The settings that shaped the images, as `dataKeyOf` writes them. */
  key: string;
}

export const datasetStore = createStore<DatasetState>(() => ({
  summary: null,
  progress: null,
  cards: new Map(),
  awaited: new Set(),
  origin: null,
  coming: null,
}));

/** Thumbnails kept at once; a card is some 16 KiB and the oldest go first. */
export const MOST_CARDS = 4096;

export function addCards(cards: readonly ImageCard[]): void {
  datasetStore.setState((state) => {
    const kept = new Map(state.cards);
    const awaited = new Set(state.awaited);
    for (const card of cards) {
      kept.set(card.id, card);
      awaited.delete(card.id);
    }
    for (const id of kept.keys()) {
      if (kept.size <= MOST_CARDS) break;
      kept.delete(id);
    }
    return { cards: kept, awaited };
  });
}
