/** Maps of the images: what is chosen for the next one, the one that forms now, and those that were kept. */
import { createStore } from 'zustand/vanilla';
import type { MapImages, MapResult, MapWish, Projection } from '../protocol/embedding.ts';
import type { TrainerEvent } from '../protocol/messages.ts';
import { studiesStore } from './studies.ts';

export interface MapChoices {
  method: Projection['method'];
  network: MapWish['network'];
  perplexity: number;
  neighbors: number;
  minDist: number;
  images: number;
  seed: number;
  /** Steps after which a running run is mapped again; null for only when asked. */
  every: number | null;
}

/** What is under way: a map, or an export. */
export interface ActiveMap {
  id: number;
  /** null for an export. */
  wish: MapWish | null;
  text: string;
  share: number | null;
  /** Once the features are there. */
  forming: { step: number; images: MapImages; positions: Float32Array } | null;
}

export interface KeptMap {
  id: number;
  /** Which run of this visit it is of, from 1. */
  run: number;
  images: MapImages;
  result: MapResult;
}

/** What points are colored by. */
export type Coloring = 'label' | 'cluster' | 'folder' | 'split';

export interface EmbeddingState {
  choices: MapChoices;
  active: ActiveMap | null;
  /** In the order in which they were made. */
  kept: readonly KeptMap[];
  /** The id of the kept map that is shown; null for the newest, or the one that forms. */
  shown: number | null;
  /** Why the last one left nothing here. */
  ended: string | null;
  coloring: Coloring;
  /** Groups, by their index, that are not drawn. */
  hidden: ReadonlySet<number>;
  /** Thumbnails take the place of points where there is room. */
  pictures: boolean;
}

export const embeddingStore = createStore<EmbeddingState>(() => ({
  choices: {
    method: 'tsne',
    network: 'teacher',
    perplexity: 30,
    neighbors: 15,
    minDist: 0.1,
    images: 2000,
    seed: 0,
    every: null,
  },
  active: null,
  kept: [],
  shown: null,
  ended: null,
  coloring: 'label',
  hidden: new Set(),
  pictures: true,
}));

/** Memory that all kept maps may take: 32 MiB, some 150 of 10,000 points. */
export const KEPT_BYTES = 2 ** 25;

export function chooseForMap(change: Partial<MapChoices>): void {
  embeddingStore.setState(({ choices }) => ({ choices: { ...choices, ...change } }));
}

export function mapWishOf({ method, network, images, seed, ...parameters }: MapChoices): MapWish {
  const { perplexity, neighbors, minDist } = parameters;
  const projections: Record<Projection['method'], Projection> = {
    pca: { method: 'pca' },
    tsne: { method: 'tsne', perplexity },
    umap: { method: 'umap', neighbors, minDist },
  };
  return { network, images, seed, projection: projections[method] };
}

/** The kept map that is shown; null where there is none. */
export function shownMap({ kept, shown }: Pick<EmbeddingState, 'kept' | 'shown'>): KeptMap | null {
  return kept.find(({ id }) => id === shown) ?? kept.at(-1) ?? null;
}

export function showMap(id: number | null): void {
  embeddingStore.setState({ shown: id });
}

export function colorBy(coloring: Coloring): void {
  embeddingStore.setState({ coloring, hidden: new Set() });
}

export function toggleGroup(group: number): void {
  embeddingStore.setState(({ hidden }) => {
    const next = new Set(hidden);
    if (!next.delete(group)) next.add(group);
    return { hidden: next };
  });
}

/** All groups are drawn, or only this one. */
export function showGroups(only: number | null, count: number): void {
  const others = Array.from({ length: count }, (_, group) => group).filter((group) => group !== only);
  embeddingStore.setState({ hidden: new Set(only === null ? [] : others) });
}

/** The images are others: no map fits them. */
export function forgetMaps(): void {
  embeddingStore.setState({ kept: [], shown: null, hidden: new Set() });
}

/** The trainer is gone, or has just said how it ended. */
export function forgetActiveMap(): void {
  embeddingStore.setState({ active: null });
}

export function beginMap(id: number, wish: MapWish | null): void {
  const active = { id, wish, text: 'Begins…', share: null, forming: null };
  embeddingStore.setState(({ shown }) => ({ active, ended: null, shown: wish ? null : shown }));
}

type MapEvent = Extract<TrainerEvent, { type: 'map' | `map-${string}` | 'projector' }>;

export function applyToEmbedding(event: MapEvent): void {
  const { active, kept } = embeddingStore.getState();
  if (active?.id !== event.id) return;
  switch (event.type) {
    case 'map-progress': {
      const { text, share } = event;
      embeddingStore.setState({ active: { ...active, text, share } });
      return;
    }
    case 'map-images': {
      const images = sharing(event.images, kept);
      const positions = new Float32Array();
      embeddingStore.setState({ active: { ...active, forming: { step: event.step, images, positions } } });
      return;
    }
    case 'map-positions':
      if (active.forming)
        embeddingStore.setState({
          active: { ...active, forming: { ...active.forming, positions: event.positions } },
        });
      return;
    case 'map':
      if (active.forming) {
        const { images } = active.forming;
        const made = { id: active.id, run: studiesStore.getState().run, images, result: event.result };
        embeddingStore.setState({ kept: within(KEPT_BYTES, [...kept, made]) });
      }
      return;
    case 'projector':
      // A file for the person: `conversation.ts` hands it over.
      return;
    case 'map-ended':
      embeddingStore.setState({ active: null, ended: event.reason === 'done' ? null : event.sentence });
      return;
    default:
      event satisfies never;
  }
}

/** Layouts of the same images share what is known of these. */
function sharing(images: MapImages, kept: readonly KeptMap[]): MapImages {
  const known = kept.find((each) => sameImages(each.images.ids, images.ids));
  return known?.images ?? images;
}

export function sameImages(some: Int32Array, others: Int32Array): boolean {
  return some.length === others.length && some.every((id, i) => id === others[i]);
}

/** The newest stays, whatever it takes. */
function within(budget: number, maps: KeptMap[]): KeptMap[] {
  const rest = [...maps];
  while (rest.length > 1 && bytesOf(rest) > budget) rest.shift();
  return rest;
}

function bytesOf(maps: readonly KeptMap[]): number {
  const shared = new Set(maps.map(({ images }) => images));
  const own = maps.reduce(
    (sum, { result: { positions, clusters, ids } }) =>
      sum + positions.byteLength + clusters.byteLength + ids.byteLength,
    0,
  );
  return [...shared].reduce(
    (sum, { ids, labels, folderOf }) => sum + ids.byteLength + labels.byteLength + folderOf.byteLength,
    own,
  );
}
