/** A map, or the mask of its top mass, painted over a picture outside of the page's own canvases. */
import { topMassMask } from '../../core/attention-mask.ts';
import type { Size } from '../canvas/fit.ts';
import { mapLayer, maskLayer, paintLayer, paintOutline } from '../canvas/paint-attention.ts';
import type { MapStyle } from '../panels/AttentionTile.tsx';
import { largestOf } from '../panels/attention-maps.ts';

export function paintMap(
  context: CanvasRenderingContext2D,
  size: Size,
  picture: HTMLCanvasElement,
  grid: { values: Float32Array; rows: number; columns: number },
  { mass, colormap, smooth, opacity, low, top }: MapStyle,
): void {
  if (mass === null) {
    const scale = { low, top: top ?? largestOf(grid.values) };
    paintLayer(context, size, picture, mapLayer(grid, scale, colormap, smooth ? size.width : null), opacity);
    return;
  }
  const mask = { ...grid, values: topMassMask(grid.values, mass) };
  paintLayer(context, size, picture, maskLayer(mask), opacity);
  paintOutline(context, size, mask, '#fff', []);
}
