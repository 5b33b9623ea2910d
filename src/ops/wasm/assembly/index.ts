/** What the page calls: one function a kernel, on addresses of the heap that tfjs and this module share. */
import { attention, attentionScratch } from './attention.ts';
import { attentionGradient, attentionGradientScratch } from './attention-gradient.ts';
import { layerNorm, layerNormGradient, layerNormScratch } from './layer-norm.ts';
import { outer, outerScratch } from './outer.ts';
import { open, serve } from './pool.ts';
import { product, productScratch } from './product.ts';

// The compiler finds no file behind `export … from './x.ts'`.
export {
  attention,
  attentionGradient,
  attentionGradientScratch,
  attentionScratch,
  layerNorm,
  layerNormGradient,
  layerNormScratch,
  open,
  outer,
  outerScratch,
  product,
  productScratch,
  serve,
};
