/** The patch tokens as colors over the picture, large. */
import { useCallback, useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { crispSize, type Size } from '../canvas/fit.ts';
import { PaintedCanvas } from '../canvas/PaintedCanvas.tsx';
import { paintLayer } from '../canvas/paint-attention.ts';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { useView } from '../use-stores.ts';
import classes from './closer.module.css';
import { blockInWords } from './look-maps.ts';

const CHANNELS = ['red', 'green', 'blue'];

export function LargeColors({ result, room }: { result: LookResult; room: Size }) {
  const ratio = usePixelRatio();
  const opacity = useView((state) => state.overlay.opacity);
  const { pixels, rows, columns, shown } = result;
  const picture = useMemo(() => bitmapOf(pixels), [pixels]);
  const layer = useMemo(() => (shown.show === 'colors' ? bitmapOf(shown.colors) : null), [shown]);
  const paint = useCallback(
    (context: CanvasRenderingContext2D, area: Size) => {
      if (layer) paintLayer(context, area, picture, layer, opacity);
    },
    [picture, layer, opacity],
  );
  if (shown.show !== 'colors') return null;
  const size = crispSize({ width: columns, height: rows }, room, ratio);
  const shares = shown.explained.map((share, i) => `${CHANNELS[i]} ${(100 * share).toFixed(0)} %`).join(', ');
  return (
    <div>
      <p className={classes.heading}>
        <b>PCA of the patch tokens</b> {blockInWords(result)}
      </p>
      <PaintedCanvas
        size={size}
        paint={paint}
        label={`First three principal components of the patch tokens, ${blockInWords(result)}, as red, green and blue`}
      />
      <p className={classes.sizes} style={{ maxWidth: Math.max(260, size.width) }}>
        Like colors are like tokens. Share of the variance: {shares}. A color by itself means nothing, and may
        change with the step.
      </p>
    </div>
  );
}
