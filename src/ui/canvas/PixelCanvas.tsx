/** A picture, pixel by pixel, at any size. */
import { useLayoutEffect, useRef } from 'react';
import type { Pixels } from '../../core/pixels.ts';
import { putPixels } from './bitmap.ts';
import type { Size } from './fit.ts';

interface Props {
  pixels: Pixels;
  /** CSS pixels. */
  size: Size;
  /** What it shows; empty for a picture that the text beside it describes. */
  label: string;
  className?: string | undefined;
}

export function PixelCanvas({ pixels, size, label, className }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) putPixels(canvas.current, pixels);
  }, [pixels]);
  const crisp = size.width >= pixels.width;
  return (
    <canvas
      ref={canvas}
      {...(label === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
      className={className}
      style={{
        display: 'block',
        width: size.width,
        height: size.height,
        imageRendering: crisp ? 'pixelated' : 'auto',
      }}
    />
  );
}
