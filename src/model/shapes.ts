/** What a network looks like; a run's config has these groups. */

export interface BackboneShape {
  patchSize: number;
  dim: number;
  depth: number;
  heads: number;
  mlpRatio: number;
  qkvBias: boolean;
}

export interface HeadShape {
  layers: number;
  hidden: number;
  bottleneck: number | null;
  prototypes: number;
  batchNorm: 'off' | 'before-gelu' | 'after-gelu';
  lastBatchNorm: boolean;
  l2Bottleneck: boolean;
  lastLayer: 'weight-norm' | 'unit-rows' | 'free';
  normLastLayer: boolean;
}

export interface NetworkShape {
  /** Side of the square image that the positional table is made for, pixels. */
  imageSize: number;
  backbone: BackboneShape;
  head: HeadShape;
}
