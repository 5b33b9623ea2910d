/** Files that hold no video for this browser, each refused in a sentence. Node has no WebCodecs, as some browsers have none. */
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Output, WebMOutputFormat } from 'mediabunny';
import { expect, it } from 'vitest';
import { openVideo, VideoRefused } from '../../../src/data/video.ts';

async function refusal(name: string, content: BlobPart): Promise<string> {
  const refused = await openVideo(new File([content], name)).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(VideoRefused);
  return refused instanceof VideoRefused ? refused.message : '';
}

async function webm(): Promise<ArrayBuffer> {
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new EncodedVideoPacketSource('vp8');
  output.addVideoTrack(source);
  await output.start();
  const decoderConfig = { codec: 'vp8', codedWidth: 16, codedHeight: 16 };
  await source.add(new EncodedPacket(Uint8Array.of(0, 0, 0), 'key', 0, 1), { decoderConfig });
  await output.finalize();
  return target.buffer ?? new ArrayBuffer();
}

it('says of an empty file, of other content, and of a file that is cut off at its head what they are', async () => {
  expect(await refusal('a.mp4', '')).toBe('“a.mp4” cannot be looked at: an empty file.');
  expect(await refusal('a.avi', 'RIFF____AVI ')).toBe(
    '“a.avi” cannot be looked at: not a video that is read here (MP4, MOV, WebM and MKV are).',
  );
  expect(await refusal('cut.webm', (await webm()).slice(0, 120))).toMatch(
    /^“cut.webm” cannot be looked at: /,
  );
});

it('says that it takes WebCodecs, where there are none', async () => {
  expect(await refusal('a.webm', await webm())).toBe(
    '“a.webm” cannot be looked at: this browser has no WebCodecs, which its frames are decoded with. Take a newer Chrome, Edge, Firefox or Safari.',
  );
});
