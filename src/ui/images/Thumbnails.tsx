/** All images as a grid of thumbnails, of which only those in sight exist; choosing one shows its crops. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { DatasetSummary, ImageCard } from '../../protocol/values.ts';
import { selectImage, wantCards } from '../../state/actions.ts';
import { useDataset, useView } from '../use-stores.ts';

const ABOUT = 46; // px, a thumbnail and its gap, before a row is filled evenly
const GAP = 4; // px
const ROWS = 3;

export function Thumbnails({ summary }: { summary: DatasetSummary }) {
  const count = summary.train + summary.val;
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(6 * ABOUT);
  const [top, setTop] = useState(0);
  const selected = useView((s) => s.selectedImage);
  const columns = Math.max(1, Math.round(width / ABOUT));
  const cell = width / columns;
  const rows = Math.ceil(count / columns);
  const firstRow = Math.floor(top / cell);
  const ids = useMemo(() => {
    const first = firstRow * columns;
    const last = Math.min(count, (firstRow + ROWS + 1) * columns);
    return Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  }, [firstRow, columns, count]);

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // The summary is new with every dataset, whose cards are then all unknown.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => wantCards(ids), [ids, summary]);

  const choose = (id: number) => {
    const next = Math.min(count - 1, Math.max(0, id));
    selectImage(next);
    const row = Math.floor(next / columns);
    const element = frame.current;
    if (!element) return;
    if (row * cell < element.scrollTop) element.scrollTop = row * cell;
    else if ((row + 1) * cell > element.scrollTop + ROWS * cell) element.scrollTop = (row + 1 - ROWS) * cell;
  };
  const moves: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: ROWS * columns,
    PageUp: -ROWS * columns,
    Home: -count,
    End: count,
  };

  return (
    <div
      ref={frame}
      className="thumbs"
      style={{ height: Math.min(ROWS, Math.max(1, rows)) * cell }}
      role="listbox"
      tabIndex={0}
      aria-label="Images of the run"
      aria-activedescendant={`thumb-${selected}`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={(event) => {
        const move = moves[event.key];
        if (move === undefined) return;
        event.preventDefault();
        choose(selected + move);
      }}
    >
      <div style={{ height: rows * cell, position: 'relative' }}>
        {ids.map((id) => (
          <Thumbnail
            key={id}
            id={id}
            chosen={id === selected}
            count={count}
            side={cell - GAP}
            left={(id % columns) * cell}
            top={Math.floor(id / columns) * cell}
            onChoose={choose}
          />
        ))}
      </div>
    </div>
  );
}

interface ThumbnailProps {
  id: number;
  chosen: boolean;
  count: number;
  /** Pixels. */
  side: number;
  left: number;
  top: number;
  onChoose: (id: number) => void;
}

function Thumbnail({ id, chosen, count, side, left, top, onChoose }: ThumbnailProps) {
  const card = useDataset((s) => s.cards.get(id));
  const name = card ? `${card.path}${card.label ? `, ${card.label}` : ''}, ${card.split}` : `Image ${id + 1}`;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox keeps the focus and names its active option
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox takes the keys
    <div
      id={`thumb-${id}`}
      className="thumb"
      role="option"
      aria-selected={chosen}
      aria-setsize={count}
      aria-posinset={id + 1}
      aria-label={name}
      title={name}
      style={{ left, top, width: side, height: side }}
      onClick={() => onChoose(id)}
    >
      {card && <Picture card={card} />}
    </div>
  );
}

function Picture({ card: { thumbnail } }: { card: ImageCard }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const { width, height, rgba } = thumbnail;
    if (width > 0 && height > 0)
      canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [thumbnail]);
  return <canvas ref={canvas} width={thumbnail.width} height={thumbnail.height} />;
}
