/** Signs of collapse: how many directions features fill, how many prototypes the images use. */
import { type Labels, labelAt } from './labels.ts';
import type { Between } from './pace.ts';
import { singularValues } from './pca.ts';

/**
 * exp of the entropy of the singular values over their sum (Roy & Vetterli 2007), of rows [n, width] as they are, not
 * centered, so that equal rows have rank 1 (RankMe, Garrido et al. 2023). From 1 to min(n, width); 0 where all is 0.
 */
export async function effectiveRank(rows: Float32Array, width: number, between: Between): Promise<number> {
  return perplexityOf(await singularValues(rows, width, between));
}

/** exp of the entropy of the weights over their sum, 0 where the sum is. */
function perplexityOf(weights: Float64Array | Uint32Array): number {
  let total = 0;
  for (const weight of weights) total += weight;
  if (total === 0) return 0;
  let entropy = 0;
  for (const weight of weights) if (weight > 0) entropy -= (weight / total) * Math.log(weight / total);
  return Math.exp(entropy);
}

export interface PrototypeUsage {
  /** Images that each prototype is the likeliest of. [prototypes] */
  histogram: Uint32Array;
  /** As many prototypes in even use would be as hard to guess: 1 … prototypes. */
  perplexity: number;
  /** Prototypes with an image. */
  used: number;
}

/** Of the likeliest prototype of each image. Throws BadLabel. */
export function prototypeUsage(chosen: Labels, prototypes: number): PrototypeUsage {
  const histogram = new Uint32Array(prototypes);
  for (let i = 0; i < chosen.length; i++) {
    const prototype = labelAt(chosen, i, prototypes);
    histogram[prototype] = (histogram[prototype] ?? 0) + 1;
  }
  return {
    histogram,
    perplexity: perplexityOf(histogram),
    used: histogram.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0),
  };
}
