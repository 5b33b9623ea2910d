/** What the trainer and its view workers say to each other; each end parses what it receives. */
import { z } from 'zod';
import { runConfigSchema } from '../config/schema.ts';

const pixels = z.instanceof(Uint8ClampedArray<ArrayBuffer>);
const rows = z.instanceof(Float32Array<ArrayBuffer>);

export const viewRequestSchema = z.object({
  step: z.int().min(0),
  config: runConfigSchema,
  epoch: z.int().min(0),
  images: z.array(
    z.object({ id: z.int().min(0), width: z.int().min(1), height: z.int().min(1), rgba: pixels }),
  ),
  /** To be filled; its memory comes back with the reply. */
  rows,
});
export type ViewRequest = z.output<typeof viewRequestSchema>;

export const viewReplySchema = z.object({ step: z.int().min(0), rows });
export type ViewReply = z.output<typeof viewReplySchema>;
