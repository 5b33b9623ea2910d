/** Convolutions over pictures that lie as rows of pixels, [pictures·height·width, channels], as products with a matrix. */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';
import { fusedKernel } from './kernel.ts';
import { product, productTransposedA, productTransposedB } from './matmul.ts';

/** Pictures of one size, a row a pixel: picture by picture, row-major. */
export interface PixelGrid {
  pictures: number;
  height: number;
  width: number;
}

/** A square window: its side, the distance of two neighbouring ones, and how far they reach over the edge, in pixels. */
export interface Window {
  side: number;
  stride: number;
  padding: number;
}

/** What windows of a picture make: torch's floor((n + 2·padding − side)/stride) + 1 a direction. */
export function windowGrid({ pictures, height, width }: PixelGrid, window: Window): PixelGrid {
  const along = (n: number) => Math.floor((n + 2 * window.padding - window.side) / window.stride) + 1;
  return { pictures, height: along(height), width: along(width) };
}

export const pixelsIn = ({ pictures, height, width }: PixelGrid): number => pictures * height * width;

/** The matrix of all windows would be nine times its picture and more, so it is made for some pictures at a time. */
const COLUMN_VALUES = 2 ** 23;

/** Windows that are the pixels themselves. */
const isPlain = ({ side, stride, padding }: Window): boolean => side === 1 && stride === 1 && padding === 0;

interface Piece {
  first: number;
  grid: PixelGrid;
}

function piecesOf(grid: PixelGrid, window: Window, channels: number): Piece[] {
  const { pictures } = grid;
  const each = pixelsIn({ ...windowGrid(grid, window), pictures: 1 }) * window.side ** 2 * channels;
  const most = Math.max(1, Math.min(pictures, Math.floor(COLUMN_VALUES / each)));
  // Pieces that differ by a picture at most: a short last one would need kernels of its own.
  const count = Math.ceil(pictures / most);
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor((i * pictures) / count);
    return { first, grid: { ...grid, pictures: Math.floor(((i + 1) * pictures) / count) - first } };
  });
}

/** A piece's rows of a matrix that has `perPicture` rows for each picture. */
function rowsOf(x: tf.Tensor2D, { first, grid }: Piece, perPicture: number): tf.Tensor2D {
  const rows = grid.pictures * perPicture;
  return rows === x.shape[0] ? x : tf.slice(x, [first * perPicture, 0], [rows, x.shape[1]]);
}

const joined = (parts: tf.Tensor2D[]): tf.Tensor2D =>
  parts.length === 1 && parts[0] ? parts[0] : tf.concat(parts, 0);

/**
 * Cross-correlation as torch's Conv2d without bias. x [pixels, in], w [side²·in, out] (window row by row, then the
 * channels) → [pixels of windowGrid, out].
 */
export function convolve(x: tf.Tensor2D, w: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  return differentiable([x, w], () => ({
    value: convolved(x, w, grid, window),
    saved: [x, w],
    gradient: (dy, [input, weight]) => [
      inputGradient(dy, weight, grid, window),
      weightGradient(input, dy, weight, grid, window),
    ],
  }));
}

/** The same for an x that is data: no gradient flows into it, so none is computed. */
export function convolveData(x: tf.Tensor2D, w: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  return differentiable([w], () => ({
    value: convolved(x, w, grid, window),
    saved: [x, w],
    gradient: (dy, [input, weight]) => [weightGradient(input, dy, weight, grid, window)],
  }));
}

function convolved(x: tf.Tensor2D, w: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  if (isPlain(window)) return product(x, w);
  if (!fusedKernel('WindowRows')) return byTfjs(x, w, grid, window);
  return joined(
    piecesOf(grid, window, x.shape[1]).map((piece) => {
      const columns = windowRows(rowsOf(x, piece, grid.height * grid.width), piece.grid, window);
      const y = product(columns, w);
      columns.dispose();
      return y;
    }),
  );
}

function inputGradient(dy: tf.Tensor2D, w: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  if (isPlain(window)) return productTransposedB(dy, w);
  const kernel = fusedKernel('WindowSums');
  if (!kernel) return inputGradientByTfjs(dy, w, grid, window);
  const channels = w.shape[0] / window.side ** 2;
  const windows = windowGrid(grid, window);
  return joined(
    piecesOf(grid, window, channels).map((piece) => {
      const columns = productTransposedB(rowsOf(dy, piece, windows.height * windows.width), w);
      const [dx] = kernel<[tf.Tensor2D]>({ columns }, settingsOf(piece.grid, window, channels));
      columns.dispose();
      return dx;
    }),
  );
}

function weightGradient(
  x: tf.Tensor2D,
  dy: tf.Tensor2D,
  w: tf.Tensor2D,
  grid: PixelGrid,
  window: Window,
): tf.Tensor2D {
  if (isPlain(window)) return productTransposedA(x, dy, w);
  const windows = windowGrid(grid, window);
  const pieces = piecesOf(grid, window, x.shape[1]);
  const parts = pieces.map((piece) => {
    const columns = windowRows(rowsOf(x, piece, grid.height * grid.width), piece.grid, window);
    const own = rowsOf(dy, piece, windows.height * windows.width);
    // A part of the gradient belongs nowhere yet.
    const part = productTransposedA(columns, own, pieces.length === 1 ? w : null);
    columns.dispose();
    return part;
  });
  return parts.reduce((sum, part) => tf.add(sum, part));
}

function settingsOf({ pictures, height, width }: PixelGrid, window: Window, channels: number) {
  return { pictures, height, width, channels, ...window };
}

/** Each window as a row, 0 where it reaches over the edge: x [pixels, c] → [pixels of windowGrid, side²·c]. */
function windowRows(x: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  const channels = x.shape[1];
  const made = fusedKernel('WindowRows')?.<[tf.Tensor2D]>({ x }, settingsOf(grid, window, channels))[0];
  if (made) return made;
  const { side, stride, padding } = window;
  const { pictures, height, width } = windowGrid(grid, window);
  const edge: [number, number] = [padding, padding];
  const padded = tf.pad(pictureOf(x, grid), [[0, 0], edge, edge, [0, 0]]);
  const reach = (n: number) => (n - 1) * stride + 1;
  const shifted = Array.from({ length: side * side }, (_, i) => {
    const [top, left] = [Math.floor(i / side), i % side];
    const end = [pictures, top + reach(height), left + reach(width), channels];
    return tf.stridedSlice(padded, [0, top, left, 0], end, [1, stride, stride, 1]);
  });
  return tf.reshape(tf.concat(shifted, 3), [pictures * height * width, side * side * channels]);
}

const pictureOf = (x: tf.Tensor2D, { pictures, height, width }: PixelGrid): tf.Tensor4D =>
  tf.reshape(x, [pictures, height, width, x.shape[1]]);

/** Our matrix is tfjs's filter, [side, side, in, out]. */
const filterOf = (w: tf.Tensor2D, { side }: Window): tf.Tensor4D =>
  tf.reshape(w, [side, side, w.shape[0] / side ** 2, w.shape[1]]);

function byTfjs(x: tf.Tensor2D, w: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  const y = tf.conv2d(
    pictureOf(x, grid),
    filterOf(w, window),
    window.stride,
    window.padding,
    'NHWC',
    1,
    'floor',
  );
  return tf.reshape(y, [pixelsIn(windowGrid(grid, window)), w.shape[1]]);
}

function inputGradientByTfjs(dy: tf.Tensor2D, w: tf.Tensor2D, grid: PixelGrid, window: Window): tf.Tensor2D {
  const channels = w.shape[0] / window.side ** 2;
  const { pictures, height, width } = grid;
  const dx = tf.conv2dTranspose(
    pictureOf(dy, windowGrid(grid, window)),
    filterOf(w, window),
    [pictures, height, width, channels],
    window.stride,
    window.padding,
    'floor',
  );
  return tf.reshape(dx, [pixelsIn(grid), channels]);
}
