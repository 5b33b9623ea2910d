/** Which places of a picture a ResNet's features come from, where a vision transformer has attention. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../model/network.ts';
import { resNetPlaces } from '../model/resnet.ts';
import { resNetPlan } from '../model/resnet-plan.ts';
import type { ResNetShape } from '../model/shapes.ts';
import { windowGrid } from '../ops/convolution.ts';
import { tokenLayout } from '../ops/layout.ts';

/** Strongest channels that have a map of their own. */
const CHANNELS = 3;
/** Maps of a picture: all channels together, and those. */
export const ACTIVATION_MAPS = 1 + CHANNELS;

/** Places a side that the last stage leaves of a square picture of `size` px. */
export function placesASide(shape: ResNetShape, size: number): number {
  const { stem, pool, blocks } = resNetPlan(shape);
  const windows = [
    stem.window,
    ...(pool ? [pool] : []),
    ...blocks.flatMap(({ convolutions }) => convolutions.map(({ window }) => window)),
  ];
  return windows.reduce(windowGrid, { pictures: 1, height: size, width: size }).height;
}

/**
 * Maps of `images` square pictures of `size` px, given as normalised pixels: [images, 1 + 3, rows, columns], flat, each
 * sums to 1 or is 0 throughout. With z_i ≥ 0 what the last stage says of place i and f the features, the mean of all z:
 * the first is ⟨z_i, f⟩ / Σ_j ⟨z_j, f⟩, the share that the place has in the squared length of f. That is a class
 * activation map (Zhou et al. 2016) whose class is the picture's own embedding. The others are z_i / Σ_j z_j of the three
 * channels that are strongest in f. `tensors` has the buffers too.
 */
export async function activationMaps(
  tensors: Tensors,
  shape: ResNetShape,
  pixels: Float32Array,
  images: number,
  size: number,
): Promise<Float32Array<ArrayBuffer>> {
  const features = tf.tidy(() => {
    const patches = tf.tensor2d(pixels, [images * size * size, 3]);
    const layout = tokenLayout([{ sequences: images, rows: size, columns: size }]);
    const [places] = resNetPlaces(tensors, { patches, layout }, shape);
    if (!places) throw new RangeError('There are no images to look at');
    return places.features;
  });
  const values = await features.data<'float32'>();
  const [, channels] = features.shape;
  features.dispose();
  const count = placesASide(shape, size) ** 2;
  const maps = new Float32Array(images * ACTIVATION_MAPS * count);
  for (let image = 0; image < images; image++) {
    const own = values.subarray(image * count * channels, (image + 1) * count * channels);
    mapsOf(
      own,
      channels,
      maps.subarray(image * ACTIVATION_MAPS * count, (image + 1) * ACTIVATION_MAPS * count),
    );
  }
  return maps;
}

/** z [places, channels] → the maps of one picture, [1 + 3, places]. */
function mapsOf(z: Float32Array, channels: number, maps: Float32Array): void {
  const count = z.length / channels;
  const sums = new Float64Array(channels);
  for (const [at, value] of z.entries()) sums[at % channels] = (sums[at % channels] ?? 0) + value;
  const strongest = [...sums.keys()].sort((a, b) => (sums[b] ?? 0) - (sums[a] ?? 0)).slice(0, CHANNELS);
  for (let i = 0; i < count; i++) {
    let along = 0;
    for (let c = 0; c < channels; c++) along += (z[i * channels + c] ?? 0) * (sums[c] ?? 0);
    maps[i] = along;
    for (const [rank, c] of strongest.entries()) maps[(1 + rank) * count + i] = z[i * channels + c] ?? 0;
  }
  for (let map = 0; map < ACTIVATION_MAPS; map++) toSumOne(maps.subarray(map * count, (map + 1) * count));
}

function toSumOne(map: Float32Array): void {
  const sum = map.reduce((total, value) => total + value, 0);
  if (sum > 0) for (const [i, value] of map.entries()) map[i] = value / sum;
}
