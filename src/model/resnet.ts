/** ResNets (He et al. 2016, as torchvision has them) without their classifier, resolution by resolution. */
import * as tf from '@tensorflow/tfjs-core';
import { type After, batchNorm2d, fixedNorm2d, type Moments } from '../ops/batch-norm-2d.ts';
import { convolve, convolveData, type PixelGrid, pixelsIn, windowGrid } from '../ops/convolution.ts';
import { maxPool, pictureMeans } from '../ops/pool-2d.ts';
import { stackRows } from '../ops/stack-rows.ts';
import { matrix, type Tensors, vector } from './network.ts';
import { type ConvolutionPlan, resNetPlan } from './resnet-plan.ts';
import type { ResNetShape } from './shapes.ts';
import type { PackedViews } from './vit.ts';

/** Told of the statistics of every batch that a BatchNorm sees, by the layer's name. */
export type MomentsWatcher = (name: string, moments: Moments) => void;

/**
 * Where BatchNorm's statistics come from: the batch itself, as in training, which `watch` is told; or the running ones,
 * which then are among the tensors, as in evaluation.
 */
export type NormMode = { of: 'batch'; watch: MomentsWatcher } | { of: 'running' };

/** What the last stage says of every place: [pictures·height·width, channels], none of it negative. */
export interface Places {
  features: tf.Tensor2D;
  grid: PixelGrid;
}

const weightOf = (p: Tensors, { name }: ConvolutionPlan) => matrix(p, `backbone.${name}.weight`);

function normed(
  p: Tensors,
  x: tf.Tensor2D,
  plan: ConvolutionPlan,
  mode: NormMode,
  after: After,
): tf.Tensor2D {
  const name = `backbone.${plan.norm}`;
  const gain = { weight: vector(p, `${name}.weight`), bias: vector(p, `${name}.bias`) };
  if (mode.of === 'batch') return batchNorm2d(x, gain, after, (moments) => mode.watch(name, moments));
  const running = {
    mean: vector(p, `${name}.running_mean`),
    variance: vector(p, `${name}.running_var`),
  };
  return fixedNorm2d(x, gain, running, after);
}

/** Pixels of pictures of one size, [pictures·height·width, 3] → what the last stage says of each place. */
function places(
  p: Tensors,
  pixels: tf.Tensor2D,
  pictures: PixelGrid,
  shape: ResNetShape,
  mode: NormMode,
): Places {
  const { stem, pool, blocks } = resNetPlan(shape);
  let grid = windowGrid(pictures, stem.window);
  let x = normed(p, convolveData(pixels, weightOf(p, stem), pictures, stem.window), stem, mode, {
    relu: true,
  });
  if (pool) {
    x = maxPool(x, grid, pool);
    grid = windowGrid(grid, pool);
  }
  for (const { convolutions, downsample } of blocks) {
    const residual = downsample
      ? normed(p, convolve(x, weightOf(p, downsample), grid, downsample.window), downsample, mode, {
          relu: false,
        })
      : x;
    let y = x;
    for (const [i, plan] of convolutions.entries()) {
      const last = i === convolutions.length - 1;
      const convolved = convolve(y, weightOf(p, plan), grid, plan.window);
      grid = windowGrid(grid, plan.window);
      y = normed(p, convolved, plan, mode, last ? { relu: true, residual } : { relu: true });
    }
    x = y;
  }
  return { features: x, grid };
}

/** The views of each resolution by themselves, as the official MultiCropWrapper runs them. */
function placesOfAll(
  p: Tensors,
  { patches, layout }: PackedViews,
  shape: ResNetShape,
  mode: NormMode,
): Places[] {
  let first = 0;
  return layout.segments.map(({ sequences, rows, columns }) => {
    const pictures = { pictures: sequences, height: rows, width: columns };
    const count = pixelsIn(pictures);
    const pixels =
      count === patches.shape[0] ? patches : tf.slice(patches, [first, 0], [count, patches.shape[1]]);
    first += count;
    return places(p, pixels, pictures, shape, mode);
  });
}

/** The mean over all places, view by view: [sequences, width]. */
export function resNetFeatures(
  p: Tensors,
  views: PackedViews,
  shape: ResNetShape,
  mode: NormMode,
): tf.Tensor2D {
  return stackRows(
    placesOfAll(p, views, shape, mode).map(({ features, grid }) => pictureMeans(features, grid)),
  );
}

/** What evaluation sees of every place, before the mean over them; a resolution each. */
export const resNetPlaces = (p: Tensors, views: PackedViews, shape: ResNetShape): Places[] =>
  placesOfAll(p, views, shape, { of: 'running' });
