/** Decodes one image after the other: upright, first frame, on white, at the size that is kept. */
import '../core/no-eval.ts';
import { type DecodeReply, type DecodeRequest, decodeRequestSchema } from './decode-messages.ts';
import { fitWithin } from './working-size.ts';

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = (event: MessageEvent<unknown>) => {
  // A wrong message throws here, outside of the promise, so that it ends as an error event in the pool.
  void answer(decodeRequestSchema.parse(event.data));
};

async function answer({ id, blob, side }: DecodeRequest): Promise<void> {
  const reply = await decode(blob, side).then(
    (image): DecodeReply => ({ ok: true, id, width: image.width, height: image.height, rgba: image.data }),
    (error: unknown): DecodeReply => ({ ok: false, id, reason: reasonFor(error) }),
  );
  self.postMessage(reply, reply.ok ? [reply.rgba.buffer] : []);
}

async function decode(blob: Blob, side: number): Promise<ImageData> {
  const bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' });
  try {
    const { width, height } = fitWithin(bitmap.width, bitmap.height, side);
    // Reading back is all that this canvas is for, so it had better not live on the GPU.
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('there is no memory for its pixels');
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

/** Browsers say "The source image could not be decoded." in their own words. */
function reasonFor(error: unknown): string {
  if (error instanceof DOMException && error.name === 'InvalidStateError') return 'decoding failed';
  return error instanceof Error ? `decoding failed (${error.message})` : 'decoding failed';
}
