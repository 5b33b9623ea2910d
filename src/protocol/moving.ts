/** What goes out of a run as files, and what comes in. */
import { z } from 'zod';
import { runConfigSchema } from '../config/schema.ts';

export const networkNameSchema = z.enum(['teacher', 'student']);
export type NetworkName = z.output<typeof networkNameSchema>;

/** Under which names weights are written; timm's are the official ones. */
export const weightNamesSchema = z.enum(['official', 'timm', 'hugging-face']);
export type WeightNames = z.output<typeof weightNamesSchema>;

const names = z.array(z.string());
const sizes = z.array(z.int());

/** A file held against the network that it is of; the names are those of the network, of `unexpected` the file's. */
export const keyReportSchema = z.object({
  matched: names,
  missing: names,
  /** In the file and not used. */
  unexpected: names,
  misshaped: z.array(z.object({ name: z.string(), wanted: sizes, found: sizes })),
  /** With a value that is no finite number. */
  damaged: names,
});
export type KeyReport = z.output<typeof keyReportSchema>;

export const openedFileSchema = z.object({
  name: z.string(),
  /** Whose names are in the file; 'state' is a run as it is saved here. */
  dialect: z.enum(['state', 'official', 'hugging-face']),
  /** Those to choose from, and the chosen one. */
  networks: z.array(networkNameSchema),
  network: networkNameSchema,
  /** null of a network whose weights nothing can start from here. */
  backbone: z
    .union([
      z.object({
        architecture: z.enum(['resnet18', 'resnet50']),
        width: z.int(),
        stem: z.enum(['imagenet', 'small']),
      }),
      z.object({
        architecture: z.literal('vit'),
        patchSize: z.int(),
        dim: z.int(),
        depth: z.int(),
        heads: z.int(),
        mlpRatio: z.number(),
        qkvBias: z.boolean(),
      }),
    ])
    .nullable(),
  /** The number of heads was in the file; otherwise they are taken to be 64 wide. */
  headsSaid: z.boolean(),
  /** Side of the square that the table of positions is made for, pixels. */
  imageSize: z.int(),
  report: keyReportSchema,
  /** Nothing lacks: the weights may be used. */
  whole: z.boolean(),
  /** Of a saved run: its step and settings, and why it cannot be gone on with now; null where it can. */
  run: z.object({ step: z.int(), config: runConfigSchema, refusal: z.string().nullable() }).nullable(),
});
export type OpenedFile = z.output<typeof openedFileSchema>;

/** What new runs start from. */
export const startSchema = z.object({ name: z.string(), network: networkNameSchema });
export type Start = z.output<typeof startSchema>;

const id = z.int();

export const movingCommands = [
  /** All of the present run, to go on with it elsewhere. Answered by 'exported' or 'moving-refused'. */
  z.object({ type: z.literal('export-run') }),
  /** The backbone of one network. Answered likewise. */
  z.object({ type: z.literal('export-weights'), network: networkNameSchema, names: weightNamesSchema }),
  /** Looks into a file of weights, or of a run. Answered by 'weights-opened' or 'weights-refused'. */
  z.object({ type: z.literal('open-weights'), id, file: z.instanceof(File), network: networkNameSchema }),
  /** The file that was opened is not needed any more. */
  z.object({ type: z.literal('close-weights') }),
  /** Begins a run under these settings from the opened weights, as do all new runs until they are let go. */
  z.object({ type: z.literal('start-from-weights'), config: runConfigSchema }),
  /** New runs start from random weights again; the present one does if it has made no step. */
  z.object({ type: z.literal('let-weights-go') }),
  /** Goes on with the opened run; the one in progress is put away. */
  z.object({ type: z.literal('go-on-with-file') }),
] as const;

export const movingEvents = [
  /** A file for the person. */
  z.object({ type: z.literal('exported'), name: z.string(), file: z.instanceof(Blob) }),
  /** What was asked was not done; a sentence for the person. */
  z.object({ type: z.literal('moving-refused'), sentence: z.string() }),
  z.object({ type: z.literal('weights-opened'), id, opened: openedFileSchema }),
  z.object({ type: z.literal('weights-refused'), id, sentence: z.string() }),
  /** What new runs start from has changed; null is random weights. */
  z.object({ type: z.literal('start-weights'), start: startSchema.nullable() }),
] as const;
