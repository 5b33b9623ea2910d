/** The attention snapshots of a run from step 0 to now, within a budget. */
import type { AttentionSnapshot } from '../protocol/values.ts';

/** Memory that all of them may take: 64 MiB. */
export const HISTORY_BYTES = 2 ** 26;

type Pinned = AttentionSnapshot['images'][number];

/**
 * The snapshots with another one at their end. One of the same step takes its place. Pictures and masks do not change
 * during a run, so an image shares those of the snapshot before. Beyond the budget those go that stand closest together,
 * the first and the last never, so that what is left spreads evenly over the run.
 */
export function withSnapshot(
  history: readonly AttentionSnapshot[],
  snapshot: AttentionSnapshot,
  budget = HISTORY_BYTES,
): AttentionSnapshot[] {
  const last = history.at(-1);
  const before = last?.step === snapshot.step ? history.slice(0, -1) : history;
  const known = new Map(last?.images.map((image) => [image.id, image]));
  const images = snapshot.images.map((image) => sharing(image, known.get(image.id)));
  return within([...before, { ...snapshot, images }], budget);
}

/** Without those that stand closest together, until the rest fit; the first and the last stay in any case. */
export function within(history: readonly AttentionSnapshot[], budget: number): AttentionSnapshot[] {
  const kept = [...history];
  while (kept.length > 2 && bytesOf(kept) > budget) kept.splice(closest(kept), 1);
  return kept;
}

/** Index of the snapshot, neither first nor last, without which the gap is smallest. */
function closest(history: readonly AttentionSnapshot[]): number {
  let found = 1;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < history.length - 1; i++) {
    const gap = (history[i + 1]?.step ?? 0) - (history[i - 1]?.step ?? 0);
    if (gap < smallest) [found, smallest] = [i, gap];
  }
  return found;
}

function sharing(image: Pinned, known: Pinned | undefined): Pinned {
  const same =
    known?.pixels.width === image.pixels.width && known.pixels.height === image.pixels.height ? known : image;
  return { ...image, pixels: same.pixels, mask: same.mask };
}

/** Every buffer once. */
export function bytesOf(history: readonly AttentionSnapshot[]): number {
  const buffers = new Set<ArrayBufferLike>();
  for (const { images } of history)
    for (const { pixels, student, teacher, mask } of images)
      for (const array of [pixels.rgba, student, teacher, ...(mask ? [mask] : [])]) buffers.add(array.buffer);
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** The snapshot whose step is closest to this one; of two the earlier. */
export function nearestSnapshot(
  history: readonly AttentionSnapshot[],
  step: number,
): AttentionSnapshot | null {
  return history.reduce<AttentionSnapshot | null>(
    (best, each) => (best && Math.abs(best.step - step) <= Math.abs(each.step - step) ? best : each),
    null,
  );
}

/** The newest snapshot that is not after `step`; the first where there is none. */
export function snapshotAt(history: readonly AttentionSnapshot[], step: number): AttentionSnapshot | null {
  return history.findLast((snapshot) => snapshot.step <= step) ?? history[0] ?? null;
}
