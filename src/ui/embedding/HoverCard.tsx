/** The image that the pointer is on: its picture, name and group. */
import type { Size } from '../canvas/fit.ts';
import { Thumbnail, useCard } from '../panels/Thumbnail.tsx';
import type { Point } from './camera.ts';
import classes from './embedding.module.css';

interface Props {
  id: number;
  group: string;
  color: string;
  /** Of the point, on a map of this size, CSS pixels. */
  place: Point;
  within: Size;
}

const CARD = { width: 220, height: 84, gap: 14 };

export function HoverCard({ id, group, color, place, within }: Props) {
  const card = useCard(id);
  const right = place.x + CARD.gap + CARD.width < within.width;
  const left = right ? place.x + CARD.gap : Math.max(4, place.x - CARD.gap - CARD.width);
  const top = Math.min(Math.max(4, place.y - CARD.height / 2), within.height - CARD.height - 4);
  return (
    <div className={classes.card} style={{ left, top, width: CARD.width }} data-testid="map-card">
      <Thumbnail id={id} side={64} silent />
      <div className={classes.words}>
        <b>{card?.label ?? `image ${id}`}</b>
        <span title={card?.path}>{card?.path ?? '…'}</span>
        <span>
          <i className={classes.dot} style={{ background: color }} />
          {group}
        </span>
      </div>
    </div>
  );
}
