/** What the decode pool and its workers say to each other; each end parses what it receives. */
import { z } from 'zod';

export const decodeRequestSchema = z.object({
  id: z.int(),
  blob: z.instanceof(Blob),
  /** Shorter side to keep, pixels. */
  side: z.int().min(1),
});
export type DecodeRequest = z.output<typeof decodeRequestSchema>;

export const decodeReplySchema = z.discriminatedUnion('ok', [
  z
    .object({
      ok: z.literal(true),
      id: z.int(),
      width: z.int().min(1),
      height: z.int().min(1),
      /** RGBA8, row by row. */
      rgba: z.instanceof(Uint8ClampedArray<ArrayBuffer>),
    })
    .refine(
      ({ width, height, rgba }) => rgba.length === width * height * 4,
      'pixels do not fill the picture',
    ),
  z.object({ ok: z.literal(false), id: z.int(), reason: z.string() }),
]);
export type DecodeReply = z.output<typeof decodeReplySchema>;
