/** The smallest head that a network can have, for tests of a backbone alone. */
import type { HeadShape } from '../../../src/model/shapes.ts';

export const LEAST_HEAD: HeadShape = {
  layers: 1,
  hidden: 1,
  bottleneck: null,
  prototypes: 1,
  batchNorm: 'off',
  lastBatchNorm: false,
  l2Bottleneck: false,
  lastLayer: 'free',
  normLastLayer: false,
};
