/** The values that cross between page and trainer, as schemas: both ends parse what they receive. */
import { z } from 'zod';

const bytes = z.instanceof(Uint8ClampedArray<ArrayBuffer>);
const floats = z.instanceof(Float32Array<ArrayBuffer>);
const ids = z.array(z.int().min(0));

/** RGBA8 pixels, row by row. */
export const pixelsSchema = z.object({ width: z.int(), height: z.int(), rgba: bytes });
export type Pixels = z.output<typeof pixelsSchema>;

export const backendInfoSchema = z.object({
  backend: z.enum(['webgpu', 'wasm', 'cpu']),
  /** Name of the graphics adapter, or of the processor path ("SIMD, 4 threads"). */
  adapter: z.string(),
  /** The adapter is a software one. */
  software: z.boolean(),
  threads: z.int(),
  /** Why a better backend is not in use; empty when the best is. */
  reason: z.string(),
});
export type BackendInfo = z.output<typeof backendInfoSchema>;

/** What training runs at here, measured on one block of each width that fits the time. */
export const machineSpeedSchema = z.object({
  /** Narrow networks first. */
  rates: z.array(z.object({ dim: z.int(), gflops: z.number().positive() })).min(1),
  /** What the measurement took. */
  seconds: z.number(),
});
export type MachineSpeed = z.output<typeof machineSpeedSchema>;

/** A file as the page found it. `path` is relative to what was dropped and carries the folders. */
export const sourceFileSchema = z.object({ path: z.string(), file: z.instanceof(File) });
export type SourceFile = z.output<typeof sourceFileSchema>;

export const skippedFileSchema = z.object({ path: z.string(), reason: z.string() });
export type SkippedFile = z.output<typeof skippedFileSchema>;

export const datasetSummarySchema = z.object({
  name: z.string(),
  source: z.enum(['samples', 'tinted', 'own']),
  train: z.int(),
  val: z.int(),
  /** Class names; empty when nothing is labelled. */
  classes: z.array(z.string()),
  /** Training and validation images of each class. */
  classCounts: z.array(z.object({ train: z.int(), val: z.int() })),
  /** How the split came about, in words. */
  split: z.string(),
  skipped: z.array(skippedFileSchema),
  bytes: z.number(),
  budgetBytes: z.number(),
  /** Shorter side of the resident pixels, at most. */
  workingSide: z.int(),
  hasMasks: z.boolean(),
  /** Identifies the images and their order; part of a checkpoint. */
  fingerprint: z.string(),
});
export type DatasetSummary = z.output<typeof datasetSummarySchema>;

/** One image of the catalogue. `id` is its position: training images first, then validation. */
export const imageCardSchema = z.object({
  id: z.int(),
  path: z.string(),
  split: z.enum(['train', 'val']),
  label: z.string().nullable(),
  /** The whole picture, fitted into a small square. */
  thumbnail: pixelsSchema,
});
export type ImageCard = z.output<typeof imageCardSchema>;

/** idle → (preparing) → running ⇄ paused → finished; fault is left by Reset. */
export const phaseSchema = z.enum(['empty', 'idle', 'preparing', 'running', 'paused', 'finished', 'fault']);
export type Phase = z.output<typeof phaseSchema>;

export const sessionStatusSchema = z.object({
  phase: phaseSchema,
  /** Steps done. */
  step: z.int(),
  /** The step after which the run ends. */
  totalSteps: z.int(),
  stepsPerEpoch: z.int(),
  imagesPerSecond: z.number(),
  secondsLeft: z.number().nullable(),
  parameters: z.int(),
  tensors: z.int(),
  tensorBytes: z.number(),
  /** Dispatches of a step that is replayed on WebGPU; null while none is. */
  dispatches: z.int().nullable(),
  /** Why steps are not replayed where they could be; null without a reason. */
  notRecorded: z.string().nullable(),
  /** Who makes the views. */
  views: z.enum(['gpu', 'workers', 'inline']),
});
export type SessionStatus = z.output<typeof sessionStatusSchema>;

/** The network of the run, layer by layer, and what it takes. */
export const modelSummarySchema = z.object({
  layers: z.array(
    z.object({
      /** Official name; '' for the whole network. */
      name: z.string(),
      kind: z.string(),
      level: z.int(),
      /** Of one global view: [tokens, width] or [width]. */
      output: z.array(z.int()),
      parameters: z.int(),
      /** Of one global view, forward. */
      flop: z.number(),
    }),
  ),
  /** Side of the global view, pixels. */
  imageSize: z.int(),
  batchSize: z.int(),
  /** Of a whole step. */
  gflopAStep: z.number(),
  /** Bytes at the least. */
  memory: z.object({ state: z.number(), activations: z.number() }),
});
export type ModelSummary = z.output<typeof modelSummarySchema>;

/** One training step; every figure is of that step, before its own update where that matters. */
export const stepMetricsSchema = z.object({
  step: z.int(),
  epoch: z.number(),
  loss: z.number(),
  lr: z.number(),
  weightDecay: z.number(),
  /** Teacher momentum. */
  momentum: z.number(),
  teacherTemp: z.number(),
  /** Mean entropy of the teacher's sharpened, centred distribution, nats (0 … ln K). */
  teacherEntropy: z.number(),
  /** Mean KL(teacher‖student) over the pairs, nats. */
  kl: z.number(),
  /** Mean over dimensions of the std, over the batch, of the L2-normalised teacher CLS features; healthy near 1/√d. */
  featureSpread: z.number(),
  /** L2 norm of the whole gradient before clipping. */
  gradNorm: z.number(),
  /** Wall-clock seconds this step took. */
  seconds: z.number(),
});
export type StepMetrics = z.output<typeof stepMetricsSchema>;

/** Past and coming values of each schedule, at most some hundred points over the whole run. */
export const scheduleCurvesSchema = z.object({
  steps: z.array(z.number()),
  lr: z.array(z.number()),
  weightDecay: z.array(z.number()),
  momentum: z.array(z.number()),
  teacherTemp: z.array(z.number()),
});
export type ScheduleCurves = z.output<typeof scheduleCurvesSchema>;

export const boxSchema = z.object({
  top: z.number(),
  left: z.number(),
  height: z.number(),
  width: z.number(),
});
export type CropBox = z.output<typeof boxSchema>;

/** A view exactly as the student gets it (before normalisation), with the draw that made it. */
export const viewSchema = z.object({
  kind: z.enum(['global', 'local']),
  index: z.int(),
  box: boxSchema,
  /** What was drawn, in words and numbers, in the order of application. */
  applied: z.array(z.string()),
  pixels: pixelsSchema,
});
export const cropsSchema = z.object({
  id: z.int(),
  epoch: z.int(),
  original: pixelsSchema,
  views: z.array(viewSchema),
  /** Each augmentation alone, on the whole image: before and after. */
  alone: z.array(z.object({ name: z.string(), detail: z.string(), off: pixelsSchema, on: pixelsSchema })),
});
export type Crops = z.output<typeof cropsSchema>;

/** Attention of the last block's CLS token to the patches of pinned images, or a ResNet's activation maps. */
export const attentionSnapshotSchema = z.object({
  step: z.int(),
  /** Of a ResNet. Map 0 is of all channels of the last stage, the others of the strongest channels of each image. */
  kind: z.literal('activation').optional(),
  /** Heads, or maps. */
  heads: z.int(),
  rows: z.int(),
  columns: z.int(),
  images: z.array(
    z.object({
      id: z.int(),
      /** What the network saw: the image as evaluated, before normalisation. */
      pixels: pixelsSchema,
      /** [heads, rows, columns], each head summing to at most 1 (the CLS token's own share is left out). */
      student: floats,
      teacher: floats,
      /** Share of each patch that the object covers, [rows, columns]; null without true masks. */
      mask: floats.nullable(),
    }),
  ),
  /** On samples with masks, over a fixed set of images: mean attention mass on the object ÷ its area, per head. */
  overlap: z
    .object({ student: z.array(z.number()), teacher: z.array(z.number()), images: z.int() })
    .nullable(),
});
export type AttentionSnapshot = z.output<typeof attentionSnapshotSchema>;

export const knnResultSchema = z.object({
  step: z.int(),
  /** Percent of validation images whose class the teacher's neighbours vote right. */
  teacher: z.number(),
  /** The same from raw pixels, and from the network before training. */
  pixels: z.number(),
  untrained: z.number(),
  k: z.int(),
  train: z.int(),
  val: z.int(),
  classes: z.int(),
});
export type KnnResult = z.output<typeof knnResultSchema>;

export const neighboursSchema = z.object({
  id: z.int(),
  step: z.int(),
  neighbours: z.array(z.object({ id: z.int(), similarity: z.number() })),
});
export type Neighbours = z.output<typeof neighboursSchema>;

/** Why a run stopped and what to do, in sentences for the person. */
export const faultSchema = z.object({
  kind: z.enum(['not-finite', 'gpu-error', 'out-of-memory', 'device-lost', 'data', 'settings', 'internal']),
  what: z.string(),
  remedy: z.string(),
});
export type Fault = z.output<typeof faultSchema>;

export const intakeProgressSchema = z.object({
  stage: z.enum(['listing', 'unpacking', 'decoding', 'making']),
  done: z.int(),
  total: z.int(),
  perSecond: z.number(),
  secondsLeft: z.number().nullable(),
});
export type IntakeProgress = z.output<typeof intakeProgressSchema>;

export { floats as floatsSchema, ids as idsSchema };
