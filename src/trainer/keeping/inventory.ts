/** What a store of kept runs has to offer. */
import { bestOf, type Keep } from '../../checkpoint/keep.ts';
import { Damaged } from '../../checkpoint/keep-file.ts';
import type { Inventory } from './keeper-messages.ts';

export function inventoryOf(keep: Keep): Inventory {
  const runs = keep.runs.map((files) => {
    const best = bestOf(files.toReversed());
    const score = best?.about.score ?? null;
    return {
      states: files.map(({ about }) => about),
      best: best && score !== null ? { step: best.about.step, score } : null,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
  const unusable = keep.unusable.map(({ reason }) =>
    reason instanceof Damaged
      ? `A kept state is damaged (${reason.message}) and cannot be gone on from.`
      : reason.message,
  );
  return { runs, unusable };
}
