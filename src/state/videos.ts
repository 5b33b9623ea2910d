/** A video that is looked at: what is wished for, the frames that came, and the player's place among them. */
import { createStore } from 'zustand/vanilla';
import type { TrainerEvent } from '../protocol/messages.ts';
import type { Video, VideoFrame, VideoLook, VideoWish } from '../protocol/videos.ts';
import { showMode } from './looks.ts';

export interface VideosState {
  video: Video | null;
  /** It was opened just now, and nobody has looked at it yet. */
  fresh: boolean;
  wish: VideoWish;
  /** The look under way; null when none is. */
  awaited: number | null;
  /** What the frames were looked at with. */
  look: VideoLook | null;
  /** In the order of time. Their pixels and maps stay within the budget of the plan. */
  frames: readonly VideoFrame[];
  secondsLeft: number | null;
  /** Why there is no video, or why its frames end early. */
  sentence: string | null;
  /** Head whose map is shown large; null for the mean. */
  head: number | null;
  /** Place among the frames; null goes with the newest. */
  place: number | null;
  playing: boolean;
  /** The frame itself stands beside its map, and not only under it. */
  beside: boolean;
}

export const videosStore = createStore<VideosState>(() => ({
  video: null,
  fresh: false,
  wish: { network: 'teacher', block: null, show: 'heads', patches: 30, rate: 4, start: 0 },
  awaited: null,
  look: null,
  frames: [],
  secondsLeft: null,
  sentence: null,
  head: null,
  place: null,
  playing: false,
  beside: true,
}));

const NO_FRAMES = {
  awaited: null,
  look: null,
  frames: [],
  secondsLeft: null,
  place: null,
  playing: false,
} as const;

export function wishForVideo(change: Partial<VideoWish>): void {
  videosStore.setState(({ wish }) => ({ wish: { ...wish, ...change } }));
}

export function chooseVideoHead(head: number | null): void {
  videosStore.setState({ head });
}

/** A look that was asked for just now: the frames of the one before make room. */
export function beginVideoLook(id: number): void {
  videosStore.setState({ ...NO_FRAMES, awaited: id, fresh: false, sentence: null });
}

/** Stops playing there. */
export function showFrame(place: number): void {
  videosStore.setState({ place, playing: false });
}

/** From the beginning where it stands at the end. */
export function play(): void {
  videosStore.setState((state) => {
    const at = placeOf(state);
    return { playing: true, place: at >= state.frames.length - 1 ? 0 : at };
  });
}

/** It stays where it is, also while more frames come. */
export function pauseVideo(): void {
  videosStore.setState((state) => ({ playing: false, place: placeOf(state) }));
}

/** The next frame; after the last one the first. While more are to come, it waits at the last. */
export function playOn(): void {
  videosStore.setState((state) => {
    const next = placeOf(state) + 1;
    if (next < state.frames.length) return { place: next };
    return state.awaited === null ? { place: 0 } : {};
  });
}

/** Index of the frame that is shown; −1 before the first came. */
export const placeOf = ({ place, frames }: Pick<VideosState, 'place' | 'frames'>): number =>
  Math.min(place ?? frames.length - 1, frames.length - 1);

/** How long a frame stands, seconds of the video: until the next one that is another. */
export function secondsOf({ frames, look }: Pick<VideosState, 'frames' | 'look'>, place: number): number {
  const end = frames[place + 1]?.time ?? look?.to ?? 0;
  return Math.max(1e-3, end - (frames[place]?.time ?? end));
}

/** The frames were looked at with something else than what is wished for now. */
export function isOutdated({ look, wish }: Pick<VideosState, 'look' | 'wish'>): boolean {
  if (look === null) return false;
  const { network, show, patches, rate, start } = look.wish;
  return (
    network !== wish.network ||
    show !== wish.show ||
    patches !== wish.patches ||
    rate !== wish.rate ||
    start !== wish.start ||
    look.block !== Math.min(wish.block ?? look.blocks - 1, look.blocks - 1)
  );
}

/** Another run: what was seen of the one before is void. */
export function forgetVideoFrames(): void {
  videosStore.setState(({ video }) => ({ ...NO_FRAMES, sentence: null, fresh: video !== null }));
}

type VideoEvent = Extract<TrainerEvent, { type: 'video' | `video-${string}` }>;

export function applyToVideos(event: VideoEvent): void {
  const state = videosStore.getState();
  switch (event.type) {
    case 'video':
      videosStore.setState(({ wish }) => ({
        ...NO_FRAMES,
        video: event.video,
        fresh: true,
        sentence: null,
        wish: { ...wish, start: 0 },
      }));
      showMode('video');
      return;
    case 'video-refused':
      videosStore.setState({ sentence: event.sentence });
      showMode('video');
      return;
    case 'video-began':
      if (event.id === state.awaited) videosStore.setState({ look: event.look });
      return;
    case 'video-frame':
      if (event.id === state.awaited)
        videosStore.setState({ frames: [...state.frames, event.frame], secondsLeft: event.secondsLeft });
      return;
    case 'video-ended':
      if (event.id === state.awaited)
        videosStore.setState({
          awaited: null,
          secondsLeft: null,
          sentence: event.reason === 'failed' ? event.sentence : null,
        });
      return;
    default:
      event satisfies never;
  }
}
