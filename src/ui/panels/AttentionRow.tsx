/** One pinned image and its maps. */
import { CloseButton } from '@mantine/core';
import { type KeyboardEvent, memo, useCallback, useMemo } from 'react';
import type { AttentionSnapshot } from '../../protocol/values.ts';
import { togglePin } from '../../state/actions.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import type { Size } from '../canvas/fit.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { useView } from '../use-stores.ts';
import { AttentionTile, type MapStyle, PatchCursor } from './AttentionTile.tsx';
import { describeMap, type MapColumn, mapOf } from './attention-maps.ts';
import classes from './pictures.module.css';
import { nameOf, Thumbnail, useCard } from './Thumbnail.tsx';

/** A patch of one image, and the column that the pointer is in; null when it was reached by keyboard. */
export interface PatchPoint {
  id: number;
  patch: number;
  column: number | null;
}

interface Props {
  id: number;
  snapshot: AttentionSnapshot;
  columns: readonly MapColumn[];
  /** The maps stand in this many lines. */
  lines: number;
  style: MapStyle;
  mass: number;
  showObject: boolean;
  /** Of a picture and of each map, CSS pixels. */
  size: Size;
  cursor: number | null;
  onPoint: (point: PatchPoint | null) => void;
}

export const AttentionRow = memo(function AttentionRow(props: Props) {
  const { id, snapshot, columns, lines, style, mass, showObject, size, cursor, onPoint } = props;
  const past = useView((state) => state.shownStep !== null);
  const card = useCard(id);
  const name = nameOf(id, card);
  const image = snapshot.images.find((candidate) => candidate.id === id);
  const { heads, rows, columns: patchColumns } = snapshot;
  const picture = useMemo(() => (image ? bitmapOf(image.pixels) : null), [image]);
  const maps = useMemo(
    () => (image ? columns.map((column) => mapOf(image, column, heads)) : []),
    [image, columns, heads],
  );
  const object = useMemo(
    () =>
      showObject && image?.mask
        ? { values: image.mask.map((covered) => (covered >= 0.5 ? 1 : 0)), rows, columns: patchColumns }
        : null,
    [showObject, image, rows, patchColumns],
  );
  const points = useMemo(
    () =>
      columns.map(
        (_, column) => (patch: number | null) => onPoint(patch === null ? null : { id, patch, column }),
      ),
    [columns, id, onPoint],
  );
  const walk = useCallback(
    (event: KeyboardEvent) => {
      const next = walked(event.key, cursor, rows, patchColumns);
      if (next === null) return;
      event.preventDefault();
      onPoint({ id, patch: next, column: null });
    },
    [cursor, rows, patchColumns, id, onPoint],
  );
  if (!image || !picture)
    return (
      <>
        <div className={classes.tile}>
          <Thumbnail id={id} side={size.width} />
          <Unpin id={id} name={name} />
        </div>
        <div
          className={classes.waiting}
          style={{ gridColumn: `span ${columns.length / lines}`, height: size.height }}
        >
          {past ? 'It was not pinned at that step.' : 'Its maps come with the next snapshot.'}
        </div>
      </>
    );
  return (
    <>
      <div style={{ gridRow: `span ${lines}` }}>
        <div className={classes.tile} style={{ width: size.width }}>
          <button
            type="button"
            className={classes.walk}
            aria-label={`${name}, as the network saw it: arrow keys walk its patches`}
            onKeyDown={walk}
            onFocus={() => onPoint({ id, patch: cursor ?? 0, column: null })}
            onBlur={() => onPoint(null)}
          >
            <PixelCanvas pixels={image.pixels} size={size} label="" />
          </button>
          {cursor !== null && <PatchCursor patch={cursor} rows={rows} columns={patchColumns} size={size} />}
          <Unpin id={id} name={name} />
        </div>
        <p className={classes.caption} style={{ width: size.width, marginTop: 2 }} title={card?.path}>
          {card?.label ?? `image ${id}`}
        </p>
      </div>
      {columns.map((column, i) => {
        const map = maps[i];
        return map ? (
          <AttentionTile
            key={column.name}
            picture={picture}
            map={map}
            rows={rows}
            columns={patchColumns}
            style={style}
            size={size}
            object={object}
            label={`${column.name} on ${name}: ${describeMap(map, patchColumns, mass)}`}
            tag={lines > 1 && i % (columns.length / lines) === 0 ? column.network : ''}
            cursor={cursor}
            onPoint={points[i] ?? (() => undefined)}
          />
        ) : null;
      })}
    </>
  );
});

function Unpin({ id, name }: { id: number; name: string }) {
  return (
    <CloseButton
      className={classes.unpin ?? ''}
      size="sm"
      variant="default"
      aria-label={`Unpin ${name}`}
      onClick={() => togglePin(id)}
    />
  );
}

/** Where an arrow key leads on the patch grid; null for any other key. */
export function walked(key: string, from: number | null, rows: number, columns: number): number | null {
  const patch = from ?? 0;
  const row = Math.floor(patch / columns);
  const column = patch % columns;
  switch (key) {
    case 'ArrowLeft':
      return row * columns + Math.max(0, column - 1);
    case 'ArrowRight':
      return row * columns + Math.min(columns - 1, column + 1);
    case 'ArrowUp':
      return Math.max(0, row - 1) * columns + column;
    case 'ArrowDown':
      return Math.min(rows - 1, row + 1) * columns + column;
    default:
      return null;
  }
}
