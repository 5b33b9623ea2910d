/** The arithmetic of one step by formula: what the hardware would have to do if nothing were wasted. */
import type { RunConfig } from '../src/config/schema.ts';

/** Multiply-adds count as two operations. */
export interface StepWork {
  /** Tokens that the student sees in a step. */
  tokens: number;
  gflop: number;
}

/**
 * Forward of a view with N tokens: L·(24·D²·N + 4·N²·D) + 2·(N − 1)·3P²·D for a ViT whose MLP is 4 times as wide; the
 * head 2·(D·h + h² + h·b + b·K). The teacher runs forward on two views; the student forward and backward (three times
 * the forward) on all.
 */
export function stepWork({ backbone, head, views, training }: RunConfig): StepWork {
  const { dim, depth, patchSize, mlpRatio } = backbone;
  const tokensOf = (size: number) => 1 + (size / patchSize) ** 2;
  const viewOf = (n: number) =>
    depth * ((8 + 4 * mlpRatio) * dim ** 2 * n + 4 * n ** 2 * dim) + 2 * (n - 1) * 3 * patchSize ** 2 * dim;
  const bottleneck = head.bottleneck ?? head.hidden;
  const headWork =
    2 * (dim * head.hidden + head.hidden ** 2 + head.hidden * bottleneck + bottleneck * head.prototypes);
  const global = viewOf(tokensOf(views.globalSize));
  const local = viewOf(tokensOf(views.localSize));
  const { localCount } = views;
  const teacher = 2 * (global + headWork);
  const student = 3 * (2 * global + localCount * local + (2 + localCount) * headWork);
  return {
    tokens: training.batchSize * (2 * tokensOf(views.globalSize) + localCount * tokensOf(views.localSize)),
    gflop: (training.batchSize * (teacher + student)) / 1e9,
  };
}
