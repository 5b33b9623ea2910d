/** A head's map or mask over the picture it belongs to. */
import { enlargeNearest, enlargeSmooth, outline } from '../../core/attention-mask.ts';
import { type ColormapName, colorize } from '../../core/colormap.ts';
import { bitmapOf } from './bitmap.ts';
import type { Size } from './fit.ts';

/** Values on the patch grid, row by row. */
export interface PatchGrid {
  values: ArrayLike<number>;
  rows: number;
  columns: number;
}

/** Pixels along a patch where its map is smoothed, at most: enough that no step shows at the sizes drawn. */
const SMOOTH_FACTOR = 12;
/** Pixels of a smoothed map, at most: some milliseconds of work. */
const SMOOTH_PIXELS = 150_000;

/** Pixels along a patch of a map that is smoothed for so many pixels across: no more than are seen. */
function smoothFactor({ rows, columns }: PatchGrid, across: number): number {
  const fitting = Math.floor(Math.sqrt(SMOOTH_PIXELS / (rows * columns)));
  return Math.max(1, Math.min(SMOOTH_FACTOR, fitting, Math.ceil(across / columns)));
}

/** The map in color, from `low` to `top`. @param smoothed pixels across that it is smoothed for; null shows the patches. */
export function mapLayer(
  grid: PatchGrid,
  { low, top }: { low: number; top: number },
  name: ColormapName,
  smoothed: number | null,
): HTMLCanvasElement {
  const { values, rows, columns } = grid;
  const factor = smoothed === null ? 1 : smoothFactor(grid, smoothed);
  const enlarged = (smoothed === null ? enlargeNearest : enlargeSmooth)(values, rows, columns, factor);
  const above = low === 0 ? enlarged : enlarged.map((value) => value - low);
  const rgba = colorize(above, top - low, name);
  return bitmapOf({ width: columns * factor, height: rows * factor, rgba });
}

/** Black where the mask is 0, nothing where it is 1. */
export function maskLayer({ values, rows, columns }: PatchGrid): HTMLCanvasElement {
  const rgba = new Uint8ClampedArray(rows * columns * 4);
  for (let i = 0; i < rows * columns; i++) rgba[4 * i + 3] = (values[i] ?? 0) > 0 ? 0 : 255;
  return bitmapOf({ width: columns, height: rows, rgba });
}

/** The picture under a layer of the patch grid's shape. */
export function paintLayer(
  context: CanvasRenderingContext2D,
  size: Size,
  picture: HTMLCanvasElement,
  layer: HTMLCanvasElement,
  opacity: number,
): void {
  context.imageSmoothingEnabled = picture.width > size.width;
  context.drawImage(picture, 0, 0, size.width, size.height);
  context.imageSmoothingEnabled = layer.width > size.width;
  context.globalAlpha = opacity;
  context.drawImage(layer, 0, 0, size.width, size.height);
  context.globalAlpha = 1;
}

/** The line around the patches where the grid is above 0, on a dark rim, so that it shows on anything. */
export function paintOutline(
  context: CanvasRenderingContext2D,
  size: Size,
  grid: PatchGrid,
  color: string,
  dash: number[],
): void {
  const { values, rows, columns } = grid;
  const path = new Path2D();
  for (const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] of outline(values, rows, columns)) {
    path.moveTo((x0 * size.width) / columns, (y0 * size.height) / rows);
    path.lineTo((x1 * size.width) / columns, (y1 * size.height) / rows);
  }
  context.lineCap = 'square';
  context.setLineDash([]);
  context.strokeStyle = 'rgb(0 0 0 / 70%)';
  context.lineWidth = 3.5;
  context.stroke(path);
  context.setLineDash(dash);
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.stroke(path);
  context.setLineDash([]);
}
