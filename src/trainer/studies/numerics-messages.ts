/** Plain computations that a study has done elsewhere, and what comes of them; each end parses what it receives. */
import { z } from 'zod';

// Whatever memory they lie in: they are copied.
const floats = z.custom<Float32Array>((value) => value instanceof Float32Array);
const doubles = z.custom<Float64Array>((value) => value instanceof Float64Array);
const integers = z.custom<Int32Array>((value) => value instanceof Int32Array);
const labelled = z.object({ rows: floats, labels: integers });
const probe = {
  train: labelled,
  width: z.int().min(1),
  classes: z.int().min(1),
};
const settings = z.object({
  batch: z.int().min(1),
  epochs: z.int().min(1),
  momentum: z.number(),
  weightDecay: z.number(),
  seed: z.int(),
});

export const numericsJobSchema = z.discriminatedUnion('task', [
  z.object({
    task: z.literal('probe'),
    ...probe,
    test: labelled,
    settings: settings.extend({ rate: z.number() }),
  }),
  z.object({ task: z.literal('sweep'), ...probe, settings, rates: z.array(z.number()) }),
  /** Fitted on features that are standardised by the training rows. */
  z.object({
    task: z.literal('logistic'),
    ...probe,
    test: floats,
    C: z.number(),
    iterations: z.int().min(1),
  }),
  z.object({
    task: z.literal('clusters'),
    rows: floats,
    width: z.int().min(1),
    count: z.int().min(1),
    seed: z.int(),
    restarts: z.int().min(1),
  }),
]);
export type NumericsJob = z.output<typeof numericsJobSchema>;
export type Task = NumericsJob['task'];
export type JobOf<T extends Task> = Extract<NumericsJob, { task: T }>;

export const numericsResultSchema = z.discriminatedUnion('task', [
  z.object({
    task: z.literal('probe'),
    predictions: integers,
    curve: z.array(
      z.object({
        epoch: z.int(),
        rate: z.number(),
        loss: z.number(),
        trainAccuracy: z.number(),
        testAccuracy: z.number(),
      }),
    ),
  }),
  z.object({
    task: z.literal('sweep'),
    best: z.number(),
    tried: z.array(z.object({ rate: z.number(), accuracy: z.number() })),
  }),
  z.object({ task: z.literal('logistic'), predictions: integers, converged: z.boolean() }),
  z.object({ task: z.literal('clusters'), assignment: integers, centers: doubles }),
]);
export type NumericsResult = z.output<typeof numericsResultSchema>;
export type ResultOf<T extends Task> = Extract<NumericsResult, { task: T }>;

export const numericsReplySchema = z.discriminatedUnion('type', [
  /** Epochs, rates or iterations that are done. */
  z.object({ type: z.literal('progress'), done: z.int() }),
  z.object({ type: z.literal('done'), result: numericsResultSchema }),
  /** `forPerson`: the message is a sentence for the person. */
  z.object({ type: z.literal('failed'), message: z.string(), forPerson: z.boolean() }),
]);
export type NumericsReply = z.output<typeof numericsReplySchema>;
