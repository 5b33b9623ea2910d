/** A video's frames as looks at single pictures, with scales that hold for all of them. */
import type { LookResult } from '../../protocol/looks.ts';
import type { Video, VideoFrame, VideoLook } from '../../protocol/videos.ts';
import type { MapStyle } from '../panels/AttentionTile.tsx';
import { type LookMaps, mapsOf } from './look-maps.ts';
import type { LookStyle } from './map-style.ts';

/** Frames come once and stay as they are. */
const results = new WeakMap<VideoFrame, LookResult>();

/** The frame as a closer look would show it. */
export function resultOf(frame: VideoFrame, look: VideoLook, video: Video): LookResult {
  const known = results.get(frame);
  if (known) return known;
  const { wish, step, block, blocks, heads, rows, columns, patchSize } = look;
  const { network, show, patches } = wish;
  const result: LookResult = {
    look: {
      image: 'photo',
      resolution: patches === null ? 'trained' : 'own',
      network,
      block,
      patch: null,
      show,
    },
    step,
    block,
    blocks,
    heads,
    rows,
    columns,
    patchSize,
    pixels: frame.pixels,
    source: { width: video.width, height: video.height },
    milliseconds: 0,
    shown: frame.shown,
  };
  results.set(frame, result);
  return result;
}

interface Range {
  low: number;
  top: number;
}

/** The mean's range, then each head's; rollout has one. null where no attention is shown. */
const ranges = new WeakMap<VideoFrame, Range[] | null>();

function rangesOf(frame: VideoFrame, look: VideoLook, video: Video): Range[] | null {
  const known = ranges.get(frame);
  if (known !== undefined) return known;
  const maps = mapsOf(resultOf(frame, look, video), null);
  const found = maps?.all.map(({ values }) => rangeOf(values)) ?? null;
  ranges.set(frame, found);
  return found;
}

function rangeOf(values: Float32Array): Range {
  let [low, top] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    low = Math.min(low, value);
    top = Math.max(top, value);
  }
  return { low, top };
}

/**
 * How each map is drawn, in the order of `LookMaps.all`: from the least to the largest value of any frame so far, so that
 * a frame's brightness can be compared with another's.
 */
export function stylesOf(
  frames: readonly VideoFrame[],
  look: VideoLook,
  video: Video,
  style: LookStyle,
): MapStyle[] {
  const each = frames.map((frame) => rangesOf(frame, look, video));
  const count = each[0]?.length ?? 0;
  return Array.from({ length: count }, (_, map) => {
    const low = style.fromZero ? 0 : Math.min(...each.map((all) => all?.[map]?.low ?? 0));
    return { ...style, low, top: Math.max(...each.map((all) => all?.[map]?.top ?? 0)) };
  });
}

/** The style of the map that is shown large. */
export const chosenStyle = (maps: LookMaps, styles: readonly MapStyle[]): MapStyle | null =>
  styles[maps.all.indexOf(maps.chosen)] ?? null;
