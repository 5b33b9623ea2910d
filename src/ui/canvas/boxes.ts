/** Crop boxes on a picture: two hues, two dashes, a number each. */
import type { CropBox } from '../../protocol/values.ts';
import type { Size } from './fit.ts';

export interface MarkedBox {
  box: CropBox;
  kind: 'global' | 'local';
  tag: string;
}

/** Blue and orange of Okabe & Ito 2008, told apart with any color vision; globals solid, locals dashed. */
export const BOX_COLORS = { global: '#2f8fe0', local: '#f0a01e' } as const;
const DASHES = { global: [], local: [5, 3] } as const;

/** Draws all boxes, in picture pixels; with one of them lit, what is outside it darkens and the others step back. */
export function paintBoxes(
  context: CanvasRenderingContext2D,
  size: Size,
  picture: Size,
  boxes: readonly MarkedBox[],
  lit: number | null,
): void {
  const scale = size.width / picture.width;
  const chosen = lit === null ? undefined : boxes[lit];
  if (chosen) {
    const { left, top, width, height } = chosen.box;
    context.fillStyle = 'rgb(0 0 0 / 55%)';
    context.beginPath();
    context.rect(0, 0, size.width, size.height);
    context.rect(left * scale, top * scale, width * scale, height * scale);
    context.fill('evenodd');
  }
  for (const [i, marked] of boxes.entries())
    if (i !== lit) paintBox(context, marked, scale, chosen ? 0.3 : 1, 1.75);
  if (chosen) paintBox(context, chosen, scale, 1, 3);
}

function paintBox(
  context: CanvasRenderingContext2D,
  { box, kind, tag }: MarkedBox,
  scale: number,
  alpha: number,
  line: number,
): void {
  const inset = line / 2;
  const x = box.left * scale + inset;
  const y = box.top * scale + inset;
  const width = box.width * scale - line;
  const height = box.height * scale - line;
  context.save();
  context.globalAlpha = alpha;
  context.setLineDash([]);
  context.strokeStyle = 'rgb(0 0 0 / 55%)';
  context.lineWidth = line + 1.5;
  context.strokeRect(x, y, width, height);
  context.setLineDash([...DASHES[kind]]);
  context.strokeStyle = BOX_COLORS[kind];
  context.lineWidth = line;
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
  context.font = '600 11px ui-sans-serif, system-ui, sans-serif';
  const textWidth = context.measureText(tag).width + 7;
  context.fillStyle = BOX_COLORS[kind];
  context.fillRect(x - inset, y - inset, textWidth, 15);
  context.fillStyle = '#10181a';
  context.textBaseline = 'middle';
  context.fillText(tag, x - inset + 3.5, y - inset + 8);
  context.restore();
}

/** The smallest box under a point, as its index; null where there is none. Points are in picture pixels. */
export function boxAt(boxes: readonly MarkedBox[], x: number, y: number): number | null {
  let found: number | null = null;
  let area = Number.POSITIVE_INFINITY;
  for (const [i, { box }] of boxes.entries()) {
    const inside = x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;
    if (inside && box.width * box.height < area) {
      found = i;
      area = box.width * box.height;
    }
  }
  return found;
}
