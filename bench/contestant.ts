/** What the bench asks of either side, and what it gets: messages between the contest and the two that compete. */
import { z } from 'zod';
import { runConfigSchema } from '../src/config/schema.ts';

export const backendNames = ['webgpu', 'wasm'] as const;
export type BackendName = (typeof backendNames)[number];

const floats = z.instanceof(Float32Array<ArrayBuffer>);
const namedValues = z.object({ name: z.string(), shape: z.array(z.int()), values: floats });

const gpuCounts = z.object({
  dispatches: z.number(),
  submits: z.number(),
  buffers: z.number(),
  textures: z.number(),
  bindGroups: z.number(),
  pipelines: z.number(),
  uploadedBytes: z.number(),
});

export const openedSchema = z.object({
  adapter: z.string(),
  software: z.boolean(),
  threads: z.number(),
  milliseconds: z.number(),
});
export type Opened = z.output<typeof openedSchema>;

export const startSchema = z.object({ parameters: z.array(namedValues), buffers: z.array(namedValues) });
export type Start = z.output<typeof startSchema>;

export const stepInputsSchema = z.object({
  views: z.array(z.object({ patches: floats, sequences: z.int(), rows: z.int(), columns: z.int() })),
  kept: z.array(z.object({ block: z.int(), branch: z.union([z.literal(0), z.literal(1)]), keep: floats })),
  lr: z.number(),
  weightDecay: z.number(),
  momentum: z.number(),
  teacherTemp: z.number(),
  frozen: z.boolean(),
});
export type StepInputs = z.output<typeof stepInputsSchema>;

/** What both sides are given alike. */
export const givenSchema = z.object({ start: startSchema, inputs: z.array(stepInputsSchema) });
export type Given = z.output<typeof givenSchema>;

export const begunSchema = z.object({
  /** Of one network. */
  parameters: z.number(),
  milliseconds: z.number(),
});
export type Begun = z.output<typeof begunSchema>;

export const stepFiguresSchema = z.object({
  /** NaN is for the contest to refuse. */
  loss: z.number().or(z.nan()),
  /** From the end of the step before, or from the beginning of the block, to the end of this one. */
  seconds: z.number(),
  /** In the call that gives the step to the device, once its views are there. */
  javascriptMs: z.number(),
  /** Null on WASM. */
  gpu: gpuCounts.nullable(),
});
export type StepFigures = z.output<typeof stepFiguresSchema>;

export const memorySchema = z.object({
  /** Most bytes of GPU buffers and textures at once; on WASM the size of its memory. */
  peakBytes: z.number(),
});
export type Memory = z.output<typeof memorySchema>;

export const rateSchema = z.object({
  name: z.string(),
  /** GFLOP/s, or GB/s read and written. */
  rate: z.number(),
});
export type Rate = z.output<typeof rateSchema>;
export const peakSchema = z.object({
  gemm: z.array(rateSchema),
  /** Multiply-adds without memory; null on WASM. */
  arithmetic: z.number().nullable(),
  copy: z.number(),
});
export type Peak = z.output<typeof peakSchema>;

export const kernelTimeSchema = z.object({
  name: z.string(),
  /** In one step, all calls together. */
  milliseconds: z.number(),
  calls: z.int(),
});
export type KernelTime = z.output<typeof kernelTimeSchema>;

export const requestSchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('open'), backend: z.enum(backendNames), threads: z.int() }),
  z.object({
    ask: z.literal('given'),
    config: runConfigSchema,
    /** Images to train on. */
    images: z.int(),
    /** Steps whose views are wanted. */
    steps: z.int(),
  }),
  z.object({
    ask: z.literal('begin'),
    config: runConfigSchema,
    images: z.int(),
    /** Null for ours, which makes its own. */
    given: givenSchema.nullable(),
  }),
  z.object({ ask: z.literal('run'), steps: z.int(), inFlight: z.int(), counted: z.boolean() }),
  z.object({ ask: z.literal('memory') }),
  z.object({ ask: z.literal('peak'), config: runConfigSchema }),
  z.object({ ask: z.literal('profile'), config: runConfigSchema, images: z.int() }),
  z.object({ ask: z.literal('end') }),
]);
export type Request = z.output<typeof requestSchema>;

/** Either side as the contest sees it. */
export interface Contestant {
  ask(request: Request): Promise<unknown>;
  close(): void;
}
