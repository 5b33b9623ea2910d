/** A range of samples: what the pool asks of a worker, what it gets, and the work between. */
import { z } from 'zod';
import { makeSample, SAMPLE_CLASSES, SAMPLE_SIDE } from './samples.ts';

const PIXELS = SAMPLE_SIDE * SAMPLE_SIDE;

export const rangeRequestSchema = z.strictObject({
  seed: z.int().min(0),
  split: z.enum(['train', 'val']),
  /** First position in the split, and the one after the last. */
  from: z.int().min(0),
  to: z.int().min(0),
  tinted: z.boolean(),
});
export type RangeRequest = z.output<typeof rangeRequestSchema>;

const sampleSchema = z.strictObject({
  label: z
    .int()
    .min(0)
    .max(SAMPLE_CLASSES.length - 1),
  rgba: z.instanceof(Uint8ClampedArray<ArrayBuffer>).refine(({ length }) => length === PIXELS * 4),
  mask: z.instanceof(Uint8Array<ArrayBuffer>).refine(({ length }) => length === PIXELS),
});

export const rangeReplySchema = z.strictObject({
  split: z.enum(['train', 'val']),
  from: z.int().min(0),
  samples: z.array(sampleSchema),
});
export type RangeReply = z.output<typeof rangeReplySchema>;

/** Makes the samples from … to − 1. */
export function makeRange({ seed, split, from, to, tinted }: RangeRequest): RangeReply {
  const samples = Array.from({ length: to - from }, (_, i) =>
    makeSample({ seed, split, index: from + i, tinted }),
  );
  return { split, from, samples };
}

/** The memory that moves with a reply; each image owns its own, so that one can be sent on without the others. */
export function transferOf({ samples }: RangeReply): ArrayBuffer[] {
  return samples.flatMap(({ rgba, mask }) => [rgba.buffer, mask.buffer]);
}
