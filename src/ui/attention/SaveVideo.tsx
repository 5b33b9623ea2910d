/** Saves the video with the map as it is shown, as WebM. */
import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { download } from '../../client/download.ts';
import { type Clip, NoVideoEncoder, webmOf } from '../../client/webm.ts';
import type { Video, VideoFrame, VideoLook } from '../../protocol/videos.ts';
import { secondsOf } from '../../state/videos.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { useVideos } from '../use-stores.ts';
import classes from './closer.module.css';
import type { Drawing } from './DrawingTools.tsx';
import { mapsOf } from './look-maps.ts';
import { type LookStyle, useLookStyle } from './map-style.ts';
import { resultOf, stylesOf } from './video-maps.ts';
import { paintFrame, savedSize } from './video-paint.ts';

interface Shown {
  video: Video;
  look: VideoLook;
  frames: readonly VideoFrame[];
  head: number | null;
  /** The frame itself stands beside the map. */
  beside: boolean;
  style: LookStyle;
}

/** A dark line between the frame and its map; even, as the sides are. */
const GAP = 8;

function clipOf({ video, look, frames, head, beside, style }: Shown): Clip {
  const size = savedSize(look);
  const styles = stylesOf(frames, look, video, style);
  return {
    width: beside ? 2 * size.width + GAP : size.width,
    height: size.height,
    seconds: frames.map((_, i) => secondsOf({ frames, look }, i)),
    paint: (context, i) => {
      const frame = frames[i];
      if (!frame) return;
      const result = resultOf(frame, look, video);
      const picture = bitmapOf(frame.pixels);
      context.setTransform(1, 0, 0, 1, 0, 0);
      if (beside) {
        context.imageSmoothingEnabled = picture.width > size.width;
        context.drawImage(picture, 0, 0, size.width, size.height);
        context.translate(size.width + GAP, 0);
      }
      paintFrame(context, size, picture, result, mapsOf(result, head), styles, style.opacity);
    },
  };
}

/** "cat-attention-teacher-block4-head-2-step300.webm" */
function fileName({ video, look, frames, head }: Shown): string {
  const subject = video.name.replace(/\.[^.]*$/, '');
  const [first] = frames;
  const maps = first ? mapsOf(resultOf(first, look, video), head) : null;
  const part = (maps?.chosen.name ?? 'colors').toLowerCase().replaceAll(' ', '-');
  return `${subject}-attention-${look.wish.network}-block${look.block + 1}-${part}-step${look.step}.webm`;
}

export function SaveVideo({ drawing }: { drawing: Drawing }) {
  const video = useVideos((state) => state.video);
  const look = useVideos((state) => state.look);
  const frames = useVideos((state) => state.frames);
  const head = useVideos((state) => state.head);
  const beside = useVideos((state) => state.beside);
  const awaited = useVideos((state) => state.awaited);
  const style = useLookStyle(drawing);
  const [done, setDone] = useState<{ frames: number; of: number } | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const ready = video !== null && look !== null && frames.length > 0 && awaited === null;
  const save = async () => {
    if (!ready) return;
    const shown = { video, look, frames, head, beside, style };
    const mine = new AbortController();
    stop.current = mine;
    setFault(null);
    setDone({ frames: 0, of: frames.length });
    try {
      const bytes = await webmOf(
        clipOf(shown),
        (count) => setDone({ frames: count, of: frames.length }),
        mine.signal,
      );
      download(fileName(shown), bytes, 'video/webm');
    } catch (error) {
      if (!mine.signal.aborted) setFault(sentenceOf(error));
    } finally {
      if (stop.current === mine) setDone(null);
    }
  };
  return (
    <>
      {done ? (
        <Button variant="default" size="compact-sm" onClick={() => stop.current?.abort()}>
          Cancel saving: frame {done.frames} of {done.of}
        </Button>
      ) : (
        <Button variant="default" size="compact-sm" disabled={!ready} onClick={() => void save()}>
          Save as WebM
        </Button>
      )}
      {fault !== null && (
        <span className={classes.refusal} role="alert">
          {fault}
        </span>
      )}
    </>
  );
}

function sentenceOf(error: unknown): string {
  if (error instanceof NoVideoEncoder) return error.message;
  return `The video could not be saved: ${error instanceof Error ? error.message : String(error)}.`;
}
