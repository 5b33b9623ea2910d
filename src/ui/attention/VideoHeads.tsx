/** The mean and every head of the frame that is shown, small; one of them is shown large. */
import { useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { chooseVideoHead } from '../../state/videos.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import type { Size } from '../canvas/fit.ts';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import type { MapStyle } from '../panels/AttentionTile.tsx';
import classes from './closer.module.css';
import { HeadTile } from './HeadTile.tsx';
import { GAP, tileSize } from './HeadTiles.tsx';
import type { LookMaps } from './look-maps.ts';

interface Props {
  result: LookResult;
  maps: LookMaps;
  styles: readonly MapStyle[];
  /** CSS pixels for all of them. */
  room: Size;
}

export function VideoHeads({ result, maps, styles, room }: Props) {
  const ratio = usePixelRatio();
  const { pixels } = result;
  const picture = useMemo(() => bitmapOf(pixels), [pixels]);
  const { across, size } = tileSize(maps.all.length, result, room, ratio);
  return (
    <div
      className={classes.tiles}
      style={{ gridTemplateColumns: `repeat(${across}, max-content)`, gap: GAP }}
    >
      {maps.all.map((map, i) => {
        const style = styles[i];
        return style ? (
          <HeadTile
            key={map.name}
            map={map}
            chosen={maps.chosen.head === map.head}
            result={result}
            picture={picture}
            style={style}
            size={size}
            onChoose={chooseVideoHead}
          />
        ) : null;
      })}
    </div>
  );
}
