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
  /** What was last dropped or picked, kept to read it again under other label settings. */
  lastFiles: { name: string; files: SourceFile[] } | null;
  /** Settings that shaped the images now loaded, as `dataKeyOf` writes them. */
  loadedKey: string | null;
}

export const datasetStore = createStore<DatasetState>(() => ({
  summary: null,
  progress: null,
  cards: new Map(),
  awaited: new Set(),
  lastFiles: null,
  loadedKey: null,
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
