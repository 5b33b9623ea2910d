/** The mean and every head of the frame that is shown, small; one of them is shown large. */
import { useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { chooseVideoHead } from '../../state/videos.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import type { Size } from '../canvas/fit.ts';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { AttentionTile, type MapStyle } from '../panels/AttentionTile.tsx';
import classes from './closer.module.css';
import { tileSize } from './HeadTiles.tsx';
import type { LookMaps } from './look-maps.ts';

interface Props {
  result: LookResult;
  maps: LookMaps;
  styles: readonly MapStyle[];
  /** CSS pixels for all of them. */
  room: Size;
}

const GAP = 8;

export function VideoHeads({ result, maps, styles, room }: Props) {
  const ratio = usePixelRatio();
  const { pixels, rows, columns } = result;
  const picture = useMemo(() => bitmapOf(pixels), [pixels]);
  const { across, size } = tileSize(maps.all.length, result, room, ratio);
  return (
    <div
      className={classes.tiles}
      style={{ gridTemplateColumns: `repeat(${across}, max-content)`, gap: GAP }}
    >
      {maps.all.map(({ head, name, values }, i) => {
        const style = styles[i];
        if (!style) return null;
        return (
          <button
            key={name}
            type="button"
            className={classes.tile}
            aria-pressed={maps.chosen.head === head}
            onClick={() => chooseVideoHead(head)}
          >
            <AttentionTile
              picture={picture}
              map={values}
              rows={rows}
              columns={columns}
              style={style}
              size={size}
              object={null}
              label=""
              tag=""
              cursor={null}
              onPoint={ignore}
            />
            <span>{head === null ? 'Mean' : name}</span>
          </button>
        );
      })}
    </div>
  );
}

const ignore = () => undefined;
