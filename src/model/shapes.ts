/** What a network looks like; a run's config has these groups. */

export interface VitShape {
  architecture?: 'vit';
  patchSize: number;
  dim: number;
  depth: number;
  heads: number;
  mlpRatio: number;
  qkvBias: boolean;
}

export interface ResNetShape {
  architecture: 'resnet18' | 'resnet50';
  /** Channels after the first convolution; 64 in the published networks. */
  width: number;
  /** The published 7 × 7 convolution and pooling, which make pictures four times smaller, or a plain 3 × 3 one. */
  stem: 'imagenet' | 'small';
}

export type BackboneShape = VitShape | ResNetShape;

export const isResNet = (shape: BackboneShape): shape is ResNetShape =>
  shape.architecture === 'resnet18' || shape.architecture === 'resnet50';

/** @throws RangeError where it is a ResNet. */
export function vitShape(shape: BackboneShape): VitShape {
  if (isResNet(shape)) throw new RangeError(`A ${shape.architecture} has neither patches nor heads`);
  return shape;
}

/** Channels of the last stage are so many times the first convolution's. */
const RESNET_GROWTH = { resnet18: 8, resnet50: 32 } as const;

/** Numbers in the feature vector of a view: of the CLS token, or of the mean over all places. */
export const featureWidth = (shape: BackboneShape): number =>
  isResNet(shape) ? RESNET_GROWTH[shape.architecture] * shape.width : shape.dim;

/** Side of the squares that a view comes in, a row each: patches, or for a ResNet single pixels. */
export const rowSide = (shape: BackboneShape): number => (isResNet(shape) ? 1 : shape.patchSize);

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
