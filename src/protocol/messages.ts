/** The messages between page and trainer. Commands go in, events come out; nothing runs here. */
import { z } from 'zod';
import { runConfigSchema } from '../config/schema.ts';
import { anatomyCommands, anatomyEvents } from './anatomy.ts';
import { clusterCommands } from './cluster.ts';
import { diagnosisCommands, diagnosisEvents } from './diagnosis.ts';
import { mapCommands, mapEvents } from './embedding.ts';
import { keepingCommands, keepingEvents } from './keeping.ts';
import { lookCommands, lookEvents } from './looks.ts';
import { movingCommands, movingEvents } from './moving.ts';
import { originSchema, runCommands, runEvents } from './runs.ts';
import { studyCommands, studyEvents } from './studies.ts';
import {
  attentionSnapshotSchema,
  backendInfoSchema,
  cropsSchema,
  datasetSummarySchema,
  faultSchema,
  idsSchema,
  imageCardSchema,
  intakeProgressSchema,
  knnResultSchema,
  machineSpeedSchema,
  modelSummarySchema,
  neighboursSchema,
  scheduleCurvesSchema,
  sessionStatusSchema,
  sourceFileSchema,
  stepMetricsSchema,
} from './values.ts';
import { videoCommands, videoEvents } from './videos.ts';

const sharedMemorySchema = z.custom<SharedArrayBuffer>(
  (value) => typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer,
);

export const commandSchema = z.discriminatedUnion('type', [
  /** First message. `prefer: 'webgpu'` also takes a software adapter; 'auto' never does. */
  z.object({
    type: z.literal('open'),
    prefer: z.enum(['auto', 'webgpu', 'wasm']),
    config: runConfigSchema,
    /** Where the page asks the kernels' threads for a processor (core/right-of-way.ts); null without shared memory. */
    rightOfWay: sharedMemorySchema.nullable(),
  }),
  /** New settings. They hold from the next Reset; before the first step at once. */
  z.object({ type: z.literal('configure'), config: runConfigSchema }),
  /** Make the built-in samples that `config.data.source` names. */
  z.object({ type: z.literal('load-samples') }),
  /** Replace the images by these files (images, zips, a CSV with labels). */
  z.object({ type: z.literal('load-files'), name: z.string(), files: z.array(sourceFileSchema) }),
  z.object({ type: z.literal('cancel-load') }),
  z.object({ type: z.literal('train') }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('step') }),
  z.object({ type: z.literal('reset') }),
  /** Images shown in the attention panel. */
  z.object({ type: z.literal('pin'), ids: idsSchema }),
  /** Answered by 'cards'. */
  z.object({ type: z.literal('get-cards'), ids: idsSchema }),
  /** Answered by 'crops'. */
  z.object({ type: z.literal('get-crops'), id: z.int(), epoch: z.int().min(0) }),
  /** Answered by 'neighbours'. */
  z.object({ type: z.literal('get-neighbours'), id: z.int() }),
  /** Answered by 'knn', outside the schedule. */
  z.object({ type: z.literal('evaluate-knn') }),
  /** Answered by 'checkpoint'. */
  z.object({ type: z.literal('get-checkpoint') }),
  ...lookCommands,
  ...studyCommands,
  ...mapCommands,
  ...runCommands,
  ...videoCommands,
  ...anatomyCommands,
  ...diagnosisCommands,
  ...movingCommands,
  ...clusterCommands,
  ...keepingCommands,
]);
export type Command = z.output<typeof commandSchema>;

export const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('opened'), backend: backendInfoSchema }),
  /** Measured once while nothing else was to do. */
  z.object({ type: z.literal('speed'), speed: machineSpeedSchema }),
  /** What the trainer is busy with outside of steps, e.g. "Preparing the GPU…"; null when nothing. */
  z.object({ type: z.literal('activity'), text: z.string().nullable() }),
  z.object({ type: z.literal('intake'), progress: intakeProgressSchema }),
  /** The catalogue was replaced. */
  z.object({ type: z.literal('dataset'), summary: datasetSummarySchema }),
  z.object({ type: z.literal('intake-cancelled') }),
  z.object({ type: z.literal('status'), status: sessionStatusSchema }),
  /** At most five times a second, every step exactly once. */
  z.object({ type: z.literal('metrics'), rows: z.array(stepMetricsSchema) }),
  z.object({ type: z.literal('schedules'), curves: scheduleCurvesSchema }),
  /**
   * From now on all that is told is of this run. It begins anew at step 0, or goes on at `step`: series, snapshots and
   * scores of it up to there hold, of a fork those of its parent.
   */
  z.object({
    type: z.literal('run-started'),
    id: z.int().min(1),
    step: z.int().min(0),
    parent: originSchema.nullable(),
    config: runConfigSchema,
  }),
  /** Follows 'run-started'. */
  z.object({ type: z.literal('model'), summary: modelSummarySchema }),
  z.object({ type: z.literal('cards'), cards: z.array(imageCardSchema) }),
  z.object({ type: z.literal('crops'), crops: cropsSchema }),
  z.object({ type: z.literal('attention'), snapshot: attentionSnapshotSchema }),
  z.object({ type: z.literal('knn'), result: knnResultSchema }),
  z.object({ type: z.literal('neighbours'), neighbours: neighboursSchema }),
  /** A safetensors file: student, teacher and center under the official names, the config in its metadata. */
  z.object({ type: z.literal('checkpoint'), step: z.int(), bytes: z.instanceof(Uint8Array<ArrayBuffer>) }),
  ...lookEvents,
  ...studyEvents,
  ...mapEvents,
  ...runEvents,
  ...videoEvents,
  ...anatomyEvents,
  ...diagnosisEvents,
  ...movingEvents,
  ...keepingEvents,
  z.object({ type: z.literal('fault'), fault: faultSchema }),
]);
export type TrainerEvent = z.output<typeof eventSchema>;
