/** What a bench run found: its schema, and the ratios that the project is held to. */
import { z } from 'zod';
import { backendNames, kernelTimeSchema, peakSchema, type StepFigures } from './contestant.ts';

const spread = z.object({ median: z.number(), min: z.number(), max: z.number() });

/** GPU work of one step, the median over the timed steps; null on WASM. */
const perStep = z.object({
  dispatches: z.number(),
  submits: z.number(),
  uploadedBytes: z.number(),
  /** Most in any timed step. */
  buffersMade: z.number(),
  texturesMade: z.number(),
  bindGroupsMade: z.number(),
  pipelinesMade: z.number(),
});

const side = z.object({
  /** That compute; tfjs takes half of the processors at most. */
  threads: z.int(),
  /** Steps before those that were timed, and those. */
  warmUps: z.int(),
  steps: z.int(),
  seconds: spread,
  imagesPerSecond: z.number(),
  gflops: z.number(),
  /** Of the best GEMM rate, each block of our steps between two looks at it; the naive side's of the best of all looks. */
  shareOfGemm: spread,
  gpu: perStep.nullable(),
  javascriptMs: spread,
  peakBytes: z.number(),
  /** From opening the device to the first loss. */
  firstStepSeconds: z.number(),
});
export type Side = z.output<typeof side>;

const slope = z.object({
  axis: z.string(),
  points: z.array(z.object({ at: z.number(), seconds: z.number() })),
  /** Seconds for one more, by least squares. */
  secondsPerUnit: z.number(),
});
export type Slope = z.output<typeof slope>;

const ratio = z.object({
  what: z.string(),
  /** Null where this run cannot say. */
  value: z.number().nullable(),
  target: z.number(),
  kind: z.enum(['at least', 'at most']),
  met: z.boolean().nullable(),
});
export type Ratio = z.output<typeof ratio>;

export const torchSchema = z.object({
  version: z.string(),
  device: z.string(),
  attention: z.string(),
  seconds: spread,
  losses: z.array(z.number()),
});
export type Torch = z.output<typeof torchSchema>;

export const decodeSchema = z.object({
  images: z.int(),
  width: z.int(),
  height: z.int(),
  workers: z.int(),
  /** Images a second. */
  pool: z.number(),
  bare: z.number(),
});
export type Decode = z.output<typeof decodeSchema>;

export const reportSchema = z.object({
  place: z.string(),
  backend: z.enum(backendNames),
  adapter: z.string(),
  software: z.boolean(),
  config: z.string(),
  batch: z.int(),
  parameters: z.int(),
  tokens: z.int(),
  gflop: z.number(),
  /** Traffic of a fused step at the least, bytes. */
  idealBytes: z.number(),
  /** Losses of the same steps on both sides; null without the naive side. */
  agreement: z
    .object({
      ours: z.array(z.number()),
      naive: z.array(z.number()),
      worst: z.number(),
      tolerance: z.number(),
    })
    .nullable(),
  ours: side,
  naive: side.nullable(),
  peak: peakSchema.extend({ best: z.number() }),
  slopes: z.array(slope),
  /** Dispatches of a step with twelve blocks and two resolutions; null where they were not counted. */
  dispatchesAtTwelve: z.number().nullable(),
  /** Kernels of one of our steps; empty where they were not timed. */
  profile: z.array(kernelTimeSchema),
  decode: decodeSchema.nullable(),
  torch: torchSchema.nullable(),
  ratios: z.array(ratio),
});
export type Report = z.output<typeof reportSchema>;

export function spreadOf(values: readonly number[]): z.output<typeof spread> {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export interface Timed {
  threads: number;
  warmUps: readonly StepFigures[];
  steps: readonly StepFigures[];
  /** Steps whose JavaScript is counted. */
  alone: readonly StepFigures[];
  peakBytes: number;
  firstStepSeconds: number;
}

export function sideOf(
  { threads, warmUps, steps, alone, peakBytes, firstStepSeconds }: Timed,
  work: { batch: number; gflop: number; shares: (gflops: number) => readonly number[] },
): Side {
  const seconds = spreadOf(steps.map((step) => step.seconds));
  const gflops = work.gflop / seconds.median;
  const counts = steps.flatMap(({ gpu }) => (gpu ? [gpu] : []));
  const most = (values: number[]) => Math.max(...values);
  return {
    threads,
    warmUps: warmUps.length,
    steps: steps.length,
    seconds,
    imagesPerSecond: work.batch / seconds.median,
    gflops,
    shareOfGemm: spreadOf(work.shares(gflops)),
    gpu:
      counts.length === 0
        ? null
        : {
            dispatches: spreadOf(counts.map((c) => c.dispatches)).median,
            submits: spreadOf(counts.map((c) => c.submits)).median,
            uploadedBytes: spreadOf(counts.map((c) => c.uploadedBytes)).median,
            buffersMade: most(counts.map((c) => c.buffers)),
            texturesMade: most(counts.map((c) => c.textures)),
            bindGroupsMade: most(counts.map((c) => c.bindGroups)),
            pipelinesMade: most(counts.map((c) => c.pipelines)),
          },
    javascriptMs: spreadOf(alone.map((step) => step.javascriptMs)),
    peakBytes,
    firstStepSeconds,
  };
}

type Measured = Pick<
  Report,
  'backend' | 'software' | 'config' | 'ours' | 'naive' | 'dispatchesAtTwelve' | 'torch'
>;

/** Naive ÷ ours that each configuration is held to. */
function speedTarget({ backend, software, config }: Measured): number | null {
  if (backend === 'wasm') return config === 'N' ? 3.3 : config === 'T' ? 5 : null;
  if (!software) return 8;
  return config === 'N' ? 25 : config === 'T' ? 18 : null;
}

/** The targets that this run can speak of, each with what it found. */
export function ratiosOf(run: Measured): Ratio[] {
  const { ours, naive, backend, software, torch } = run;
  const held = (what: string, value: number | null, kind: Ratio['kind'], target: number): Ratio => ({
    what,
    value,
    target,
    kind,
    met: value === null ? null : kind === 'at least' ? value >= target : value <= target,
  });
  const ratios: Ratio[] = [];
  const speed = speedTarget(run);
  if (speed !== null)
    ratios.push(
      held(
        'naive ÷ ours, seconds a step',
        naive && naive.seconds.median / ours.seconds.median,
        'at least',
        speed,
      ),
    );
  if (backend === 'wasm') return ratios;
  ratios.push(
    held(
      'share of the best GEMM rate, whole step',
      ours.shareOfGemm.median,
      'at least',
      software ? 0.55 : 0.4,
    ),
    held('dispatches a step, 12 blocks, two resolutions', run.dispatchesAtTwelve, 'at most', 400),
    held('JavaScript a step, ms', ours.javascriptMs.median, 'at most', 3),
    held(
      'buffers, bind groups, pipelines made in a step',
      ours.gpu && ours.gpu.buffersMade + ours.gpu.bindGroupsMade + ours.gpu.pipelinesMade,
      'at most',
      0,
    ),
    held('GPU memory ÷ naive', naive && ours.peakBytes / naive.peakBytes, 'at most', 0.25),
  );
  if (torch && !software)
    ratios.push(
      held(
        `ours ÷ PyTorch eager f32 (${torch.device})`,
        ours.seconds.median / torch.seconds.median,
        'at most',
        1.5,
      ),
    );
  return ratios;
}
