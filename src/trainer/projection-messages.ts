/** What the trainer and its projection worker say to each other; each end parses what it receives. */
import { z } from 'zod';
import { mapResultSchema, projectionSchema } from '../protocol/embedding.ts';

const floats = z.instanceof(Float32Array<ArrayBuffer>);
const integers = z.instanceof(Int32Array<ArrayBuffer>);

export const projectionJobSchema = z.object({
  rows: floats,
  width: z.int().min(1),
  labels: integers,
  clusters: z.int().min(1),
  projection: projectionSchema,
  seed: z.int().min(0),
  start: floats.nullable(),
});
export type ProjectionJob = z.output<typeof projectionJobSchema>;

const { used, positions, clusters, explained, faithfulness } = mapResultSchema.shape;

export const projectionReplySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stage'), text: z.string(), share: z.number().nullable() }),
  z.object({ type: z.literal('positions'), positions }),
  z.object({ type: z.literal('done'), used, positions, clusters, explained, faithfulness }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type ProjectionReply = z.output<typeof projectionReplySchema>;
