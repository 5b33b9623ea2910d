/** Figures of the network beside those of the untrained network and of raw pixels. */
import type { Score } from '../../protocol/studies.ts';
import type { Who } from './workbench.ts';

/** What one of the three reached. */
export interface Figure {
  method: string;
  unit: Score['unit'];
  /** Images that it is a figure of. */
  n: number;
  value: number;
}

/** Figures, and whatever else there is to show of them. */
export interface Measured<T> {
  figures: Figure[];
  found: T;
}

/**
 * Measures each of the three in the same way and sets their figures side by side; what else was found is told of the
 * network alone.
 */
export async function besideBaselines<T>(
  measure: (who: Who) => Promise<Measured<T>>,
): Promise<{ scores: Score[]; found: T }> {
  const network = await measure('network');
  const untrained = await measure('untrained');
  const pixels = await measure('pixels');
  const scores = network.figures.map(({ method, unit, n, value }, i) => ({
    method,
    unit,
    n,
    network: value,
    untrained: untrained.figures[i]?.value ?? Number.NaN,
    pixels: pixels.figures[i]?.value ?? Number.NaN,
  }));
  return { scores, found: network.found };
}

/** The share of the images that are classified right. */
export function accuracyOf(method: string, predictions: ArrayLike<number>, truth: ArrayLike<number>): Figure {
  let right = 0;
  for (let i = 0; i < truth.length; i++) if (predictions[i] === truth[i]) right++;
  return { method, unit: 'percent', n: truth.length, value: (100 * right) / truth.length };
}
