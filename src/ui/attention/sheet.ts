/** Maps as pictures to keep: one by itself, or all of a block on a sheet with their names. */
import type { LookResult } from '../../protocol/looks.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import type { Size } from '../canvas/fit.ts';
import { paintLayer } from '../canvas/paint-attention.ts';
import { formatShare, largestOf } from '../panels/attention-maps.ts';
import { blockInWords, type LookMaps, type NamedMap, sizeInWords, tokenInWords } from './look-maps.ts';
import { type LookStyle, scaleOf } from './map-style.ts';
import { paintMap } from './paint-map.ts';

/** Long side of a map by itself, and of one on a sheet, at most; a patch is a whole number of pixels. */
const MAP_SIDE = 1200;
const CELL_SIDE = 300;
const GAP = 24;
const CAPTION = 26;
const TITLE = 74;
const LEAST_WIDTH = 720;
const INK = '#1d2827';
const QUIET = '#5d6967';
const FONT = 'ui-sans-serif, system-ui, sans-serif';

/** The chosen map, or the colors, over the picture, nothing else. */
export function drawMap(result: LookResult, maps: LookMaps | null, style: LookStyle): HTMLCanvasElement {
  const size = sizeWithin(result, MAP_SIDE);
  const { canvas, context } = blank(size);
  const picture = bitmapOf(result.pixels);
  if (maps) paint(context, size, picture, result, maps.chosen, style);
  else if (result.shown.show === 'colors')
    paintLayer(context, size, picture, bitmapOf(result.shown.colors), style.opacity);
  return canvas;
}

/** @param subject what is looked at: an image or a photo, by name. */
export function drawSheet(
  result: LookResult,
  maps: LookMaps,
  style: LookStyle,
  subject: string,
): HTMLCanvasElement {
  const cell = sizeWithin(result, CELL_SIDE);
  const across = Math.ceil(Math.sqrt(maps.all.length + 1));
  const down = Math.ceil((maps.all.length + 1) / across);
  const { canvas, context } = blank({
    width: Math.max(LEAST_WIDTH, GAP + across * (cell.width + GAP)),
    height: TITLE + down * (cell.height + CAPTION + GAP),
  });
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  write(context, `${blockInWords(result)} · from ${tokenInWords(result)} · step ${result.step}`, GAP, 32, 20);
  write(context, `${subject} · ${sizeInWords(result)}`, GAP, 56, 13, QUIET);
  const picture = bitmapOf(result.pixels);
  const cells: (NamedMap | null)[] = [null, ...maps.all];
  for (const [i, map] of cells.entries()) {
    const left = GAP + (i % across) * (cell.width + GAP);
    const top = TITLE + Math.floor(i / across) * (cell.height + CAPTION + GAP);
    context.save();
    context.translate(left, top);
    if (map) paint(context, cell, picture, result, map, style);
    else {
      context.imageSmoothingEnabled = false;
      context.drawImage(picture, 0, 0, cell.width, cell.height);
    }
    context.restore();
    const name = map
      ? `${map.name} · largest ${formatShare(largestOf(map.values))}`
      : 'What the network sees';
    write(context, name, left, top + cell.height + 18, 13);
  }
  return canvas;
}

/** "dino-attention-teacher-block4-head-2-step300.png" */
export function fileName({ look, block, step }: LookResult, part: string): string {
  const named = part.toLowerCase().replaceAll(' ', '-');
  return `dino-attention-${look.network}-block${block + 1}-${named}-step${step}.png`;
}

/** Whole pixels a patch; a patch has one at least. */
function sizeWithin({ rows, columns }: LookResult, side: number): Size {
  const patch = Math.max(1, Math.floor(side / Math.max(rows, columns)));
  return { width: columns * patch, height: rows * patch };
}

function blank({ width, height }: Size) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error(`There is no memory for a picture of ${width} × ${height} px`);
  return { canvas, context };
}

function paint(
  context: CanvasRenderingContext2D,
  size: Size,
  picture: HTMLCanvasElement,
  result: LookResult,
  { values }: NamedMap,
  style: LookStyle,
): void {
  const { rows, columns } = result;
  paintMap(
    context,
    size,
    picture,
    { values, rows, columns },
    { ...style, ...scaleOf(result, values, style) },
  );
}

function write(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  height: number,
  color = INK,
): void {
  context.font = `${height > 16 ? 600 : 400} ${height}px ${FONT}`;
  context.fillStyle = color;
  context.textBaseline = 'alphabetic';
  context.fillText(text, x, y, context.canvas.width - x - GAP);
}
