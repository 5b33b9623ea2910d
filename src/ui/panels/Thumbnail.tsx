/** A thumbnail of the images, asked for when it is first shown. */
import { useEffect } from 'react';
import type { ImageCard } from '../../protocol/values.ts';
import { wantCards } from '../../state/actions.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { useDataset } from '../use-stores.ts';
import classes from './pictures.module.css';

/** The card of an image, asked for if it is not here yet. */
export function useCard(id: number): ImageCard | null {
  const card = useDataset((state) => state.cards.get(id));
  const summary = useDataset((state) => state.summary);
  useEffect(() => {
    if (card === undefined && summary !== null) wantCards([id]);
  }, [card, summary, id]);
  return card ?? null;
}

/** "image 12, stripes" */
export function nameOf(id: number, card: ImageCard | null): string {
  return card?.label ? `image ${id}, ${card.label}` : `image ${id}`;
}

interface Props {
  id: number;
  /** Side of the square it is fitted into, CSS pixels. */
  side: number;
  /** Leave the alternative text to what surrounds it. */
  silent?: boolean;
}

export function Thumbnail({ id, side, silent = false }: Props) {
  const card = useCard(id);
  if (card === null) return <div className={classes.blank} style={{ width: side, height: side }} />;
  const { thumbnail } = card;
  const scale = side / Math.max(thumbnail.width, thumbnail.height);
  return (
    <div className={classes.square} style={{ width: side, height: side }}>
      <PixelCanvas
        pixels={thumbnail}
        size={{ width: thumbnail.width * scale, height: thumbnail.height * scale }}
        label={silent ? '' : nameOf(id, card)}
      />
    </div>
  );
}
