/** The picture, the mean and every head of the block, small; one of them is shown large. */
import { useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { chooseHead } from '../../state/looks.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { crispSize } from '../canvas/fit.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { AttentionTile } from '../panels/AttentionTile.tsx';
import type { Drawing } from './CloserTools.tsx';
import classes from './closer.module.css';
import type { LookMaps } from './look-maps.ts';
import { useMapStyle } from './map-style.ts';

interface Props {
  result: LookResult;
  maps: LookMaps | null;
  drawing: Drawing;
  /** CSS pixels for all of them. */
  width: number;
}

const LEAST = 92;
const GAP = 8;

export function HeadTiles({ result, maps, drawing, width }: Props) {
  const ratio = usePixelRatio();
  const style = useMapStyle(drawing);
  const { pixels, rows, columns } = result;
  const picture = useMemo(() => bitmapOf(pixels), [pixels]);
  const tiles = maps && maps.all.length > 1 ? maps.all : [];
  const across = Math.max(1, Math.min(tiles.length + 1, 4, Math.floor((width + GAP) / (LEAST + GAP))));
  const side = (width - (across - 1) * GAP) / across - 4;
  const size = crispSize({ width: columns, height: rows }, { width: side, height: side * 1.2 }, ratio);
  return (
    <div
      className={classes.tiles}
      style={{ gridTemplateColumns: `repeat(${across}, max-content)`, gap: GAP }}
    >
      <figure className={classes.tile}>
        <PixelCanvas pixels={pixels} size={size} label="The picture as the network sees it" />
        <figcaption>What it sees</figcaption>
      </figure>
      {tiles.map(({ head, name, values }) => (
        <button
          key={name}
          type="button"
          className={classes.tile}
          aria-pressed={maps?.chosen.head === head}
          onClick={() => chooseHead(head)}
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
      ))}
    </div>
  );
}

const ignore = () => undefined;
