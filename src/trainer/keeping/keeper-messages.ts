/** The talk between the trainer and the worker that keeps its runs; each end parses what it receives. */
import { z } from 'zod';

const about = z.object({
  run: z.string(),
  savedAt: z.number(),
  step: z.int().min(0),
  score: z.number().nullable(),
  card: z.string(),
});
const bytes = z.instanceof(Uint8Array<ArrayBuffer>);

export const keeperTaskSchema = z.discriminatedUnion('task', [
  z.object({
    task: z.literal('save'),
    id: z.int(),
    about,
    parts: z.array(z.object({ name: z.string(), pieces: z.array(bytes) })),
  }),
  /** The newest whole state of the run, or the one at a step. */
  z.object({ task: z.literal('load'), id: z.int(), run: z.string(), step: z.int().nullable() }),
]);
export type KeeperTask = z.output<typeof keeperTaskSchema>;

/** What is in the store. */
const inventorySchema = z.object({
  /** The newest first, and so are the states of each. */
  runs: z.array(
    z.object({
      states: z.array(about),
      best: z.object({ step: z.int(), score: z.number() }).nullable(),
      bytes: z.number(),
    }),
  ),
  unusable: z.array(z.string()),
});
export type Inventory = z.output<typeof inventorySchema>;

export const keeperReplySchema = z.discriminatedUnion('type', [
  /** Whether this tab may keep runs, and what is there; sent when one of them changes. */
  z.object({
    type: z.literal('store'),
    state: z.enum(['ready', 'elsewhere', 'impossible']),
    detail: z.string(),
    inventory: inventorySchema.nullable(),
  }),
  z.object({ type: z.literal('saved'), id: z.int() }),
  z.object({
    type: z.literal('loaded'),
    id: z.int(),
    /** null where no such state of the run is whole. */
    found: z.object({ about, parts: z.map(z.string(), bytes) }).nullable(),
  }),
  z.object({ type: z.literal('failed'), id: z.int(), full: z.boolean(), message: z.string() }),
]);
export type KeeperReply = z.output<typeof keeperReplySchema>;
export type StoreState = Omit<Extract<KeeperReply, { type: 'store' }>, 'type'>;
