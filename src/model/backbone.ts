/** The backbone, whichever it is: views → a feature vector each, in training and in evaluation. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from './network.ts';
import { type MomentsWatcher, resNetFeatures } from './resnet.ts';
import { type BackboneShape, isResNet } from './shapes.ts';
import { clsFeatures, type DropPath, lastClsFeatures, type PackedViews } from './vit.ts';

export interface Training {
  /** Stochastic depth; a ResNet has none. */
  dropPath?: DropPath;
  /** Told of what each of a ResNet's BatchNorms sees; a ViT has none. */
  watch?: MomentsWatcher;
}

/** As a step sees them: BatchNorm, where there is one, uses the statistics of these very views. [sequences, width] */
export function trainingFeatures(
  p: Tensors,
  views: PackedViews,
  shape: BackboneShape,
  { dropPath, watch = () => undefined }: Training = {},
): tf.Tensor2D {
  return isResNet(shape)
    ? resNetFeatures(p, views, shape, { of: 'batch', watch })
    : clsFeatures(p, views, shape, dropPath);
}

/** As an evaluation sees them: BatchNorm uses its running statistics, so p has the buffers too. [sequences, width] */
export function evaluationFeatures(p: Tensors, views: PackedViews, shape: BackboneShape): tf.Tensor2D {
  return isResNet(shape) ? resNetFeatures(p, views, shape, { of: 'running' }) : clsFeatures(p, views, shape);
}

/** Blocks whose CLS tokens a linear classifier can read; a ResNet has one vector alone. */
export const readableBlocks = (shape: BackboneShape): number => (isResNet(shape) ? 1 : shape.depth);

/** What linear classifiers read (official eval_linear.py): CLS of the last blocks, or a ResNet's features as they are. */
export function readFeatures(
  p: Tensors,
  views: PackedViews,
  shape: BackboneShape,
  blocks: number,
): tf.Tensor2D[] {
  return isResNet(shape)
    ? [resNetFeatures(p, views, shape, { of: 'running' })]
    : lastClsFeatures(p, views, shape, blocks);
}
