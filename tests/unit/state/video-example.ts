/** A look at a video of two seconds, and its frames, as small as they can be. */
import type { VideoFrame, VideoLook } from '../../../src/protocol/videos.ts';

export const videoLook: VideoLook = {
  wish: { network: 'teacher', block: null, show: 'heads', patches: 30, rate: 4, start: 0 },
  step: 5,
  block: 3,
  blocks: 4,
  heads: 2,
  rows: 1,
  columns: 2,
  patchSize: 4,
  rate: 4,
  frames: 8,
  from: 0,
  to: 2,
  limit: null,
};

/** @param index of the eight frames. */
export function videoFrame(index: number): VideoFrame {
  const pixels = { width: 8, height: 4, rgba: new Uint8ClampedArray(128) };
  const maps = Float32Array.of(0.1 * index, 0.2, 0.3, 0.1);
  return { index, time: index / 4, pixels, shown: { show: 'heads', maps } };
}
