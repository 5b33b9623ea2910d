/** A video's frame painted as the player shows it, on the page or into a file. */
import type { LookResult } from '../../protocol/looks.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import type { Size } from '../canvas/fit.ts';
import { paintLayer } from '../canvas/paint-attention.ts';
import type { MapStyle } from '../panels/AttentionTile.tsx';
import type { LookMaps } from './look-maps.ts';
import { paintMap } from './paint-map.ts';
import { chosenStyle } from './video-maps.ts';

/** The chosen map, or the colors, over the picture. */
export function paintFrame(
  context: CanvasRenderingContext2D,
  size: Size,
  picture: HTMLCanvasElement,
  { rows, columns, shown }: LookResult,
  maps: LookMaps | null,
  styles: readonly MapStyle[],
  opacity: number,
): void {
  const style = maps && chosenStyle(maps, styles);
  if (maps && style) paintMap(context, size, picture, { values: maps.chosen.values, rows, columns }, style);
  else if (shown.show === 'colors') paintLayer(context, size, picture, bitmapOf(shown.colors), opacity);
}

/** Long side of a saved picture, at most. */
const SAVED_SIDE = 960;

/** Of one picture in a file: a patch is a whole, even number of pixels, as encoders want. */
export function savedSize({ rows, columns }: { rows: number; columns: number }): Size {
  const patch = Math.max(2, 2 * Math.floor(SAVED_SIDE / Math.max(rows, columns) / 2));
  return { width: columns * patch, height: rows * patch };
}
