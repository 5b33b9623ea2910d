/** Thumbnails to draw on a map, as bitmaps: those that are here, and the wish for those that are not. */
import { wantCards } from '../../state/actions.ts';
import { datasetStore } from '../../state/dataset.ts';
import { bitmapOf } from '../canvas/bitmap.ts';

/** Bitmaps kept; each is some 16 KiB. */
const MOST = 1000;

export class Thumbnails {
  private readonly kept = new Map<number, HTMLCanvasElement>();
  private missing: number[] = [];

  /** null where the thumbnail is yet to come; it is asked for by `ask`. */
  get(id: number): HTMLCanvasElement | null {
    const known = this.kept.get(id);
    if (known) return known;
    const card = datasetStore.getState().cards.get(id);
    if (!card) {
      this.missing.push(id);
      return null;
    }
    const bitmap = bitmapOf(card.thumbnail);
    this.kept.set(id, bitmap);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST) break;
      this.kept.delete(oldest);
    }
    return bitmap;
  }

  /** Asks for all that were missing since the last time. */
  ask(): void {
    if (this.missing.length > 0) wantCards(this.missing);
    this.missing = [];
  }

  clear(): void {
    this.kept.clear();
    this.missing = [];
  }
}
