/** The chosen map, large: click a patch, or reach it by keyboard, to see what that patch attends to. */
import { Button } from '@mantine/core';
import { type KeyboardEvent, type MouseEvent, useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { looksStore, wishFor } from '../../state/looks.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { crispSize, type Size } from '../canvas/fit.ts';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { walked } from '../panels/AttentionRow.tsx';
import { AttentionTile } from '../panels/AttentionTile.tsx';
import { describeMap } from '../panels/attention-maps.ts';
import pictures from '../panels/pictures.module.css';
import { useView } from '../use-stores.ts';
import classes from './closer.module.css';
import type { Drawing } from './DrawingTools.tsx';
import { blockInWords, type LookMaps, tokenInWords } from './look-maps.ts';
import { useLookStyle, useMapStyle } from './map-style.ts';

interface Props {
  result: LookResult;
  maps: LookMaps;
  drawing: Drawing;
  /** CSS pixels. */
  room: Size;
  onPoint: (patch: number | null) => void;
}

export function LargeMap({ result, maps, drawing, room, onPoint }: Props) {
  const ratio = usePixelRatio();
  const style = useMapStyle(result, maps.chosen.values, useLookStyle(drawing));
  const mass = useView((state) => state.overlay.mass);
  const { pixels, rows, columns, look } = result;
  const picture = useMemo(() => bitmapOf(pixels), [pixels]);
  const size = crispSize({ width: columns, height: rows }, room, ratio);
  const middle = Math.floor(rows / 2) * columns + Math.floor(columns / 2);

  const click = ({ nativeEvent, currentTarget, detail }: MouseEvent) => {
    // A click by keyboard has no place.
    if (detail === 0) {
      wishFor({ patch: look.patch ?? middle });
      return;
    }
    const box = currentTarget.getBoundingClientRect();
    const column = Math.floor(((nativeEvent.clientX - box.left) / box.width) * columns);
    const row = Math.floor(((nativeEvent.clientY - box.top) / box.height) * rows);
    wishFor({ patch: Math.min(rows - 1, row) * columns + Math.min(columns - 1, column) });
  };
  const walk = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && look.patch !== null) {
      wishFor({ patch: null });
      return;
    }
    // From the wish and not from the answer, so that a held key goes on while an answer is awaited.
    const from = looksStore.getState().wish.patch;
    const next = from === null ? null : walked(event.key, from, rows, columns);
    if (next === null && walked(event.key, 0, rows, columns) === null) return;
    event.preventDefault();
    wishFor({ patch: next ?? middle });
  };
  const { chosen } = maps;
  const who = tokenInWords(result);
  return (
    <div>
      <p className={classes.heading}>
        <b>{chosen.name}</b> {blockInWords(result)}
      </p>
      <button
        type="button"
        className={pictures.walk}
        aria-label="Click a patch, or walk with the arrow keys, to see what it attends to; Escape goes back to CLS"
        onClick={click}
        onKeyDown={walk}
      >
        <AttentionTile
          picture={picture}
          map={chosen.values}
          rows={rows}
          columns={columns}
          style={style}
          size={size}
          object={null}
          label={`${chosen.name} of ${blockInWords(result)}, from ${who}: ${describeMap(chosen.values, columns, mass)}`}
          tag=""
          cursor={look.patch}
          onPoint={onPoint}
        />
      </button>
      <div className={classes.from}>
        <span role="status">
          From <b>{who}</b>
        </span>
        {look.patch === null ? (
          <span>Click a patch to see what it attends to.</span>
        ) : (
          <Button variant="subtle" size="compact-xs" onClick={() => wishFor({ patch: null })}>
            Back to CLS
          </Button>
        )}
      </div>
    </div>
  );
}
