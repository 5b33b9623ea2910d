/** The original with its boxes, the views beside it, and the draw of one view in words; pointing at one lights the other. */
import { type MouseEvent, useCallback, useMemo } from 'react';
import type { Crops } from '../../protocol/values.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { BOX_COLORS, boxAt, type MarkedBox, paintBoxes } from '../canvas/boxes.ts';
import { crispSize, type Size } from '../canvas/fit.ts';
import { PaintedCanvas } from '../canvas/PaintedCanvas.tsx';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import classes from './pictures.module.css';

interface LitProps {
  crops: Crops;
  /** One a view, in the order of the views. */
  boxes: readonly MarkedBox[];
  /** Index of the view that is pointed at. */
  lit: number | null;
  onLight: (index: number | null) => void;
}

export function BoxedOriginal({
  crops,
  boxes,
  lit,
  onLight,
  room,
  name,
}: LitProps & { room: Size; name: string }) {
  const { original, views } = crops;
  const ratio = usePixelRatio();
  const size = crispSize(original, room, ratio);
  const bitmap = useMemo(() => bitmapOf(original), [original]);
  const paint = useCallback(
    (context: CanvasRenderingContext2D, area: Size) => {
      context.drawImage(bitmap, 0, 0, area.width, area.height);
      paintBoxes(context, area, bitmap, boxes, lit);
    },
    [bitmap, boxes, lit],
  );
  const point = ({ nativeEvent }: MouseEvent) =>
    onLight(
      boxAt(
        boxes,
        (nativeEvent.offsetX * original.width) / size.width,
        (nativeEvent.offsetY * original.height) / size.height,
      ),
    );
  const globals = views.filter(({ kind }) => kind === 'global').length;
  return (
    <figure style={{ margin: 0 }}>
      <PaintedCanvas
        size={size}
        paint={paint}
        label={`${name}, ${original.width} × ${original.height} pixels, with the boxes of ${globals} global and ${views.length - globals} local crops of epoch ${crops.epoch}`}
        onMouseMove={point}
        onMouseLeave={() => onLight(null)}
        style={{ borderRadius: 4 }}
      />
      <figcaption className={classes.caption} style={{ width: size.width }} title={name}>
        {name} · {original.width} × {original.height} px
      </figcaption>
    </figure>
  );
}

/** @param props.side that a global view may take, CSS pixels; locals get the same scale, so that sizes compare. */
export function ViewGrid(props: LitProps & { side: number }) {
  return (
    <div>
      <Views {...props} kind="global" heading="Global views" who="student and teacher" />
      <Views {...props} kind="local" heading="Local views" who="student alone" />
    </div>
  );
}

type Kind = 'global' | 'local';

function Views({
  crops,
  boxes,
  lit,
  onLight,
  kind,
  heading,
  who,
  side,
}: LitProps & { side: number; kind: Kind; heading: string; who: string }) {
  const ratio = usePixelRatio();
  const largest = crops.views[0]?.pixels ?? crops.original;
  const scale = crispSize(largest, { width: side, height: side }, ratio).width / largest.width;
  const shown = crops.views.flatMap((view, index) => (view.kind === kind ? [{ ...view, index }] : []));
  const first = shown[0];
  if (first === undefined) return null;
  return (
    <>
      <h3 className={classes.viewsHead}>
        <span
          className={classes.swatch}
          style={{ borderTop: `3px ${kind === 'global' ? 'solid' : 'dashed'} ${BOX_COLORS[kind]}` }}
        />
        {heading}{' '}
        <span>
          {first.pixels.width} px · {who}
        </span>
      </h3>
      <div className={classes.views}>
        {shown.map(({ index, pixels, applied }) => (
          <button
            key={index}
            type="button"
            className={classes.view}
            data-lit={lit === index}
            style={{ borderColor: lit === index ? BOX_COLORS[kind] : 'transparent' }}
            aria-label={`${kind} view ${boxes[index]?.tag.slice(1)}: ${applied.join(', ')}`}
            onMouseEnter={() => onLight(index)}
            onMouseLeave={() => onLight(null)}
            onFocus={() => onLight(index)}
            onBlur={() => onLight(null)}
          >
            <PixelCanvas
              pixels={pixels}
              size={{ width: pixels.width * scale, height: pixels.height * scale }}
              label=""
            />
            <span>{boxes[index]?.tag}</span>
          </button>
        ))}
      </div>
    </>
  );
}

export function DrawInWords({
  crops,
  boxes,
  index,
}: {
  crops: Crops;
  boxes: readonly MarkedBox[];
  index: number;
}) {
  const view = crops.views[index];
  if (view === undefined) return null;
  const tag = boxes[index]?.tag ?? '';
  return (
    <div className={classes.draw}>
      <h3>
        <span
          className={classes.swatch}
          style={{ borderTop: `3px ${view.kind === 'global' ? 'solid' : 'dashed'} ${BOX_COLORS[view.kind]}` }}
        />
        What was drawn for {tag}, in order
      </h3>
      <ol>
        {view.applied.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </div>
  );
}
