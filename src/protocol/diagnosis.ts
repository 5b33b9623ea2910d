/** Signs of collapse that take many images to see: what prototypes the teacher uses, how many directions its features fill. */
import { z } from 'zod';
import { floatsSchema } from './values.ts';

const usageSchema = z.object({
  /** Images that each prototype is the teacher's likeliest of, [K]. */
  histogram: floatsSchema,
  /** Prototypes with an image. */
  used: z.int(),
  /** As many prototypes in even use would be as hard to guess: 1 … K. */
  perplexity: z.number(),
  /** Effective rank of the teacher's features: 1 … width. */
  rank: z.number(),
});
export type Usage = z.output<typeof usageSchema>;

export const diagnosisSchema = z.object({
  step: z.int(),
  /** Training images that were asked, a seeded choice. */
  images: z.int(),
  /** K. */
  prototypes: z.int(),
  /** Of a feature. */
  width: z.int(),
  teacher: usageSchema,
  /** The same network before its first step, with a center of 0. */
  untrained: usageSchema,
  milliseconds: z.number(),
});
export type Diagnosis = z.output<typeof diagnosisSchema>;

export const diagnosisCommands = [
  /** Answered by 'diagnosis', of the run as it is when its turn comes. */
  z.object({ type: z.literal('diagnose') }),
] as const;

export const diagnosisEvents = [
  /** null where there is no run to look at, or it was replaced meanwhile. */
  z.object({ type: z.literal('diagnosis'), diagnosis: diagnosisSchema.nullable() }),
] as const;
