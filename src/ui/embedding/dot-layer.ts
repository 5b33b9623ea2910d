/**
 * Many equal dots on an opaque ground, pixel by pixel: ten thousand cost a few milliseconds on any machine, where as
 * many calls of a canvas would cost each frame.
 */

/** A dot's own pixels, row by row, side × side. */
export interface Stamp {
  side: number;
  /** RGBA8, not premultiplied. */
  rgba: Uint8ClampedArray;
}

export class DotLayer {
  private readonly width: number;
  private readonly height: number;
  /** RGBA8, row by row. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  private readonly words: Uint32Array;

  /** Device pixels. */
  constructor(width: number, height: number) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.data = new Uint8ClampedArray(4 * this.width * this.height);
    this.words = new Uint32Array(this.data.buffer);
  }

  /** Everything in one color. */
  clear(red: number, green: number, blue: number): void {
    this.data.set([red, green, blue, 255]);
    this.words.fill(this.words[0] ?? 0);
  }

  /** @param left, top of the stamp's first pixel; what lies outside is left out. */
  put({ side, rgba }: Stamp, left: number, top: number): void {
    const { data, width, height } = this;
    const [fromX, toX] = [Math.max(0, -left), Math.min(side, width - left)];
    const [fromY, toY] = [Math.max(0, -top), Math.min(side, height - top)];
    for (let y = fromY; y < toY; y++) {
      let at = 4 * ((top + y) * width + left + fromX);
      let from = 4 * (y * side + fromX);
      for (let x = fromX; x < toX; x++) {
        const alpha = rgba[from + 3] ?? 0;
        if (alpha > 0)
          for (let channel = 0; channel < 3; channel++) {
            const below = data[at + channel] ?? 0;
            data[at + channel] = below + (((rgba[from + channel] ?? 0) - below) * alpha) / 255;
          }
        at += 4;
        from += 4;
      }
    }
  }

  show(context: CanvasRenderingContext2D): void {
    context.putImageData(new ImageData(this.data, this.width, this.height), 0, 0);
  }
}
