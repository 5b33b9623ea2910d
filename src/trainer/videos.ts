/** Looking at a video frame after frame, through the network of one moment, beside training. */
import { type Pixels, pixelsOf, rgbOf } from '../core/pixels.ts';
import { frameBytes, planVideo } from '../core/video-plan.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { ownShape, PictureTooNarrowError, squareShape } from '../data/own-view.ts';
import { type OpenedVideo, openVideo, VideoBroken, VideoRefused } from '../data/video.ts';
import { patchRows } from '../data/view.ts';
import { close, type Opened, openNetwork } from '../eval/opened.ts';
import type { Between } from '../eval/pace.ts';
import { type ColorBasis, colorBasis, colorsOf, patchTokens } from '../eval/patch-colors.ts';
import type { VideoFrame, VideoLook, VideoWish } from '../protocol/videos.ts';
import { type Borrowed, borrow } from './borrowed.ts';
import type { Follower } from './followers.ts';
import { shownOf } from './looks.ts';
import { NoAttentionError, vitOf } from './no-attention.ts';
import type { Emit } from './reporter.ts';
import { Pace } from './studies/pace.ts';
import type { Exclusively } from './studies/workbench.ts';
import type { TrainingRun } from './training-run.ts';

/** Frames, evenly over what is looked at, whose tokens make the colors of all. */
const BASIS_FRAMES = 8;
/** Tokens of them that are used, at most. */
const BASIS_TOKENS = 4096;

interface Subject {
  run: TrainingRun;
  catalogue: Catalogue;
}

interface Job {
  id: number;
  stop: AbortController;
}

/** It cannot be begun; the message is a sentence for the person. */
class VideoUnready extends Error {
  override name = 'VideoUnready';
}

/** A network and a grid, for every frame alike. */
interface Station {
  subject: Subject;
  borrowed: Borrowed;
  look: VideoLook;
  between: Between;
}

export class Videos implements Follower {
  private readonly emit: Emit;
  private readonly exclusively: Exclusively;
  private readonly read: typeof openVideo;
  private subject: Subject | null = null;
  private video: OpenedVideo | null = null;
  /** The file that was dropped last; one that is still being read when another comes is given up. */
  private newest: File | null = null;
  private job: Job | null = null;

  constructor(emit: Emit, exclusively: Exclusively, read = openVideo) {
    this.emit = emit;
    this.exclusively = exclusively;
    this.read = read;
  }

  follow(run: TrainingRun, catalogue: Catalogue): void {
    this.subject = { run, catalogue };
  }

  leave(): void {
    this.subject = null;
    this.end('failed', 'The run was replaced meanwhile. Look again through the new one.');
  }

  stop(reason: string): void {
    this.end('failed', reason);
  }

  async open(file: File): Promise<void> {
    this.newest = file;
    try {
      const video = await this.read(file);
      if (this.newest !== file) {
        video.close();
        return;
      }
      this.end('cancelled', '');
      this.video?.close();
      this.video = video;
      const { name, width, height, seconds, rate, codec } = video;
      this.emit({ type: 'video', video: { name, width, height, seconds, rate, codec } });
    } catch (error) {
      if (!(error instanceof VideoRefused)) throw error;
      if (this.newest === file) this.emit({ type: 'video-refused', sentence: error.message });
    }
  }

  /** Looks through the network of this moment. It ends the look before it. */
  async look(id: number, wish: VideoWish): Promise<void> {
    this.end('cancelled', '');
    const job: Job = { id, stop: new AbortController() };
    this.job = job;
    try {
      if (!this.video) throw new VideoUnready('Open a video first.');
      if (!this.subject) throw new VideoUnready('There is no network yet: bring in images first.');
      await this.lookAt(this.video, this.subject, wish, job);
      if (!job.stop.signal.aborted) this.end('done', '');
    } catch (error) {
      // Who aborted it has said so.
      if (!job.stop.signal.aborted) this.end('failed', sentenceOf(error));
    }
  }

  cancel(id: number): void {
    if (this.job?.id === id) this.end('cancelled', '');
  }

  private end(reason: 'done' | 'cancelled' | 'failed', sentence: string): void {
    const { job } = this;
    if (!job) return;
    this.job = null;
    job.stop.abort();
    this.emit({ type: 'video-ended', id: job.id, reason, sentence });
  }

  private async lookAt(
    video: OpenedVideo,
    subject: Subject,
    wish: VideoWish,
    { id, stop }: Job,
  ): Promise<void> {
    const { signal } = stop;
    const pace = new Pace();
    const between = async () => {
      await pace.between();
      signal.throwIfAborted();
    };
    /** In its turn: nothing else is evaluated beside it, and training goes on between two pieces. */
    const piece = async <T>(work: () => Promise<T>) => {
      await between();
      return this.exclusively(() => {
        signal.throwIfAborted();
        return work();
      });
    };
    const { shape, ...laid } = layOut(video, subject.run, wish);
    const borrowed = await piece(async () => borrow(subject.run, wish.network));
    try {
      const { step } = borrowed;
      const look: VideoLook = { ...laid.look, step };
      this.emit({ type: 'video-began', id, look });
      const station = { subject, borrowed, look, between };
      const begun = performance.now();
      const basis =
        wish.show === 'colors'
          ? await basisOf(video.frames(spread(laid.times), shape), station, piece)
          : null;
      let seen = 0;
      for await (const { index, pixels } of video.frames(laid.times, shape)) {
        signal.throwIfAborted();
        if (pixels === null) continue;
        const shown = await piece(() => see(pixels, station, basis));
        signal.throwIfAborted();
        seen++;
        const done = index + 1;
        this.emit({
          type: 'video-frame',
          id,
          frame: { index, time: look.from + index / look.rate, pixels, shown },
          secondsLeft: ((performance.now() - begun) / 1000 / done) * (look.frames - done),
        });
      }
      if (seen === 0) throw new VideoUnready('None of its frames could be decoded.');
    } finally {
      borrowed.giveBack();
    }
  }
}

/** The grid, the frames, and everything else that is known before the first of them. */
function layOut(video: OpenedVideo, run: TrainingRun, wish: VideoWish) {
  const { views } = run.config;
  const { patchSize, depth, heads } = vitOf(run.config);
  const shape =
    wish.patches === null ? squareShape(video, views.globalSize) : ownShape(video, patchSize, wish.patches);
  const grid = { rows: shape.height / patchSize, columns: shape.width / patchSize, patchSize };
  // The mean over the heads is kept beside them.
  const bytes = frameBytes(grid, wish.show === 'heads' ? heads + 1 : 1);
  const { times, rate, from, to, limit } = planVideo(video, wish, bytes);
  const block = Math.min(wish.block ?? depth - 1, depth - 1);
  const look = { wish, block, blocks: depth, heads, ...grid, rate, frames: times.length, from, to, limit };
  return { shape, times, look };
}

/** Some of the times, evenly. */
function spread(times: readonly number[]): number[] {
  const count = Math.min(BASIS_FRAMES, times.length);
  return Array.from({ length: count }, (_, i) => times[Math.floor(((i + 0.5) * times.length) / count)] ?? 0);
}

/** Colors from tokens of all of these frames. */
async function basisOf(
  frames: ReturnType<OpenedVideo['frames']>,
  station: Station,
  piece: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<ColorBasis> {
  const { look, subject } = station;
  const { dim } = subject.run.config.backbone;
  const stride = Math.ceil((BASIS_FRAMES * look.rows * look.columns) / BASIS_TOKENS);
  const pooled: Float32Array[] = [];
  for await (const { pixels } of frames) {
    if (pixels === null) continue;
    const { rows } = await piece(() =>
      withOpened(pixels, station, (opened) => patchTokens(opened, look.block)),
    );
    for (let at = 0; at < rows.length; at += stride * dim) pooled.push(rows.slice(at, at + dim));
  }
  const all = new Float32Array(pooled.length * dim);
  for (const [i, token] of pooled.entries()) all.set(token, i * dim);
  return colorBasis(all, dim, station.between);
}

/** What is shown of one frame, from the CLS token. */
function see(pixels: Pixels, station: Station, basis: ColorBasis | null): Promise<VideoFrame['shown']> {
  const { look, between } = station;
  return withOpened(pixels, station, async (opened) => {
    if (!basis)
      return shownOf(opened, { show: look.wish.show, patch: null }, look.block, look.patchSize, between);
    const { rows } = await patchTokens(opened, look.block);
    const shares = await colorsOf(rows, basis, between);
    const data = Uint8Array.from(shares, (share) => Math.round(255 * share));
    const colors = pixelsOf({ width: look.columns, height: look.rows, data });
    return { show: 'colors', colors, explained: basis.explained };
  });
}

async function withOpened<T>(
  pixels: Pixels,
  { borrowed, subject, look, between }: Station,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const backbone = vitOf(subject.run.config);
  const rows = patchRows([rgbOf(pixels)], backbone.patchSize);
  const opened = await openNetwork(borrowed.tensors, backbone, rows, look, between);
  try {
    return await work(opened);
  } finally {
    close(opened);
  }
}

function sentenceOf(error: unknown): string {
  const known = [VideoUnready, VideoBroken, PictureTooNarrowError, NoAttentionError];
  if (error instanceof Error && known.some((kind) => error instanceof kind)) return error.message;
  return `Something went wrong that should not: ${error instanceof Error ? error.message : String(error)}`;
}
