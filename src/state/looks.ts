/** Looking closer at one picture: what is wished for, what came, the photo that was opened. */
import { createStore } from 'zustand/vanilla';
import type { Look, LookResult, Photo } from '../protocol/looks.ts';
import type { TrainerEvent } from '../protocol/messages.ts';

/** What the panel shows itself; distances stand beside it and are asked for apart. */
export type Wish = Omit<Look, 'show'> & { show: Exclude<Look['show'], 'distances'> };

export type LookMode = 'pinned' | 'picture' | 'video';

export interface LooksState {
  /** What the attention tab shows: all pinned images at a glance, one picture closer, or a video. */
  mode: LookMode;
  wish: Wish;
  /** Head whose map is shown large; null for the mean. */
  head: number | null;
  /** The answer last received: may lag behind the wish for a moment. */
  result: LookResult | null;
  /** Mean attention distances of what was looked at last. */
  distances: LookResult | null;
  /** The question under way, and since when. */
  awaited: { id: number; look: Look; at: number } | null;
  /** The wish that was answered last, be it with a refusal, and when; null asks anew. */
  answered: { wish: Wish; at: number } | null;
  /** Why there is no picture, in a sentence. */
  refusal: string | null;
  photo: Photo | null;
}

export const looksStore = createStore<LooksState>(() => ({
  mode: 'pinned',
  wish: {
    image: 0,
    resolution: 'trained',
    network: 'teacher',
    block: null,
    patch: null,
    show: 'heads',
  },
  head: null,
  result: null,
  distances: null,
  awaited: null,
  answered: null,
  refusal: null,
  photo: null,
}));

export function showMode(mode: LookMode): void {
  looksStore.setState({ mode });
}

export function wishFor(change: Partial<Wish>): void {
  looksStore.setState(({ wish }) => ({ wish: { ...wish, ...change } }));
}

export function chooseHead(head: number | null): void {
  looksStore.setState({ head });
}

/** Distances belong to a network and a picture. */
export const sameSubject = (a: Look | Wish, b: Look | Wish): boolean =>
  a.image === b.image && a.resolution === b.resolution && a.network === b.network;

type LookEvent = Extract<TrainerEvent, { type: 'look' | 'look-refused' | 'photo' | 'photo-refused' }>;

export function applyToLooks(event: LookEvent): void {
  switch (event.type) {
    case 'look':
      looksStore.setState((state) => (event.id === state.awaited?.id ? answer(state, event.result) : {}));
      return;
    case 'look-refused':
      looksStore.setState(({ awaited, wish }) =>
        event.id === awaited?.id
          ? { awaited: null, refusal: event.sentence, answered: { wish, at: performance.now() } }
          : {},
      );
      return;
    case 'photo':
      looksStore.setState(({ wish }) => ({
        photo: event.photo,
        refusal: null,
        // What is known, or under way, of the photo before is not of this one.
        awaited: null,
        answered: null,
        distances: null,
        mode: 'picture',
        wish: { ...wish, image: 'photo', resolution: 'own', patch: null },
      }));
      return;
    case 'photo-refused':
      looksStore.setState({ refusal: event.sentence, mode: 'picture' });
      return;
    default:
      event satisfies never;
  }
}

function answer({ awaited }: LooksState, result: LookResult): Partial<LooksState> {
  if (awaited === null) return {};
  const { show, ...rest } = awaited.look;
  if (show === 'distances') return { awaited: null, distances: result };
  return {
    awaited: null,
    result,
    refusal: null,
    answered: { wish: { ...rest, show }, at: performance.now() },
  };
}

/** Another run: what was seen of the one before is void. */
export function forgetLooks(): void {
  looksStore.setState({ result: null, distances: null, awaited: null, answered: null, refusal: null });
}

/** Other images: the first of them, unless a photo is looked at. */
export function forgetImage(): void {
  const { wish } = looksStore.getState();
  if (wish.image !== 'photo') wishFor({ image: 0, patch: null });
}
