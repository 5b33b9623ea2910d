/** The picture, the mean and every head of the block, small; one of them is shown large. */
import { useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { chooseHead } from '../../state/looks.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { crispSize, type Size } from '../canvas/fit.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import classes from './closer.module.css';
import type { Drawing } from './DrawingTools.tsx';
import { HeadTile } from './HeadTile.tsx';
import type { LookMaps, NamedMap } from './look-maps.ts';
import { type LookStyle, useLookStyle, useMapStyle } from './map-style.ts';

interface Props {
  result: LookResult;
  maps: LookMaps | null;
  drawing: Drawing;
  /** CSS pixels for all of them. */
  room: Size;
}

export const GAP = 8;
const CAPTION = 28;
const MOST_ACROSS = 8;

/** The largest tiles of which all fit into the room, if they can. */
export function tileSize(count: number, { rows, columns }: LookResult, room: Size, ratio: number) {
  for (let across = 1; ; across++) {
    const side = (room.width - (across - 1) * GAP) / across - 4;
    const size = crispSize({ width: columns, height: rows }, { width: side, height: room.height }, ratio);
    const height = Math.ceil(count / across) * (size.height + CAPTION + GAP);
    if (height <= room.height || across === MOST_ACROSS) return { across, size };
  }
}

export function HeadTiles({ result, maps, drawing, room }: Props) {
  const ratio = usePixelRatio();
  const style = useLookStyle(drawing);
  const { pixels } = result;
  const picture = useMemo(() => bitmapOf(pixels), [pixels]);
  const tiles = maps && maps.all.length > 1 ? maps.all : [];
  const { across, size } = tileSize(1 + tiles.length, result, room, ratio);
  return (
    <div
      className={classes.tiles}
      style={{ gridTemplateColumns: `repeat(${across}, max-content)`, gap: GAP }}
    >
      <figure className={classes.tile}>
        <PixelCanvas pixels={pixels} size={size} label="The picture as the network sees it" />
        <figcaption>What it sees</figcaption>
      </figure>
      {tiles.map((map) => (
        <Tile
          key={map.name}
          map={map}
          chosen={maps?.chosen.head === map.head}
          result={result}
          picture={picture}
          style={style}
          size={size}
        />
      ))}
    </div>
  );
}

interface TileProps {
  map: NamedMap;
  chosen: boolean;
  result: LookResult;
  picture: HTMLCanvasElement;
  style: LookStyle;
  size: Size;
}

function Tile({ map, chosen, result, picture, style, size }: TileProps) {
  const mapStyle = useMapStyle(result, map.values, style);
  return (
    <HeadTile
      map={map}
      chosen={chosen}
      result={result}
      picture={picture}
      style={mapStyle}
      size={size}
      onChoose={chooseHead}
    />
  );
}
