/** One map over one picture; pointing at a patch tells which. */
import { type MouseEvent, memo, useCallback, useMemo } from 'react';
import { topMassMask } from '../../core/attention-mask.ts';
import type { ColormapName } from '../../core/colormap.ts';
import type { Size } from '../canvas/fit.ts';
import { PaintedCanvas } from '../canvas/PaintedCanvas.tsx';
import { mapLayer, maskLayer, type PatchGrid, paintLayer, paintOutline } from '../canvas/paint-attention.ts';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { largestOf } from './attention-maps.ts';
import classes from './pictures.module.css';

/** A pink that none of the color maps has. */
const OBJECT_COLOR = '#ff7ad9';

/** How maps are drawn, the same for all tiles. */
export interface MapStyle {
  colormap: ColormapName;
  /** Value at the dark end. */
  low: number;
  /** Value at the light end; null: each map's own largest. */
  top: number | null;
  smooth: boolean;
  opacity: number;
  /** Share of the attention that the mask holds; null to draw the map. */
  mass: number | null;
}

interface Props {
  picture: HTMLCanvasElement;
  map: Float32Array;
  rows: number;
  columns: number;
  style: MapStyle;
  size: Size;
  /** Patches at least half covered by the object; null to leave the line out. */
  object: PatchGrid | null;
  label: string;
  /** Written into the corner; empty for nothing. */
  tag: string;
  /** Patch that is pointed at in any tile of this picture. */
  cursor: number | null;
  onPoint: (patch: number | null) => void;
}

export const AttentionTile = memo(function AttentionTile(props: Props) {
  const { picture, map, rows, columns, style, size, object, label, tag, cursor, onPoint } = props;
  const { colormap, low, top, smooth, opacity, mass } = style;
  const ratio = usePixelRatio();
  const smoothed = smooth ? size.width * ratio : null;
  const mask = useMemo(
    () => (mass === null ? null : { values: topMassMask(map, mass), rows, columns }),
    [map, mass, rows, columns],
  );
  const layer = useMemo(
    () =>
      mask
        ? maskLayer(mask)
        : mapLayer({ values: map, rows, columns }, { low, top: top ?? largestOf(map) }, colormap, smoothed),
    [mask, map, rows, columns, low, top, colormap, smoothed],
  );
  const paint = useCallback(
    (context: CanvasRenderingContext2D, area: Size) => {
      paintLayer(context, area, picture, layer, opacity);
      if (mask) paintOutline(context, area, mask, '#fff', []);
      if (object) paintOutline(context, area, object, OBJECT_COLOR, [5, 3]);
    },
    [picture, layer, opacity, mask, object],
  );
  const point = ({ nativeEvent }: MouseEvent) => {
    const row = Math.min(rows - 1, Math.max(0, Math.floor((nativeEvent.offsetY / size.height) * rows)));
    const column = Math.min(
      columns - 1,
      Math.max(0, Math.floor((nativeEvent.offsetX / size.width) * columns)),
    );
    onPoint(row * columns + column);
  };
  return (
    <div className={classes.tile} style={{ width: size.width }}>
      <PaintedCanvas
        size={size}
        paint={paint}
        label={label}
        onMouseMove={point}
        onMouseLeave={() => onPoint(null)}
      />
      {tag !== '' && <span className={classes.tag}>{tag}</span>}
      {cursor !== null && <PatchCursor patch={cursor} rows={rows} columns={columns} size={size} />}
    </div>
  );
});

interface CursorProps {
  patch: number;
  rows: number;
  columns: number;
  size: Size;
}

export function PatchCursor({ patch, rows, columns, size }: CursorProps) {
  const width = size.width / columns;
  const height = size.height / rows;
  return (
    <div
      className={classes.cursor}
      style={{ left: (patch % columns) * width, top: Math.floor(patch / columns) * height, width, height }}
    />
  );
}
