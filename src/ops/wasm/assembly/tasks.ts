/** The kinds of tasks that threads share. */
import { attentionTask } from './attention.ts';
import { attentionGradientTask } from './attention-gradient.ts';
import { batchNormGradientTask, batchNormTask } from './batch-norm.ts';
import {
  normApplyTask,
  normGradientSumsTask,
  normGradientTask,
  normSquaresTask,
  normSumsTask,
} from './batch-norm-2d.ts';
import { geluTask } from './gelu.ts';
import { layerNormGradientTask, layerNormTask } from './layer-norm.ts';
import { lossGradientTask, lossTask, targetsTask } from './loss.ts';
import { outerTask } from './outer.ts';
import { packTask, productTask } from './product.ts';
import { assembleGradientTask, assembleTask, positionSumsTask, selectTask, spreadTask } from './tokens.ts';
import { unitRowsGradientTask, unitRowsTask } from './unit-rows.ts';
import { adamTask, blendTask, sgdTask, squaresTask } from './update.ts';
import { windowRowsTask, windowSumsTask } from './windows.ts';

export const PACK: i32 = 0;
export const PRODUCT: i32 = 1;
export const OUTER: i32 = 2;
export const ATTENTION: i32 = 3;
export const ATTENTION_GRADIENT: i32 = 4;
export const LAYER_NORM: i32 = 5;
export const LAYER_NORM_GRADIENT: i32 = 6;
export const GELU: i32 = 7;
export const BATCH_NORM: i32 = 8;
export const BATCH_NORM_GRADIENT: i32 = 9;
export const UNIT_ROWS: i32 = 10;
export const UNIT_ROWS_GRADIENT: i32 = 11;
export const ASSEMBLE: i32 = 12;
export const ASSEMBLE_GRADIENT: i32 = 13;
export const POSITION_SUMS: i32 = 14;
export const SELECT: i32 = 15;
export const SPREAD: i32 = 16;
export const TARGETS: i32 = 17;
export const LOSS: i32 = 18;
export const LOSS_GRADIENT: i32 = 19;
export const SQUARES: i32 = 20;
export const BLEND: i32 = 21;
export const ADAM: i32 = 22;
export const SGD: i32 = 23;
export const WINDOW_ROWS: i32 = 24;
export const WINDOW_SUMS: i32 = 25;
export const NORM_SUMS: i32 = 26;
export const NORM_SQUARES: i32 = 27;
export const NORM_APPLY: i32 = 28;
export const NORM_GRADIENT_SUMS: i32 = 29;
export const NORM_GRADIENT: i32 = 30;

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
    case GELU:
      return geluTask(task);
    case BATCH_NORM:
      return batchNormTask(task);
    case BATCH_NORM_GRADIENT:
      return batchNormGradientTask(task);
    case UNIT_ROWS:
      return unitRowsTask(task);
    case UNIT_ROWS_GRADIENT:
      return unitRowsGradientTask(task);
    case ASSEMBLE:
      return assembleTask(task);
    case ASSEMBLE_GRADIENT:
      return assembleGradientTask(task);
    case POSITION_SUMS:
      return positionSumsTask(task);
    case SELECT:
      return selectTask(task);
    case SPREAD:
      return spreadTask(task);
    case TARGETS:
      return targetsTask(task);
    case LOSS:
      return lossTask(task);
    case LOSS_GRADIENT:
      return lossGradientTask(task);
    case SQUARES:
      return squaresTask(task);
    case BLEND:
      return blendTask(task);
    case ADAM:
      return adamTask(task);
    case SGD:
      return sgdTask(task);
    case WINDOW_ROWS:
      return windowRowsTask(task);
    case WINDOW_SUMS:
      return windowSumsTask(task);
    case NORM_SUMS:
      return normSumsTask(task);
    case NORM_SQUARES:
      return normSquaresTask(task);
    case NORM_APPLY:
      return normApplyTask(task);
    case NORM_GRADIENT_SUMS:
      return normGradientSumsTask(task);
    case NORM_GRADIENT:
      return normGradientTask(task);
    default:
      unreachable();
  }
}
