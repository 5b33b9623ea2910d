/** What goes out of a run as files, and weights that come in. */
import { z } from 'zod';

export const networkNameSchema = z.enum(['teacher', 'student']);
export type NetworkName = z.output<typeof networkNameSchema>;

/** Under which names weights are written; timm's are the official ones. */
export const weightNamesSchema = z.enum(['official', 'timm', 'hugging-face']);
export type WeightNames = z.output<typeof weightNamesSchema>;

export const movingCommands = [
  /** All of the present run, to go on with it elsewhere. Answered by 'exported' or 'moving-refused'. */
  z.object({ type: z.literal('export-run') }),
  /** The backbone of one network. Answered likewise. */
  z.object({ type: z.literal('export-weights'), network: networkNameSchema, names: weightNamesSchema }),
] as const;

export const movingEvents = [
  /** A file for the person. */
  z.object({ type: z.literal('exported'), name: z.string(), file: z.instanceof(Blob) }),
  /** What was asked was not done; a sentence for the person. */
  z.object({ type: z.literal('moving-refused'), sentence: z.string() }),
] as const;
