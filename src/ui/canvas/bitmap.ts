/** Pixels as canvases that can be drawn from. */
import type { Pixels } from '../../core/pixels.ts';

/** A canvas of exactly the picture's size, one canvas pixel a pixel. */
export function bitmapOf(pixels: Pixels): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  putPixels(canvas, pixels);
  return canvas;
}

export function putPixels(canvas: HTMLCanvasElement, { width, height, rgba }: Pixels): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}
