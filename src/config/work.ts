/** The arithmetic of one step by formula: what the hardware would have to do if nothing were wasted. */
import type { RunConfig } from './schema.ts';
import { featureWidth, resNetWork } from './work-resnet.ts';

/** Multiply-adds count as two operations. */
export interface StepWork {
  /** Tokens that the student sees in a step; places of a ResNet's last stage. */
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
  const dim = featureWidth(backbone);
  const bottleneck = head.bottleneck ?? head.hidden;
  const headWork =
    2 * (dim * head.hidden + head.hidden ** 2 + head.hidden * bottleneck + bottleneck * head.prototypes);
  const [global, local] = [viewOf(backbone, views.globalSize), viewOf(backbone, views.localSize)];
  const { localCount } = views;
  const teacher = 2 * (global.flop + headWork);
  const student = 3 * (2 * global.flop + localCount * local.flop + (2 + localCount) * headWork);
  return {
    tokens: training.batchSize * (2 * global.tokens + localCount * local.tokens),
    gflop: (training.batchSize * (teacher + student)) / 1e9,
  };
}

/** One view of the side `size`. */
function viewOf(backbone: RunConfig['backbone'], size: number): { tokens: number; flop: number } {
  if (backbone.architecture !== 'vit') {
    const { flop, places } = resNetWork(backbone, size);
    return { tokens: places, flop };
  }
  const tokens = tokensOf(size, backbone.patchSize);
  return { tokens, flop: viewWork(backbone, tokens) };
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
  const { backbone, optimizer, training, views } = config;
  const { dim, depth, mlpRatio, patchSize } = backbone;
  const { tokens } = stepWork(config);
  const ofResNet = () =>
    training.batchSize *
    (2 * resNetWork(backbone, views.globalSize).kept +
      views.localCount * resNetWork(backbone, views.localSize).kept);
  return {
    state: FLOAT * parameters * (3 + KEPT_BY[optimizer.kind]),
    activations:
      FLOAT *
      (backbone.architecture === 'vit'
        ? tokens * (depth * (8 + 2 * mlpRatio) * dim + 3 * patchSize ** 2)
        : ofResNet()),
  };
}
