/** Videos made on the spot: frames are encoded in the browser, put into a file here, and read back the same way. */
import type { Page } from '@playwright/test';
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  Mp4OutputFormat,
  Output,
  type Rotation,
  type VideoCodec,
  WebMOutputFormat,
} from 'mediabunny';

export interface Scene {
  width: number;
  height: number;
  /** When each frame begins, seconds. */
  times: readonly number[];
  /** The last frame ends here. */
  seconds: number;
}

/** Codecs as WebCodecs call them. */
const NAMES = { vp8: 'vp8', vp9: 'vp09.00.10.08', avc: 'avc1.42001f' } as const;
type Codec = keyof typeof NAMES;

interface Encoded {
  codec: Codec;
  scene: Scene;
  chunks: { key: boolean; seconds: number; bytes: string }[];
  description: string | null;
}

/** A frame every so often; a light square goes from left to right over a dark ground. */
export function scene(width: number, height: number, frames: number, rate: number): Scene {
  return { width, height, times: Array.from({ length: frames }, (_, i) => i / rate), seconds: frames / rate };
}

/** Encodes the scene in the page's browser. */
export async function encoded(page: Page, codec: Codec, of: Scene): Promise<Encoded> {
  const made = await page.evaluate(
    async ({ name, width, height, times }) => {
      const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
      const chunks: { key: boolean; seconds: number; bytes: string }[] = [];
      let description: string | null = null;
      const encoder = new VideoEncoder({
        error: (error) => {
          throw error;
        },
        output: (chunk, about) => {
          const bytes = new Uint8Array(chunk.byteLength);
          chunk.copyTo(bytes);
          chunks.push({
            key: chunk.type === 'key',
            seconds: chunk.timestamp / 1e6,
            bytes: base64(bytes),
          });
          const said = about?.decoderConfig?.description;
          if (said instanceof ArrayBuffer) description = base64(new Uint8Array(said));
          else if (said && ArrayBuffer.isView(said))
            description = base64(new Uint8Array(said.buffer, said.byteOffset, said.byteLength));
        },
      });
      encoder.configure({ codec: name, width, height, bitrate: 400_000, framerate: 8 });
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext('2d');
      if (!context) throw new Error('No canvas');
      const side = height / 3;
      for (const [i, seconds] of times.entries()) {
        context.fillStyle = '#203048';
        context.fillRect(0, 0, width, height);
        context.fillStyle = '#ffe9a0';
        const share = times.length < 2 ? 0 : i / (times.length - 1);
        context.fillRect(share * (width - side), side / 2, side, side);
        const frame = new VideoFrame(canvas, { timestamp: Math.round(seconds * 1e6) });
        encoder.encode(frame, { keyFrame: i % 8 === 0 });
        frame.close();
      }
      await encoder.flush();
      encoder.close();
      return { chunks, description };
    },
    { ...of, name: NAMES[codec] },
  );
  return { codec, scene: of, ...made };
}

interface Packing {
  format: 'webm' | 'mp4';
  rotation?: Rotation;
  /** What the file claims its codec to be, and the record of settings that it keeps of that. */
  claimed?: { codec: VideoCodec; name: string; description: Uint8Array };
}

/** The same with nonsense in place of this frame. */
export function spoiled(whole: Encoded, frame: number): Encoded {
  const nonsense = Buffer.alloc(40, 0xff).toString('base64');
  const chunks = whole.chunks.map((chunk, i) => (i === frame ? { ...chunk, bytes: nonsense } : chunk));
  return { ...whole, chunks };
}

/** A file with sound and no picture. */
export async function soundOnly(): Promise<Buffer> {
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new EncodedAudioPacketSource('opus');
  output.addAudioTrack(source);
  await output.start();
  const decoderConfig = { codec: 'opus', numberOfChannels: 1, sampleRate: 48_000 };
  await source.add(new EncodedPacket(Uint8Array.of(0xf8, 0xff, 0xfe), 'key', 0, 0.02), { decoderConfig });
  await output.finalize();
  return Buffer.from(target.buffer ?? new ArrayBuffer());
}

/** The file with these frames. */
export async function packed(
  { codec, scene: of, chunks, description }: Encoded,
  { format, rotation = 0, claimed }: Packing,
): Promise<Buffer> {
  const target = new BufferTarget();
  const output = new Output({
    format: format === 'webm' ? new WebMOutputFormat() : new Mp4OutputFormat(),
    target,
  });
  const source = new EncodedVideoPacketSource(claimed?.codec ?? codec);
  output.addVideoTrack(source, { rotation });
  await output.start();
  const decoderConfig = {
    codec: claimed?.name ?? NAMES[codec],
    codedWidth: of.width,
    codedHeight: of.height,
    ...(description === null ? {} : { description: Buffer.from(description, 'base64') }),
    ...(claimed ? { description: claimed.description } : {}),
  };
  for (const [i, { key, seconds, bytes }] of chunks.entries()) {
    const next = of.times[i + 1] ?? of.seconds;
    const data = new Uint8Array(Buffer.from(bytes, 'base64'));
    await source.add(new EncodedPacket(data, key ? 'key' : 'delta', seconds, next - seconds), {
      decoderConfig,
    });
  }
  await output.finalize();
  return Buffer.from(target.buffer ?? new ArrayBuffer());
}

export interface Decoded {
  codec: string;
  width: number;
  height: number;
  seconds: number;
  frames: {
    seconds: number;
    /** Light of a 32 × 16 picture of the frame, 0 … 255, row by row. */
    light: number[];
  }[];
}

/** Reads a file back: taken apart here, decoded in the page's browser. */
export async function decoded(page: Page, bytes: Uint8Array): Promise<Decoded> {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Error('The file has no video');
  const config = await track.getDecoderConfig();
  const packets: { key: boolean; seconds: number; bytes: string }[] = [];
  for await (const packet of new EncodedPacketSink(track).packets())
    packets.push({
      key: packet.type === 'key',
      seconds: packet.timestamp,
      bytes: Buffer.from(packet.data).toString('base64'),
    });
  const codec = config?.codec ?? '';
  const frames = await page.evaluate(
    async ({ name, chunks }) => {
      const found: { seconds: number; light: number[] }[] = [];
      const context = new OffscreenCanvas(32, 16).getContext('2d', { willReadFrequently: true });
      if (!context) throw new Error('No canvas');
      const decoder = new VideoDecoder({
        error: (error) => {
          throw error;
        },
        output: (frame) => {
          context.drawImage(frame, 0, 0, 32, 16);
          const { data } = context.getImageData(0, 0, 32, 16);
          const light = Array.from({ length: 32 * 16 }, (_, i) =>
            Math.round(((data[4 * i] ?? 0) + (data[4 * i + 1] ?? 0) + (data[4 * i + 2] ?? 0)) / 3),
          );
          found.push({ seconds: frame.timestamp / 1e6, light });
          frame.close();
        },
      });
      decoder.configure({ codec: name });
      for (const { key, seconds, bytes } of chunks)
        decoder.decode(
          new EncodedVideoChunk({
            type: key ? 'key' : 'delta',
            timestamp: Math.round(seconds * 1e6),
            data: Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)),
          }),
        );
      await decoder.flush();
      decoder.close();
      return found;
    },
    { name: codec, chunks: packets },
  );
  return {
    codec: (await track.getCodec()) ?? 'unknown',
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    // A WebM's frames do not say how long they stand; the file does.
    seconds: (await track.getDurationFromMetadata()) ?? Number.NaN,
    frames,
  };
}
