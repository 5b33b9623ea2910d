/** The kinds of tasks that threads share. */
import { attentionTask } from './attention.ts';
import { attentionGradientTask } from './attention-gradient.ts';
import { layerNormGradientTask, layerNormTask } from './layer-norm.ts';
import { outerTask } from './outer.ts';
import { packTask, productTask } from './product.ts';

export const PACK: i32 = 0;
export const PRODUCT: i32 = 1;
export const OUTER: i32 = 2;
export const ATTENTION: i32 = 3;
export const ATTENTION_GRADIENT: i32 = 4;
export const LAYER_NORM: i32 = 5;
export const LAYER_NORM_GRADIENT: i32 = 6;

export function runTask(kind: i32, task: i32): void {
  switch (kind) {
    case PACK:
      return packTask(task);
    case PRODUCT:
      return productTask(task);
    case OUTER:
      return outerTask(task);
    case ATTENTION:
      return attentionTask(task);
    case ATTENTION_GRADIENT:
      return attentionGradientTask(task);
    case LAYER_NORM:
      return layerNormTask(task);
    case LAYER_NORM_GRADIENT:
      return layerNormGradientTask(task);
    default:
      unreachable();
  }
}
