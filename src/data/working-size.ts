/** The size at which decoded images stay in memory. */

/** A picture's long side is kept at no more than this many times the shorter side that is kept. */
export const LONGEST_ASPECT = 4;
/** Bytes of a pixel, RGBA8. */
export const PIXEL_BYTES = 4;

/**
 * The shorter side to keep, in pixels: twice the largest view where all images fit the budget at that size, otherwise
 * the largest that fits, and never less than the view. `averageAspect` is the mean of long side ÷ short side.
 */
export function workingSide(
  largestView: number,
  imageCount: number,
  averageAspect: number,
  budgetBytes: number,
): number {
  const most = 2 * largestView;
  if (imageCount === 0) return most;
  const fitting = Math.floor(Math.sqrt(budgetBytes / (PIXEL_BYTES * averageAspect * imageCount)));
  return Math.max(largestView, Math.min(most, fitting));
}

/**
 * A picture's size once its shorter side is brought down to `side` and its long side to at most four times that. Never
 * larger than it was, never under a pixel.
 */
export function fitWithin(width: number, height: number, side: number): { width: number; height: number } {
  const scale = Math.min(
    1,
    side / Math.min(width, height),
    (LONGEST_ASPECT * side) / Math.max(width, height),
  );
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
