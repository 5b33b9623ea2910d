/** The arithmetic of one step by formula: what the hardware would have to do if nothing were wasted. */
import type { RunConfig } from './schema.ts';

/** Multiply-adds count as two operations. */
export interface StepWork {
  /** Tokens that the student sees in a step. */
  tokens: number;
  gflop: number;
}

const tokensOf = (size: number, patch: number) => 1 + (size / patch) ** 2;

function viewWork({ dim, depth, patchSize, mlpRatio }: RunConfig['backbone'], tokens: number): number {
  const block = (8 + 4 * mlpRatio) * dim ** 2 * tokens + 4 * tokens ** 2 * dim;
  return depth * block + 2 * (tokens - 1) * 3 * patchSize ** 2 * dim;
}

/** GFLOP of one block and the embedding, forward and backward, over `views` global views. */
export function blockWork({ backbone, views: { globalSize } }: RunConfig, views: number): number {
  const tokens = tokensOf(globalSize, backbone.patchSize);
  return (3 * views * viewWork({ ...backbone, depth: 1 }, tokens)) / 1e9;
}

/**
 * Forward of a view with N tokens: L·(24·D²·N + 4·N²·D) + 2·(N − 1)·3P²·D for a ViT whose MLP is 4 times as wide; the
 * head 2·(D·h + h² + h·b + b·K). The teacher runs forward on two views; the student forward and backward (three times
 * the forward) on all.
 */
export function stepWork({ backbone, head, views, training }: RunConfig): StepWork {
  const { dim, patchSize } = backbone;
  const bottleneck = head.bottleneck ?? head.hidden;
  const headWork =
    2 * (dim * head.hidden + head.hidden ** 2 + head.hidden * bottleneck + bottleneck * head.prototypes);
  const globalTokens = tokensOf(views.globalSize, patchSize);
  const localTokens = tokensOf(views.localSize, patchSize);
  const global = viewWork(backbone, globalTokens);
  const local = viewWork(backbone, localTokens);
  const { localCount } = views;
  const teacher = 2 * (global + headWork);
  const student = 3 * (2 * global + localCount * local + (2 + localCount) * headWork);
  return {
    tokens: training.batchSize * (2 * globalTokens + localCount * localTokens),
    gflop: (training.batchSize * (teacher + student)) / 1e9,
  };
}

/** Bytes that a run needs at the least, in float32. */
export interface RunMemory {
  /** Student and teacher, the gradient, and what the optimizer keeps of every parameter. */
  state: number;
  /** What the student's forward pass keeps for its gradient, and the patches of all views. */
  activations: number;
}

const FLOAT = 4;
/** Adam's two moments, SGD's momentum. */
const KEPT_BY = { adamw: 2, adam: 2, sgd: 1 } satisfies Record<RunConfig['optimizer']['kind'], number>;

/**
 * A block keeps of each token its input, both normed inputs, q, k and v, the attention's output, the residual stream
 * between its halves (8·D in all), and the MLP's hidden layer before and after GELU.
 */
export function runMemory(config: RunConfig, parameters: number): RunMemory {
  const { backbone, optimizer } = config;
  const { dim, depth, mlpRatio, patchSize } = backbone;
  const { tokens } = stepWork(config);
  return {
    state: FLOAT * parameters * (3 + KEPT_BY[optimizer.kind]),
    activations: FLOAT * tokens * (depth * (8 + 2 * mlpRatio) * dim + 3 * patchSize ** 2),
  };
}
