/** One frame with its map or its colors over it, and the frame as the network sees it beside that. */
import { useCallback, useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { crispSize, type Size } from '../canvas/fit.ts';
import { PaintedCanvas } from '../canvas/PaintedCanvas.tsx';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import type { MapStyle } from '../panels/AttentionTile.tsx';
import { describeMap } from '../panels/attention-maps.ts';
import { useView } from '../use-stores.ts';
import classes from './closer.module.css';
import { blockInWords, type LookMaps } from './look-maps.ts';
import { paintFrame } from './video-paint.ts';

interface Props {
  result: LookResult;
  /** null where colors are shown. */
  maps: LookMaps | null;
  /** One each of the maps. */
  styles: readonly MapStyle[];
  opacity: number;
  beside: boolean;
  /** CSS pixels. */
  room: Size;
}

const GAP = 12;

export function VideoScreen({ result, maps, styles, opacity, beside, room }: Props) {
  const ratio = usePixelRatio();
  const mass = useView((state) => state.overlay.mass);
  const { rows, columns, pixels } = result;
  const width = beside ? (room.width - GAP) / 2 : room.width;
  const size = crispSize({ width: columns, height: rows }, { width, height: room.height }, ratio);
  const picture = useMemo(() => bitmapOf(pixels), [pixels]);
  const paint = useCallback(
    (context: CanvasRenderingContext2D, area: Size) =>
      paintFrame(context, area, picture, result, maps, styles, opacity),
    [picture, result, maps, styles, opacity],
  );
  const what = maps ? maps.chosen.name : 'PCA of the patch tokens';
  const label = maps
    ? `${what} of ${blockInWords(result)}: ${describeMap(maps.chosen.values, columns, mass)}`
    : `First three principal components of the patch tokens, ${blockInWords(result)}, as red, green and blue`;
  return (
    <>
      <p className={classes.heading}>
        <b>{what}</b> {blockInWords(result)}
      </p>
      <div className={classes.screen} style={{ gap: GAP }}>
        {beside && <PixelCanvas pixels={pixels} size={size} label="The frame as the network sees it" />}
        <PaintedCanvas size={size} paint={paint} label={label} />
      </div>
    </>
  );
}
