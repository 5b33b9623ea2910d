/** A video, how much of it is looked at and how far that is, in words. */
import { MOST_FRAMES, VIDEO_BYTES } from '../core/video-plan.ts';
import type { Video, VideoFrame, VideoLook } from '../protocol/videos.ts';

/** 75.25 → "1:15.3" */
export function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, '0');
  return `${Math.floor(tenths / 600)}:${rest}`;
}

/** 7.992 → "8", 2.5 → "2.5" */
const perSecond = (rate: number) => String(Number(rate.toFixed(1)));

/** "1,920 × 1,080 px, H.264, 30 frames a second, 0:12.4" */
export function videoInWords({ width, height, codec, rate, seconds }: Video): string {
  const size = `${width.toLocaleString('en')} × ${height.toLocaleString('en')} px`;
  // Of one frame there is no rate.
  if (rate === 0) return `${size}, ${codec}, one frame`;
  return `${size}, ${codec}, ${perSecond(rate)} frames a second, ${clock(seconds)}`;
}

/**
 * The grid, the frames, and what of the video is left out and why.
 * @param different frames that came, once all of them have; null before.
 */
export function lookInWords(look: VideoLook, { seconds }: Video, different: number | null): string {
  const { rows, columns, patchSize, frames, rate, from, to, limit } = look;
  const grid = `${columns} × ${rows} patches of ${patchSize} px`;
  const still = different !== null && different < frames;
  const several = still
    ? `${frames} moments, ${perSecond(rate)} a second, with ${different} different frames`
    : `${frames} frames, ${perSecond(rate)} a second`;
  const taken = frames === 1 ? 'one frame' : several;
  if (limit === null && from === 0) return `${grid}; ${taken}: the whole video.`;
  const part = `${grid}; ${taken}: ${clock(from)} to ${clock(to)} of ${clock(seconds)}.`;
  if (limit === null) return part;
  const most =
    limit === 'frames'
      ? `${MOST_FRAMES} frames are the most`
      : `these take the ${VIDEO_BYTES / 2 ** 20} MiB that there are for frames and maps`;
  return `${part} The rest is left out, as ${most}: take fewer a second, or begin later.`;
}

/** "frame 12 of 90, 4 s left" */
export function progressInWords(
  look: VideoLook | null,
  frames: readonly VideoFrame[],
  secondsLeft: number | null,
): string {
  const done = (frames.at(-1)?.index ?? -1) + 1;
  if (look === null) return 'Waits for its turn…';
  if (done === 0)
    return look.wish.show === 'colors' ? 'Finds the colors for all frames…' : `Frame 1 of ${look.frames}…`;
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`;
  return `Frame ${done} of ${look.frames}${left}`;
}
