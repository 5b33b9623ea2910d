/** The projection head: CLS features → logits over the K prototypes. */
import type * as tf from '@tensorflow/tfjs-core';
import { batchNorm } from '../ops/batch-norm.ts';
import { constantVector } from '../ops/constants.ts';
import { gelu } from '../ops/gelu.ts';
import { linear, linearTransposed } from '../ops/linear.ts';
import { l2Normalize, weightNorm } from '../ops/normalize.ts';
import { matrix, type Tensors, vector } from './network.ts';
import type { HeadShape } from './shapes.ts';
import { headLayers } from './specs.ts';

/** Told of every BatchNorm's input, so that the running statistics can follow. */
export type BatchNormWatcher = (name: string, batch: tf.Tensor2D) => void;

/** CLS features of all views [sequences, dim] → logits [sequences, K], not divided by any temperature. */
export function head(
  p: Tensors,
  features: tf.Tensor2D,
  shape: HeadShape,
  watch: BatchNormWatcher = () => undefined,
): tf.Tensor2D {
  let x = features;
  for (const layer of headLayers(shape, features.shape[1])) {
    switch (layer.kind) {
      case 'linear':
        x = linear(x, matrix(p, `${layer.name}.weight`), vector(p, `${layer.name}.bias`)); // [sequences, to]
        break;
      case 'batch-norm':
        watch(layer.name, x);
        x = batchNorm(x, vector(p, `${layer.name}.weight`), vector(p, `${layer.name}.bias`));
        break;
      case 'gelu':
        x = gelu(x);
        break;
      default:
        layer satisfies never;
    }
  }
  if (shape.l2Bottleneck) x = l2Normalize(x);
  const logits = linearTransposed(x, prototypes(p, shape)); // [sequences, K]
  if (!shape.lastBatchNorm) return logits;
  watch('head.last_norm', logits);
  return batchNorm(logits, constantVector(1, shape.prototypes), constantVector(0, shape.prototypes));
}

/** The prototypes as they enter the product: [K, width]. */
function prototypes(p: Tensors, shape: HeadShape): tf.Tensor2D {
  switch (shape.lastLayer) {
    case 'weight-norm':
      return weightNorm(matrix(p, 'head.last_layer.weight_v'), matrix(p, 'head.last_layer.weight_g'));
    case 'unit-rows':
      return l2Normalize(matrix(p, 'head.last_layer.weight'));
    case 'free':
      return matrix(p, 'head.last_layer.weight');
    default:
      return shape.lastLayer satisfies never;
  }
}
