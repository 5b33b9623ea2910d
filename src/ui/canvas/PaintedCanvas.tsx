/** A canvas with one canvas pixel a device pixel, painted in CSS pixels. */
import { type CanvasHTMLAttributes, useLayoutEffect, useRef } from 'react';
import type { Size } from './fit.ts';
import { usePixelRatio } from './pixel-ratio.ts';

interface Props extends Omit<CanvasHTMLAttributes<HTMLCanvasElement>, 'width' | 'height'> {
  /** CSS pixels. */
  size: Size;
  /** What it shows; empty for a picture that the text beside it describes. */
  label: string;
  /** Keep it stable (`useCallback`): a new one paints anew. Coordinates are CSS pixels; pictures are drawn unsmoothed. */
  paint: (context: CanvasRenderingContext2D, size: Size) => void;
}

export function PaintedCanvas({ size: { width, height }, label, paint, ...rest }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const ratio = usePixelRatio();
  useLayoutEffect(() => {
    const target = canvas.current;
    const context = target?.getContext('2d');
    if (!target || !context) return;
    target.width = Math.round(width * ratio);
    target.height = Math.round(height * ratio);
    context.scale(target.width / width, target.height / height);
    context.imageSmoothingEnabled = false;
    paint(context, { width, height });
  }, [width, height, ratio, paint]);
  return (
    <canvas
      {...rest}
      ref={canvas}
      {...(label === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
      style={{ display: 'block', width, height, ...rest.style }}
    />
  );
}
