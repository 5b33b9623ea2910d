/** Which moments of a video are looked at: so many a second, within the frames and the memory that there are. */

/** Frames that are looked at, at most. */
export const MOST_FRAMES = 240;
/** Memory that the frames and their maps may take: 256 MiB. */
export const VIDEO_BYTES = 2 ** 28;
/** Frames a second to choose from. */
export const RATES = [1, 2, 4, 8] as const;

export interface VideoLength {
  seconds: number;
  /** Frames a second where they follow each other fastest; 0 for a single frame. */
  fastest: number;
}

export interface VideoPlan {
  /** Moments a second: as wished for, or as many as the video has frames where these are fewer. */
  rate: number;
  /** Moments whose frames are taken, each the middle of its share of time; seconds from the video's beginning. */
  times: number[];
  /** The part that these frames stand for, seconds from the video's beginning. */
  from: number;
  to: number;
  /** Why it ends before the video does; null where it does not. */
  limit: 'frames' | 'memory' | null;
}

/**
 * At least one frame, whatever the video. Taking the middle of each share of time rather than its beginning finds every
 * frame once where the rates are equal, though files round their times.
 * @param start seconds from the video's beginning; brought within the video.
 * @param frameBytes what a frame takes with its maps.
 */
export function planVideo(
  video: VideoLength,
  { rate: wished, start }: { rate: number; start: number },
  frameBytes: number,
): VideoPlan {
  // More moments than frames would only find the same ones again.
  const rate = video.fastest > 0 ? Math.min(wished, video.fastest) : wished;
  const from = start < video.seconds ? Math.max(0, start) : 0;
  const span = video.seconds - from;
  const fitting = Math.max(1, Math.floor(VIDEO_BYTES / frameBytes));
  const most = Math.min(MOST_FRAMES, fitting);
  // A moment after the end has no frame. The small number is for products like 24.000000000000004.
  const wanted = Math.max(1, Math.ceil(span * rate - 0.5 - 1e-9));
  const count = Math.min(wanted, most);
  // A video shorter than half a share has its last frame.
  const times = Array.from({ length: count }, (_, i) => from + Math.min((i + 0.5) / rate, span));
  return {
    rate,
    times,
    from,
    to: count < wanted ? from + count / rate : Math.max(video.seconds, from),
    limit: count === wanted ? null : most < MOST_FRAMES ? 'memory' : 'frames',
  };
}

/** Bytes of a frame: its pixels in RGBA8, and what is shown of each patch in single precision. */
export function frameBytes(
  { rows, columns, patchSize }: { rows: number; columns: number; patchSize: number },
  mapsAFrame: number,
): number {
  return 4 * rows * columns * (patchSize ** 2 + mapsAFrame);
}
