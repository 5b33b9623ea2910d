/** Figures of the network beside those of the untrained network and of raw pixels. */
import type { Score } from '../../protocol/studies.ts';
import { EVERYONE, type Who } from './workbench.ts';

/** What one of the three reached. */
export interface Figure {
  method: string;
  unit: Score['unit'];
  /** Images that it is a figure of. */
  n: number;
  value: number;
}

/** Measures each of the three in the same way and sets them side by side, in the order of the figures. */
export async function besideBaselines(measure: (who: Who) => Promise<Figure[]>): Promise<Score[]> {
  const found = new Map<Who, Figure[]>();
  for (const who of EVERYONE) found.set(who, await measure(who));
  const reached = (who: Who, i: number) => found.get(who)?.[i]?.value ?? Number.NaN;
  return (found.get('network') ?? []).map(({ method, unit, n }, i) => ({
    method,
    unit,
    n,
    network: reached('network', i),
    untrained: reached('untrained', i),
    pixels: reached('pixels', i),
  }));
}

/** Percent of the images that are classified right. */
export function percentRight(predictions: ArrayLike<number>, truth: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < truth.length; i++) if (predictions[i] === truth[i]) right++;
  return (100 * right) / truth.length;
}
