/** Looking closer at one picture: what is asked, and what the trainer answers. */
import { z } from 'zod';
import { floatsSchema, pixelsSchema } from './values.ts';

export const lookSchema = z.object({
  /** An image of the catalogue, or the photo that was opened last. */
  image: z.union([z.int().min(0), z.literal('photo')]),
  /** The square that training and snapshots see, or the picture's own size as far as the grid may go. */
  resolution: z.enum(['trained', 'own']),
  /** 'untrained' is the run's student before its first step. */
  network: z.enum(['teacher', 'student', 'untrained']),
  /** From 0; null for the last. */
  block: z.int().min(0).nullable(),
  /** The patch that attends; null for the CLS token. */
  patch: z.int().min(0).nullable(),
  show: z.enum(['heads', 'rollout', 'colors', 'distances']),
});
export type Look = z.output<typeof lookSchema>;

export const shownSchema = z.discriminatedUnion('show', [
  /** Attention to the patches, [heads, rows, columns]; each head sums to at most 1. */
  z.object({ show: z.literal('heads'), maps: floatsSchema }),
  /** Rollout from the chosen block down, [rows, columns]. */
  z.object({ show: z.literal('rollout'), map: floatsSchema }),
  /** First three principal components of the patch tokens as red, green and blue, a pixel a patch, and their shares of the variance. */
  z.object({ show: z.literal('colors'), colors: pixelsSchema, explained: z.array(z.number()) }),
  /** Mean attention distance, pixels of the picture, [blocks][heads]. */
  z.object({ show: z.literal('distances'), distances: z.array(z.array(z.number())) }),
]);

export const lookResultSchema = z.object({
  /** What was looked at: the wish, brought within the network's blocks and the picture's patches. */
  look: lookSchema,
  step: z.int(),
  /** The block that was looked at, from 0, and how many there are. */
  block: z.int(),
  blocks: z.int(),
  heads: z.int(),
  rows: z.int(),
  columns: z.int(),
  /** Side of a patch, pixels. */
  patchSize: z.int(),
  /** What the network saw, before normalisation. */
  pixels: pixelsSchema,
  /** Size of the picture that was given. */
  source: z.object({ width: z.int(), height: z.int() }),
  /** What the look took. */
  milliseconds: z.number(),
  shown: shownSchema,
});
export type LookResult = z.output<typeof lookResultSchema>;

export const photoSchema = z.object({ name: z.string(), width: z.int(), height: z.int() });
export type Photo = z.output<typeof photoSchema>;

export const lookCommands = [
  /** Answered by 'look' or 'look-refused' with the same id. It ends the look before it, if that is still under way. */
  z.object({ type: z.literal('look'), id: z.int(), look: lookSchema }),
  /** A photo to look at that is no part of the images. Answered by 'photo' or 'photo-refused'. */
  z.object({ type: z.literal('open-photo'), file: z.instanceof(File) }),
] as const;

export const lookEvents = [
  z.object({ type: z.literal('look'), id: z.int(), result: lookResultSchema }),
  /** A sentence for the person; null where the run was replaced meanwhile, or a newer look came. */
  z.object({ type: z.literal('look-refused'), id: z.int(), sentence: z.string().nullable() }),
  z.object({ type: z.literal('photo'), photo: photoSchema }),
  z.object({ type: z.literal('photo-refused'), sentence: z.string() }),
] as const;
