/** Patch tokens as colors: like tokens get like colors (as Oquab et al. 2023, DINOv2, Fig. 1 show theirs). */
import { blockOf, type Opened } from './opened.ts';
import type { Between } from './pace.ts';
import { principalComponents } from './pca.ts';

/** Each component goes from dark at this percentile to light at 100 minus it, so that a lone patch does not set the scale. */
const LOWEST = 2;

export interface PatchColors {
  /** Red, green and blue of each patch, 0 … 1: [patches, 3]. */
  shares: Float32Array<ArrayBuffer>;
  /** Share of the variance of each of the three components. */
  explained: number[];
}

/**
 * The first three principal components of the patch tokens after block `i`, through the final norm, over the patches of
 * this one picture. A component's sign is fixed (largest loading positive) and means nothing.
 */
export async function patchColors(opened: Opened, i: number, between: Between): Promise<PatchColors> {
  const { tokens } = blockOf(opened, i);
  const [length, dim] = tokens.shape;
  const patches = length - 1;
  const shares = new Float32Array(3 * patches).fill(0.5);
  // One patch varies in no direction.
  if (patches < 2) return { shares, explained: [0, 0, 0] };
  const rows = Float32Array.from(await tokens.data<'float32'>()).subarray(dim);
  const { projected, ratio } = await principalComponents(rows, dim, 3, between);
  const count = ratio.length;
  for (let c = 0; c < count; c++) {
    const scores = Float32Array.from({ length: patches }, (_, patch) => projected[patch * count + c] ?? 0);
    const sorted = scores.toSorted();
    const low = percentile(sorted, LOWEST);
    const range = percentile(sorted, 100 - LOWEST) - low;
    for (const [patch, score] of scores.entries())
      shares[3 * patch + c] = range > 0 ? Math.min(1, Math.max(0, (score - low) / range)) : 0.5;
  }
  return { shares, explained: [0, 1, 2].map((c) => ratio[c] ?? 0) };
}

/** NumPy's: between two values in proportion. */
function percentile(sorted: Float32Array, percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(at);
  const low = sorted[below] ?? 0;
  return low + ((sorted[below + 1] ?? low) - low) * (at - below);
}
