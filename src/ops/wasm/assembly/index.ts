/** What the page calls: one function a kernel, on addresses of the heap that tfjs and this module share. */
import { attention, attentionScratch } from './attention.ts';
import { attentionGradient, attentionGradientScratch } from './attention-gradient.ts';
import { batchNorm, batchNormGradient } from './batch-norm.ts';
import { batchNorm2d, batchNorm2dGradient, batchNorm2dScratch, fixedNorm2d } from './batch-norm-2d.ts';
import { applyGelu } from './gelu.ts';
import { layerNorm, layerNormGradient, layerNormScratch } from './layer-norm.ts';
import { crossViewLoss, crossViewLossGradient, targets } from './loss.ts';
import { outer, outerScratch } from './outer.ts';
import { open, serve } from './pool.ts';
import { product, productScratch } from './product.ts';
import { assemble, assembleGradient, select, spread } from './tokens.ts';
import { unitRows, unitRowsGradient } from './unit-rows.ts';
import { adam, blend, sgd, squares, squaresScratch } from './update.ts';
import { windowRows, windowSums } from './windows.ts';

// The compiler finds no file behind `export … from './x.ts'`.
export {
  adam,
  applyGelu,
  assemble,
  assembleGradient,
  attention,
  attentionGradient,
  attentionGradientScratch,
  attentionScratch,
  batchNorm,
  batchNorm2d,
  batchNorm2dGradient,
  batchNorm2dScratch,
  batchNormGradient,
  blend,
  crossViewLoss,
  crossViewLossGradient,
  fixedNorm2d,
  layerNorm,
  layerNormGradient,
  layerNormScratch,
  open,
  outer,
  outerScratch,
  product,
  productScratch,
  select,
  serve,
  sgd,
  spread,
  squares,
  squaresScratch,
  targets,
  unitRows,
  unitRowsGradient,
  windowRows,
  windowSums,
};
