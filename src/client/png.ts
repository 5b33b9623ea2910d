/** Pictures as PNG in a data URL, for a page that must hold all that it shows. */
import type { Pixels } from '../core/pixels.ts';

/** @throws Error where the browser has no memory for the picture. */
export async function pngUrl({ width, height, rgba }: Pixels): Promise<string> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error(`There is no memory for a picture of ${width} × ${height} px`);
  context.putImageData(new ImageData(rgba, width, height), 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  let letters = '';
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(letters)}`;
}
