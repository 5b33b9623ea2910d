/** Studies: long work on one state of a run, done beside training, and what each kind of it finds. */
import { z } from 'zod';

const common = {
  network: z.enum(['teacher', 'student']),
  /** At most as many labelled images as the k-NN settings allow, or all of them. */
  images: z.enum(['some', 'all']),
};
/** The last blocks whose CLS tokens, after the final norm, make up a feature. */
const blocks = z.int().min(1).max(12);

/** What scores are made with: neighbors that vote, logistic regression, a linear layer trained by SGD, fine-tuning. */
export const classifierSchema = z.enum(['knn', 'logistic', 'sgd', 'finetune']);
export type Classifier = z.output<typeof classifierSchema>;

const tuningSchema = z.object({
  /** The whole network, or the classifier on it alone. */
  learns: z.enum(['whole', 'head']),
  epochs: z.int().min(1).max(200),
  /** Epochs without a better held-out loss before it stops. */
  patience: z.int().min(1).max(200),
  /** Learning rate of AdamW. */
  rate: z.number().gt(0).max(1),
});
export type TuningChoices = z.output<typeof tuningSchema>;
/** As the recipes of the field do it; a report that is asked for by the classifier's name alone is made so. */
export const TUNING: TuningChoices = { learns: 'whole', epochs: 5, patience: 3, rate: 1e-4 };

export const studySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('knn'), ...common }),
  /** `sweep`: several learning rates, the best kept. */
  z.object({
    kind: z.literal('linear'),
    ...common,
    blocks,
    epochs: z.int().min(1).max(1000),
    sweep: z.boolean(),
  }),
  z.object({ kind: z.literal('finetune'), ...common, ...tuningSchema.shape }),
  z.object({ kind: z.literal('report'), ...common, classifier: classifierSchema }),
  /** `count` clusters; null: as many as there are classes, or ten. */
  z.object({ kind: z.literal('clusters'), ...common, count: z.int().min(2).max(200).nullable() }),
  /** Pairs at least as alike as `threshold`, a cosine. */
  z.object({ kind: z.literal('duplicates'), ...common, threshold: z.number().min(0.5).max(1) }),
  /** Features and labels as a file, for whoever wants to check or go on elsewhere. */
  z.object({ kind: z.literal('features'), ...common, blocks }),
]);
export type Study = z.output<typeof studySchema>;
export type StudyKind = Study['kind'];
export const studyKinds: readonly StudyKind[] = studySchema.options.map(({ shape }) => shape.kind.value);

/** One figure of the network, beside the same of the untrained network and of raw pixels. */
export const scoreSchema = z.object({
  method: z.string(),
  /** percent: a share of `n` images, 0 to 100; index: a measure from 0 to 1. */
  unit: z.enum(['percent', 'index']),
  n: z.int(),
  network: z.number(),
  untrained: z.number(),
  pixels: z.number(),
});
export type Score = z.output<typeof scoreSchema>;

const classFiguresSchema = z.object({
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
  support: z.int(),
});
export type ClassFigures = z.output<typeof classFiguresSchema>;

/** A validation image, its class and the class it was given; indices into the report's classes. */
const predictionSchema = z.object({ id: z.int(), truth: z.int(), predicted: z.int() });

/** A linear layer's training, a value an epoch: mean loss, and percent of both splits that it gets right. */
const probeCurveSchema = z.object({
  loss: z.array(z.number()),
  train: z.array(z.number()),
  val: z.array(z.number()),
});
export type ProbeCurve = z.output<typeof probeCurveSchema>;

/** A fine-tuning, a value an epoch: mean losses, and percent right, of the images learned from and of those held out. */
const tuningCurveSchema = z.object({
  loss: z.array(z.number()),
  heldOutLoss: z.array(z.number()),
  train: z.array(z.number()),
  heldOut: z.array(z.number()),
  /** The epoch of the lowest held-out loss, from 1; 0 before the first. */
  best: z.int(),
});
export type TuningCurve = z.output<typeof tuningCurveSchema>;
/** Of each that is fine-tuned in the same way; empty for one whose turn has not come. */
export const tuningCurvesSchema = z.object({
  network: tuningCurveSchema,
  untrained: tuningCurveSchema,
  pixels: tuningCurveSchema,
});
export type TuningCurves = z.output<typeof tuningCurvesSchema>;

export const findingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('knn') }),
  z.object({
    kind: z.literal('linear'),
    /** The network's probe at `rate`, the learning rate per step. */
    curve: probeCurveSchema,
    rate: z.number(),
    /** Where rates were swept: percent right of a fifth of the training images, held out. */
    tried: z.array(z.object({ rate: z.number(), accuracy: z.number() })),
  }),
  z.object({
    kind: z.literal('finetune'),
    curves: tuningCurvesSchema,
    /** Training images that were held out, of all. */
    heldOut: z.int(),
  }),
  z.object({
    kind: z.literal('report'),
    classes: z.array(z.string()),
    /** Rows: true class; columns: predicted class. */
    confusion: z.array(z.array(z.int())),
    perClass: z.array(classFiguresSchema),
    macro: classFiguresSchema,
    weighted: classFiguresSchema,
    predictions: z.array(predictionSchema),
  }),
  z.object({
    kind: z.literal('clusters'),
    /** Largest first; images nearest to the center first. `label` is the commonest class, null without labels. */
    clusters: z.array(
      z.object({ ids: z.array(z.int()), label: z.string().nullable(), share: z.number().nullable() }),
    ),
  }),
  z.object({
    kind: z.literal('duplicates'),
    pairs: z.int(),
    /** Images that hang together by pairs; the similarity is that of the most alike pair. */
    groups: z.array(z.object({ ids: z.array(z.int()), similarity: z.number() })),
  }),
  /** A safetensors file. */
  z.object({ kind: z.literal('features'), bytes: z.instanceof(Uint8Array<ArrayBuffer>) }),
]);
export type Finding = z.output<typeof findingSchema>;
export type FindingOf<K extends StudyKind> = Extract<Finding, { kind: K }>;

export const studyResultSchema = z.object({
  study: studySchema,
  /** Steps that the run had done. */
  step: z.int(),
  /** Images learned from and images scored. */
  train: z.int(),
  val: z.int(),
  classes: z.int(),
  seconds: z.number(),
  scores: z.array(scoreSchema),
  /** What a reader has to know about how it was measured; empty for nothing. */
  notes: z.array(z.string()),
  finding: findingSchema,
});
export type StudyResult = z.output<typeof studyResultSchema>;

/** Named by the page; a number is used once. */
const id = z.int();

export const studyCommands = [
  /** Answered by 'study-progress', at the end by 'study-result' or not, and always by 'study-ended'. */
  z.object({ type: z.literal('study'), id, study: studySchema }),
  z.object({ type: z.literal('cancel-study'), id }),
] as const;

export const studyEvents = [
  /** Share done of the present stage, 0 to 1; null where nobody knows. */
  z.object({ type: z.literal('study-progress'), id, text: z.string(), share: z.number().nullable() }),
  /** The curves of a fine-tuning so far. */
  z.object({ type: z.literal('study-curves'), id, curves: tuningCurvesSchema }),
  z.object({ type: z.literal('study-result'), id, result: studyResultSchema }),
  /** The sentence says why, where it was not done. */
  z.object({
    type: z.literal('study-ended'),
    id,
    reason: z.enum(['done', 'cancelled', 'failed']),
    sentence: z.string(),
  }),
] as const;
