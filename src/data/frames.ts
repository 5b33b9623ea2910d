/** Videos as folders of frames: every n-th frame of each is an image to train on. */
import type { Pixels } from '../core/pixels.ts';
import { IntakeCancelled, reasonOf } from './intake-errors.ts';
import { stem } from './paths.ts';
import type { Source } from './source.ts';
import type { OpenedVideo } from './video.ts';
import { fitWithin } from './working-size.ts';

/** Frames of one video that are taken at most; what comes after is reported. */
export const MOST_FRAMES = 20_000;

const VIDEO = /\.(mp4|m4v|mov|webm|mkv)$/i;

export const isVideo = (path: string): boolean => VIDEO.test(path);

/** A frame that may be decoded: its place in a folder named as the video, and when it is shown. */
export interface Frame {
  path: string;
  /** Path of the video. */
  video: string;
  film: OpenedVideo;
  /** Seconds from the beginning. */
  time: number;
  width: number;
  height: number;
}

export interface Films {
  frames: Frame[];
  /** Videos that were opened. */
  count: number;
  close(): void;
}

export interface FilmTools {
  signal: AbortSignal;
  /** @throws VideoRefused with a sentence. */
  openVideo: (file: File) => Promise<OpenedVideo>;
  onOpened: () => void;
}

/** Opens each video and lists every `every`-th of its frames. What cannot be opened is in `skipped`, with the reason. */
export async function openFilms(
  sources: readonly Source[],
  every: number,
  { signal, openVideo, onOpened }: FilmTools,
  skipped: { path: string; reason: string }[],
): Promise<Films> {
  const opened: OpenedVideo[] = [];
  const frames: Frame[] = [];
  for (const { path, whole } of sources) {
    demandGoing(signal);
    try {
      const film = await openVideo(new File([await whole()], path));
      opened.push(film);
      const { taken, beyond } = framesOf(film, path, every);
      for (const frame of taken) frames.push(frame);
      if (beyond > 0)
        skipped.push({
          path,
          reason: `of its frames the first ${MOST_FRAMES.toLocaleString('en')} were taken; ${beyond.toLocaleString('en')} more were left out: take every ${every}-th less often`,
        });
    } catch (error) {
      demandGoing(signal);
      skipped.push({ path, reason: reasonOf(error) });
    }
    onOpened();
  }
  const close = () => {
    for (const film of opened) film.close();
  };
  return { frames, count: opened.length, close };
}

function demandGoing(signal: AbortSignal): void {
  if (signal.aborted) throw new IntakeCancelled();
}

function framesOf(film: OpenedVideo, path: string, every: number): { taken: Frame[]; beyond: number } {
  const { rate, seconds, width, height } = film;
  // A video without a rate is a single picture.
  const all = rate > 0 ? Math.max(1, Math.round(seconds * rate)) : 1;
  const wanted = Math.ceil(all / every);
  const count = Math.min(wanted, MOST_FRAMES);
  const digits = String(all).length;
  const taken = Array.from({ length: count }, (_, i): Frame => {
    const number = i * every;
    // The middle of the frame's time: of two frames that meet the right one is shown.
    const time = rate > 0 ? (number + 0.5) / rate : 0;
    return {
      path: `${stem(path)}/${String(number + 1).padStart(digits, '0')}`,
      video: path,
      film,
      time,
      width,
      height,
    };
  });
  return { taken, beyond: wanted - count };
}

/**
 * Decodes frames whose shorter side is at most `side`, in their order, each video once from its beginning to its end;
 * undefined for a frame that could not be had. Frames that a video
 * shows twice are left out and reported, as is a video that breaks off.
 */
export async function decodeFrames(
  frames: readonly Frame[],
  side: number,
  { signal, onFrame }: { signal: AbortSignal; onFrame: () => void },
  skipped: { path: string; reason: string }[],
): Promise<(Pixels | undefined)[]> {
  const decoded: (Pixels | undefined)[] = Array.from({ length: frames.length });
  for (const film of new Set(frames.map((frame) => frame.film))) {
    const own = frames.flatMap((frame, at) => (frame.film === film ? [{ ...frame, at }] : []));
    const size = fitWithin(film.width, film.height, side);
    const shape = { box: { top: 0, left: 0, height: film.height, width: film.width }, ...size };
    let repeated = 0;
    try {
      for await (const { index, pixels } of film.frames(
        own.map(({ time }) => time),
        shape,
      )) {
        demandGoing(signal);
        const at = own[index]?.at;
        if (at !== undefined && pixels) decoded[at] = pixels;
        else repeated++;
        onFrame();
      }
    } catch (error) {
      demandGoing(signal);
      skipped.push({ path: film.name, reason: reasonOf(error) });
    }
    if (repeated > 0)
      skipped.push({
        path: film.name,
        reason: `${repeated.toLocaleString('en')} of its frames were the one before, shown longer, and were left out`,
      });
  }
  return decoded;
}
