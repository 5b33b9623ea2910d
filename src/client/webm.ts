/** Pictures, one after the other, as a WebM file: encoded by the browser, in pieces that leave the page its turns. */

/** What can be in a WebM file, the best that most players take first. */
const CODECS = ['vp9', 'vp8', 'av1'] as const;

export interface Clip {
  /** Pixels; even numbers, as encoders halve the color's resolution. */
  width: number;
  height: number;
  /** How long each frame stands, seconds. */
  seconds: readonly number[];
  /** Paints a frame; the canvas holds the one before. */
  paint(context: CanvasRenderingContext2D, frame: number): void;
}

export class NoVideoEncoder extends Error {
  override name = 'NoVideoEncoder';
  constructor() {
    super(
      'This browser cannot write video: it encodes none of VP9, VP8 and AV1 through WebCodecs. A newer Chrome, Edge or Firefox can.',
    );
  }
}

/**
 * The file's bytes. @param onFrame told of each frame that was handed to the encoder, how many there are by then.
 * @throws NoVideoEncoder, and the signal's reason where it is aborted.
 */
export async function webmOf(
  { width, height, seconds, paint }: Clip,
  onFrame: (done: number) => void,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  // Fetched when the first video is written: most visits write none.
  const { BufferTarget, CanvasSource, getFirstEncodableVideoCodec, Output, QUALITY_HIGH, WebMOutputFormat } =
    await import('mediabunny');
  const codec =
    typeof VideoEncoder === 'undefined'
      ? null
      : await getFirstEncodableVideoCodec([...CODECS], { width, height });
  if (codec === null) throw new NoVideoEncoder();
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error(`There is no memory for a picture of ${width} × ${height} px`);
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new CanvasSource(canvas, { codec, bitrate: QUALITY_HIGH });
  output.addVideoTrack(source);
  await output.start();
  try {
    let time = 0;
    for (const [i, duration] of seconds.entries()) {
      signal.throwIfAborted();
      paint(context, i);
      await turn();
      await source.add(time, duration);
      time += duration;
      onFrame(i + 1);
      await turn();
    }
    await output.finalize();
  } catch (error) {
    await output.cancel();
    throw error;
  }
  if (target.buffer === null) throw new Error('The encoder ended without a file');
  return target.buffer;
}

/** Lets the page answer whoever waits. */
const turn = () => new Promise((resolve) => setTimeout(resolve));
