/** A step taken apart, phase by phase: what is asked, and the tensors of the very step that was made. */
import { z } from 'zod';
import { floatsSchema, pixelsSchema, viewSchema } from './values.ts';

/** Two teacher views × all student views, row by row; null where both are the same view. */
const pairsSchema = z.array(z.number().nullable());

/** One image of the batch: its views and both networks' answers to them. */
export const specimenSchema = z.object({
  /** Place in the batch. */
  index: z.int(),
  /** Id of the image. */
  id: z.int(),
  original: pixelsSchema,
  /** Globals first, as the step saw them. */
  views: z.array(viewSchema),
  /** Raw scores of the two global views, [2, K]. */
  teacherLogits: floatsSchema,
  /** What the loss asks for, [2, K]: the teacher's scores centered, sharpened, as probabilities; without the stop-gradient the student's. */
  targets: floatsSchema,
  /** Raw scores of all views, [views, K]. */
  studentLogits: floatsSchema,
  /** Cross-entropy of each pair, nats. */
  pairs: pairsSchema,
});
export type Specimen = z.output<typeof specimenSchema>;

/** A corner of a parameter tensor, at most 16 × 16, with all that the step did to it; each [rows, columns]. */
export const pieceSchema = z.object({
  rows: z.int(),
  columns: z.int(),
  student: floatsSchema,
  studentAfter: floatsSchema,
  /** After clipping. */
  gradient: floatsSchema,
  /** Adam's m and v, or SGD's one buffer. */
  moments: z.array(floatsSchema),
  momentsAfter: z.array(floatsSchema),
  teacher: floatsSchema,
  teacherAfter: floatsSchema,
});
export type Piece = z.output<typeof pieceSchema>;

/** One parameter tensor that has a gradient. Norms are L2. */
export const tensorStepSchema = z.object({
  /** Official name. */
  name: z.string(),
  /** As it is stored here: linear layers are inputs × outputs. */
  shape: z.array(z.int()),
  /** Before clipping. */
  gradNorm: z.number(),
  /** What clipping multiplies the gradient with. */
  coefficient: z.number(),
  /** The gradient is dropped in this step: nothing moves, nothing decays. */
  frozen: z.boolean(),
  decayed: z.boolean(),
  /** Updates of this tensor, this one counted. */
  updates: z.int(),
  norm: z.number(),
  /** Of the way that the weights went. */
  moved: z.number(),
  /** Between the teacher and the student that it takes in: before the EMA, and after it. */
  distance: z.number(),
  distanceAfter: z.number(),
  piece: pieceSchema,
});
export type TensorStep = z.output<typeof tensorStepSchema>;

/** A quantity that was worked out here, and the same as the run's own step gave it. */
const agreementSchema = z.object({ here: z.number(), run: z.number() });

export const anatomySchema = z.object({
  /** Of the step that was taken apart and then made, from 1. */
  step: z.int(),
  /** From 0, as crops count. */
  epoch: z.int(),
  /** Images of the batch. */
  ids: z.array(z.int()),
  /** Images of the batch that can be looked at, from the first on. */
  shown: z.int(),
  /** K. */
  prototypes: z.int(),
  /** Of an image: two global and the local ones. */
  views: z.int(),
  /** What the step ran under. */
  at: z.object({
    lr: z.number(),
    weightDecay: z.number(),
    momentum: z.number(),
    teacherTemp: z.number(),
    studentTemp: z.number(),
    frozen: z.boolean(),
    stopGradient: z.boolean(),
    centering: z.boolean(),
    centerMomentum: z.number(),
    teacherLogitsL2: z.boolean(),
    clip: z.enum(['tensor', 'global', 'off']),
    clipNorm: z.number(),
    teacherUpdate: z.enum(['after', 'before']),
    optimizer: z.object({
      kind: z.enum(['adamw', 'adam', 'sgd']),
      beta1: z.number(),
      beta2: z.number(),
      epsilon: z.number(),
      sgdMomentum: z.number(),
    }),
  }),
  /** Mean cross-entropy of each pair over the batch, nats. */
  pairs: pairsSchema,
  /** Of the K prototypes: the center before and after, and the batch's mean score, [K] each. */
  center: z.object({ before: floatsSchema, mean: floatsSchema, after: floatsSchema }),
  tensors: z.array(tensorStepSchema),
  agreement: z.object({
    loss: agreementSchema,
    teacherEntropy: agreementSchema,
    featureSpread: agreementSchema,
    gradNorm: agreementSchema,
  }),
  /** Largest difference of any weight after the step, between what was worked out and what the run holds. */
  differences: z.object({ student: z.number(), teacher: z.number(), center: z.number() }),
  /** What taking it apart took, besides the step itself. */
  milliseconds: z.number(),
  specimen: specimenSchema,
});
export type Anatomy = z.output<typeof anatomySchema>;

export const anatomyCommands = [
  /** Takes the next step apart and makes it; the run is paused afterwards. `image` is a place in its batch. Answered by 'anatomy' or 'dissect-refused'. */
  z.object({ type: z.literal('dissect'), id: z.int(), image: z.int().min(0) }),
  /** Another image of the batch that was taken apart last. Answered by 'specimen', or not at all once that is void. */
  z.object({ type: z.literal('get-specimen'), image: z.int().min(0) }),
] as const;

export const anatomyEvents = [
  z.object({ type: z.literal('anatomy'), id: z.int(), anatomy: anatomySchema }),
  z.object({ type: z.literal('specimen'), step: z.int(), specimen: specimenSchema }),
  /** A sentence for the person. */
  z.object({ type: z.literal('dissect-refused'), id: z.int(), sentence: z.string() }),
] as const;
