/** What the person looks at: the chosen image and epoch, the pictures that came for them, how maps are drawn. */
import { createStore } from 'zustand/vanilla';
import type { AttentionSnapshot, Crops, Neighbours } from '../protocol/values.ts';

export type WatchTab =
  | 'crops'
  | 'attention'
  | 'knn'
  | 'evaluate'
  | 'collapse'
  | 'step'
  | 'embedding'
  | 'runs';

export interface Overlay {
  /** Every head's map, their mean, or the mask of the patches that hold the top mass. */
  mode: 'heads' | 'mean' | 'mask';
  /** Share of the attention that the mask holds. */
  mass: number;
  /** Of the map over the picture, 0–1. */
  opacity: number;
  /** Interpolate between patches; off, the patch grid stays visible. */
  smooth: boolean;
  network: 'teacher' | 'student' | 'both';
}

export interface ViewState {
  tab: WatchTab;
  /** Id of the image whose crops and neighbours are shown. */
  selectedImage: number;
  /** Epoch whose draws the crops show, from 0. */
  selectedEpoch: number;
  /** Crops last received: may lag behind the selection for a moment. */
  crops: Crops | null;
  /** The newest snapshot. */
  attention: AttentionSnapshot | null;
  /** The run's snapshots so far, the newest at the end. */
  history: readonly AttentionSnapshot[];
  /** The step whose snapshot is shown; null for the newest. */
  shownStep: number | null;
  neighbours: Neighbours | null;
  /** Ids of the images in the attention panel. */
  pinned: number[];
  overlay: Overlay;
}

export const viewStore = createStore<ViewState>(() => ({
  tab: 'crops',
  selectedImage: 0,
  selectedEpoch: 0,
  crops: null,
  attention: null,
  history: [],
  shownStep: null,
  neighbours: null,
  pinned: [],
  overlay: { mode: 'heads', mass: 0.6, opacity: 0.75, smooth: false, network: 'teacher' },
}));

/** Images pinned when nobody has picked any; the trainer begins with the same. */
export const FIRST_PINS = 8;

export function showTab(tab: WatchTab): void {
  viewStore.setState({ tab });
}

/** null goes with the run again. */
export function showStep(shownStep: number | null): void {
  viewStore.setState({ shownStep });
}

export function setOverlay(change: Partial<Overlay>): void {
  viewStore.setState(({ overlay }) => ({ overlay: { ...overlay, ...change } }));
}
