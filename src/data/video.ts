/** Opens a video that is to be looked at and not trained on, and decodes its frames through WebCodecs. */
import type { EncodedPacket, InputVideoTrack, VideoSample } from 'mediabunny';
import type { Pixels } from '../core/pixels.ts';
import type { VideoLength } from '../core/video-plan.ts';
import { reasonOf } from './intake-errors.ts';
import type { ViewShape } from './own-view.ts';

/** Frames from which the mean rate is taken: some seconds of any video. */
const RATE_FRAMES = 256;

const CODEC_NAMES: Record<string, string> = {
  avc: 'H.264',
  hevc: 'H.265 (HEVC)',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  prores: 'ProRes',
  mpeg4: 'MPEG-4 Visual',
};

/** A sentence for the person. */
export class VideoRefused extends Error {
  override name = 'VideoRefused';
  constructor(name: string, reason: string) {
    super(`“${name}” cannot be looked at: ${reason}.`);
  }
}

/** Decoding ended before the frames did. */
export class VideoBroken extends Error {
  override name = 'VideoBroken';
  constructor(name: string, cause: unknown) {
    super(
      `“${name}” breaks off here (${reasonOf(cause)}). The frames before stay; what comes after is left out.`,
    );
  }
}

export interface DecodedFrame {
  /** Which of the times asked for, from 0. */
  index: number;
  /** null where it is the same frame as at the time before. */
  pixels: Pixels | null;
}

export interface OpenedVideo extends VideoLength {
  name: string;
  /** Pixels, as a player shows it: upright, of square pixels. */
  width: number;
  height: number;
  codec: string;
  /** Mean frames a second; 0 for a single frame. */
  rate: number;
  /**
   * The frames at these times (rising, seconds from the beginning), cut and scaled. A moment has the newest frame that
   * is not after it. @throws VideoBroken
   */
  frames(times: readonly number[], shape: ViewShape): AsyncGenerator<DecodedFrame, void, undefined>;
  close(): void;
}

/** @throws VideoRefused where there is no video in it that can be decoded here. */
export async function openVideo(file: File): Promise<OpenedVideo> {
  const refuse = (reason: string) => new VideoRefused(file.name, reason);
  if (file.size === 0) throw refuse('an empty file');
  // The library is fetched when the first video comes: most visits have none.
  const { BlobSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, VideoSampleSink, WEBM } = await import(
    'mediabunny'
  );
  const input = new Input({ source: new BlobSource(file), formats: [MP4, QTFF, WEBM, MATROSKA] });
  try {
    if (!(await input.canRead())) throw refuse('not a video that is read here (MP4, MOV, WebM and MKV are)');
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw refuse('there is no picture in it');
    await demandDecoder(track, refuse);
    const begin = await track.getFirstTimestamp();
    const last = await new EncodedPacketSink(track).getPacket(Number.POSITIVE_INFINITY, {
      metadataOnly: true,
    });
    if (!last) throw refuse('there is no frame in it');
    const probe = await track.computeFrameRateMetrics({ targetPacketCount: RATE_FRAMES });
    // Of one frame there is no rate, nor of frames that all claim one time.
    const several = probe.probedPacketCount > 1 && Number.isFinite(probe.averageFrameRate);
    const rate = several ? probe.averageFrameRate : 0;
    const name = file.name;
    const width = Math.round(await track.getDisplayWidth());
    const height = Math.round(await track.getDisplayHeight());
    return {
      name,
      width,
      height,
      seconds: (await endOf(track, last, rate)) - begin,
      rate,
      fastest: several ? probe.maxFrameRate : 0,
      codec: await codecName(track),
      frames: (times, shape) =>
        decoded(new VideoSampleSink(track).samplesAtTimestamps(shifted(times, begin)), shape, {
          name,
          width,
          height,
        }),
      close: () => input.dispose(),
    };
  } catch (error) {
    input.dispose();
    if (error instanceof VideoRefused) throw error;
    throw refuse(`it is broken (${reasonOf(error)})`);
  }
}

/** @throws VideoRefused where its frames cannot be decoded here. */
async function demandDecoder(
  track: InputVideoTrack,
  refuse: (reason: string) => VideoRefused,
): Promise<void> {
  if (typeof VideoDecoder === 'undefined')
    throw refuse(
      'this browser has no WebCodecs, which its frames are decoded with. Take a newer Chrome, Edge, Firefox or Safari',
    );
  const codec = await codecName(track);
  if ((await track.getCodec()) === null) throw refuse(`its codec, ${codec}, is not known here`);
  if (!(await track.canDecode()))
    throw refuse(`this browser does not decode ${codec}. Save the video as H.264, VP9 or AV1`);
}

/** When the last frame ends. WebM says so of the file alone, if at all; failing that it stands as long as the others. */
async function endOf(track: InputVideoTrack, { timestamp, duration }: EncodedPacket, rate: number) {
  if (duration > 0) return timestamp + duration;
  const stated = (await track.getDurationFromMetadata()) ?? 0;
  if (stated > timestamp) return stated;
  return timestamp + (rate > 0 ? 1 / rate : 0);
}

async function codecName(track: InputVideoTrack): Promise<string> {
  const codec = await track.getCodec();
  if (codec === null) return `“${String(await track.getInternalCodecId())}”`;
  return CODEC_NAMES[codec] ?? codec;
}

const shifted = (times: readonly number[], by: number) => times.map((time) => time + by);

async function* decoded(
  samples: AsyncGenerator<VideoSample | null, void, unknown>,
  shape: ViewShape,
  video: { name: string; width: number; height: number },
): AsyncGenerator<DecodedFrame, void, undefined> {
  const canvas = new OffscreenCanvas(shape.width, shape.height);
  // Reading back is all that this canvas is for, so it had better not live on the GPU.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context === null) throw new VideoBroken(video.name, new Error('there is no memory for its pixels'));
  context.imageSmoothingQuality = 'high';
  let before: number | null = null;
  let index = 0;
  try {
    for await (const sample of samples) {
      if (sample && sample.timestamp !== before) {
        before = sample.timestamp;
        yield { index, pixels: drawn(sample, shape, video, context) };
      } else {
        sample?.close();
        yield { index, pixels: null };
      }
      index++;
    }
  } catch (error) {
    throw new VideoBroken(video.name, error);
  }
}

function drawn(
  sample: VideoSample,
  { box, width, height }: ViewShape,
  video: { width: number; height: number },
  context: OffscreenCanvasRenderingContext2D,
): Pixels {
  try {
    // The box counts in the video's upright pixels; a frame may have others, where the size changes midway.
    const x = sample.displayWidth / video.width;
    const y = sample.displayHeight / video.height;
    sample.draw(context, box.left * x, box.top * y, box.width * x, box.height * y, 0, 0, width, height);
  } finally {
    sample.close();
  }
  return { width, height, rgba: context.getImageData(0, 0, width, height).data };
}
