/** The runs of a visit: the present one, those that were put away or are finished, and forks of them. */
import { z } from 'zod';
import { runConfigSchema } from '../config/schema.ts';
import { startSchema } from './moving.ts';

const runId = z.int().min(1);
const step = z.int().min(0);

/**
 * Where a fork comes from: the run, the step of it whose state it began with, and which of its own steps that is: another
 * one where the batch has another size.
 */
export const originSchema = z.object({ id: runId, step, at: step });

/**
 * Of what is held by run, what one begins with that goes on at a step of its own: what it left itself, or a parent that
 * counts the same steps.
 */
export function heldFor<T>(
  { id, step, parent }: { id: number; step: number; parent: z.output<typeof originSchema> | null },
  held: ReadonlyMap<number, T>,
): T | undefined {
  if (step === 0) return undefined;
  const inherited = parent && parent.at === parent.step ? held.get(parent.id) : undefined;
  return held.get(id) ?? inherited;
}

export const runRecordSchema = z.object({
  id: runId,
  name: z.string(),
  config: runConfigSchema,
  /** null for a run that began anew. */
  parent: originSchema.nullable(),
  /** The weights that it began with; null for random ones, and where nobody knows. */
  start: startSchema.nullable(),
  /** Milliseconds since 1970. */
  begun: z.number(),
  phase: z.enum(['idle', 'running', 'paused', 'finished', 'fault']),
  /** Steps done, and after which the run ends. */
  step,
  totalSteps: step,
  images: z.string(),
  /** The images of the run are the present ones; without them it cannot go on. */
  here: z.boolean(),
  /** Steps whose states are kept, in their order, and the memory each takes. */
  states: z.array(z.object({ step, bytes: z.number() })),
});
export type RunRecord = z.output<typeof runRecordSchema>;

export const runNameSchema = z.string().trim().min(1).max(40);

export const runCommands = [
  /** Puts the present run away and goes on with this one, from its newest state. */
  z.object({ type: z.literal('open-run'), id: runId }),
  /**
   * A new run that goes on from a state of this one under other settings; step null is the newest, and for the present
   * run now. With `train` it trains at once.
   */
  z.object({
    type: z.literal('fork-run'),
    id: runId,
    step: step.nullable(),
    config: runConfigSchema,
    train: z.boolean(),
  }),
  z.object({ type: z.literal('rename-run'), id: runId, name: runNameSchema }),
  /** Forgets a run that is not the present one. */
  z.object({ type: z.literal('remove-run'), id: runId }),
] as const;

export const runEvents = [
  /** All runs in the order in which they began, whenever one of them changed. */
  z.object({
    type: z.literal('runs'),
    runs: z.array(runRecordSchema),
    /** Memory that the kept states take, and may take. */
    bytes: z.number(),
    budget: z.number(),
    /** Seconds of training between two states that are kept. */
    every: z.number(),
  }),
  /** What was asked of a run was not done, or not wholly; a sentence for the person. */
  z.object({ type: z.literal('run-refused'), sentence: z.string() }),
] as const;
