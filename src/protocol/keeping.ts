/** Runs that outlive the page: what the browser keeps of them, whether it can, and going on with one. */
import { z } from 'zod';
import { runConfigSchema } from '../config/schema.ts';
import { startSchema } from './moving.ts';
import { backendInfoSchema, datasetSummarySchema } from './values.ts';

const step = z.int().min(0);

/** What a kept file says of its run, beside its state. */
export const keptCardSchema = z.object({
  name: z.string(),
  config: runConfigSchema,
  totalSteps: step,
  /** The run that it was forked from; null for one that began anew. */
  parent: z.object({ name: z.string(), step }).nullable(),
  /** The weights that it began with; null for random ones, and in files that do not say. */
  start: startSchema.nullable().default(null),
  images: datasetSummarySchema.pick({ name: true, source: true, fingerprint: true }).extend({ count: step }),
  backend: backendInfoSchema.pick({ backend: true, adapter: true }),
});
export type KeptCard = z.output<typeof keptCardSchema>;

/** A run that can be gone on with after the page was left. */
export const keptRunSchema = keptCardSchema.extend({
  /** Eight hex digits that tell it from all others in this browser. */
  key: z.string(),
  /** The newest state of it: its step, and when it was saved, milliseconds since 1970. */
  step,
  savedAt: z.number(),
  /** The state with the best k-NN score, where one was scored. */
  best: z.object({ step, score: z.number() }).nullable(),
  /** Of all its files. */
  bytes: z.number(),
});
export type KeptRun = z.output<typeof keptRunSchema>;

/** Which state of a kept run is meant: the newest, or the one with the best k-NN score. */
const keptStateSchema = z.enum(['newest', 'best']);
export type KeptState = z.output<typeof keptStateSchema>;

export const keepingSchema = z.object({
  /**
   * opening: not known yet. ready: runs are saved. elsewhere: another tab of this page saves its own. impossible: this
   * browser keeps nothing here. full: there is no room. failed: the last save did not succeed for another reason.
   */
  state: z.enum(['opening', 'ready', 'elsewhere', 'impossible', 'full', 'failed']),
  /** What the browser said; empty where it said nothing. */
  detail: z.string(),
  /** The newest saved state of the present run; null while there is none. */
  saved: z.object({ step, at: z.number() }).nullable(),
});
export type Keeping = z.output<typeof keepingSchema>;

export const keepingCommands = [
  /**
   * Goes on with a kept run from its newest whole state; from its best one as a run of its own, so that the newer states
   * stay. Samples are made again; other images must be there.
   */
  z.object({ type: z.literal('resume-kept'), key: z.string(), state: keptStateSchema }),
  /** The whole state, in our own format. Answered by 'exported'. */
  z.object({ type: z.literal('export-kept'), key: z.string(), state: keptStateSchema }),
  /**
   * After a fault: goes on with the present run from its last good state, under these settings where a fork may have
   * them.
   */
  z.object({ type: z.literal('go-on'), config: runConfigSchema }),
] as const;

export const keepingEvents = [
  z.object({ type: z.literal('keeping'), keeping: keepingSchema }),
  z.object({
    type: z.literal('kept-runs'),
    /** The newest first; runs of this visit are not among them. */
    runs: z.array(keptRunSchema),
    /** What is there and cannot be gone on from, each in a sentence. */
    unusable: z.array(z.string()),
  }),
  /** A kept run was not gone on with; a sentence for the person. */
  z.object({ type: z.literal('keeping-refused'), sentence: z.string() }),
  /** The GPU was lost, and the run goes on on a new device from this step; it had come to `lost`. */
  z.object({ type: z.literal('recovered'), step, lost: step }),
] as const;
