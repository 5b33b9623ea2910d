/** Pooling over pictures that lie as rows of pixels: the largest of a window, and the mean of a picture. */
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './constants.ts';
import { type PixelGrid, pixelsIn, type Window, windowGrid } from './convolution.ts';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';

/** The largest of each window, pixels outside left out: x [pixels, c] → [pixels of windowGrid, c]. */
export function maxPool(x: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  const channels = x.shape[1];
  const settings = { ...grid, ...window, channels };
  return differentiable([x], () => {
    const made = fusedKernel('MaxPool2d')?.<[tf.Tensor2D]>({ x }, settings)[0];
    const value = made ?? pooled(x, grid, window);
    return {
      value,
      saved: [x, value],
      gradient: (dy, [input, output]) =>
        fusedKernel('MaxPool2dGradient')?.({ dy, x: input, y: output }, settings) ?? [
          pooledGradient(dy, input, output, grid, window),
        ],
    };
  });
}

const attributes = ({ side, stride, padding }: Window) => ({
  filterSize: side,
  strides: stride,
  pad: padding,
  dimRoundingMode: 'floor' as const,
});

const pictureOf = (x: tf.Tensor2D, { pictures, height, width }: PixelGrid): tf.Tensor4D =>
  tf.reshape(x, [pictures, height, width, x.shape[1]]);

function pooled(x: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  const y: tf.Tensor4D = tf.maxPool(pictureOf(x, grid), window.side, window.stride, window.padding, 'floor');
  return tf.reshape(y, [pixelsIn(windowGrid(grid, window)), x.shape[1]]);
}

function pooledGradient(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  grid: PixelGrid,
  window: Window,
): tf.Tensor2D {
  const windows = windowGrid(grid, window);
  const inputs = { dy: pictureOf(dy, windows), input: pictureOf(x, grid), output: pictureOf(y, windows) };
  const dx: tf.Tensor4D = tf.engine().runKernel('MaxPoolGrad', inputs, attributes(window));
  return tf.reshape(dx, x.shape);
}

/** The mean over each picture: x [pixels, c] → [pictures, c]. */
export function pictureMeans(x: tf.Tensor2D, { pictures, height, width }: PixelGrid): tf.Tensor2D {
  const [, channels] = x.shape;
  const count = height * width;
  return differentiable([x], () => ({
    value: tf.mean<tf.Tensor2D>(tf.reshape(x, [pictures, count, channels]), 1),
    saved: [],
    gradient: (dy) => {
      const each = tf.reshape(tf.mul(dy, constant(1 / count)), [pictures, 1, channels]);
      return [tf.reshape(tf.tile(each, [1, count, 1]), [pictures * count, channels])];
    },
  }));
}
