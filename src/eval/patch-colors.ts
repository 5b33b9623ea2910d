/** Patch tokens as colors: like tokens get like colors (as Oquab et al. 2023, DINOv2, Fig. 1 show theirs). */
import { blockOf, type Opened } from './opened.ts';
import { type Between, paced } from './pace.ts';
import { principalComponents } from './pca.ts';

/** Each component goes from dark at this percentile to light at 100 minus it, so that a lone patch does not set the scale. */
const LOWEST = 2;

/** What makes a color of a token: three directions, and where each is dark and where light. */
export interface ColorBasis {
  /** [dim] */
  mean: Float64Array;
  /** [m, dim], m up to 3. */
  components: Float64Array;
  /** [m] */
  low: number[];
  range: number[];
  /** Share of the variance of each of the three components. */
  explained: number[];
}

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
  const { rows, dim } = await patchTokens(opened, i);
  const basis = await colorBasis(rows, dim, between);
  return { shares: await colorsOf(rows, basis, between), explained: basis.explained };
}

/** The patch tokens after block `i`, through the final norm: [patches, dim]. */
export async function patchTokens(
  opened: Opened,
  i: number,
): Promise<{ rows: Float32Array<ArrayBuffer>; dim: number }> {
  const { tokens } = blockOf(opened, i);
  const dim = tokens.shape[1];
  return { rows: Float32Array.from(await tokens.data<'float32'>()).subarray(dim), dim };
}

/** Colors from these tokens, [n, dim], of one picture or of several that are to share their colors. */
export async function colorBasis(rows: Float32Array, dim: number, between: Between): Promise<ColorBasis> {
  const n = rows.length / dim;
  // One patch varies in no direction.
  if (n < 2)
    return {
      mean: new Float64Array(dim),
      components: new Float64Array(),
      low: [],
      range: [],
      explained: [0, 0, 0],
    };
  const { mean, components, projected, ratio } = await principalComponents(rows, dim, 3, between);
  const count = ratio.length;
  const low: number[] = [];
  const range: number[] = [];
  for (let c = 0; c < count; c++) {
    const sorted = Float32Array.from({ length: n }, (_, row) => projected[row * count + c] ?? 0).sort();
    const least = percentile(sorted, LOWEST);
    low.push(least);
    range.push(percentile(sorted, 100 - LOWEST) - least);
  }
  return { mean, components, low, range, explained: [0, 1, 2].map((c) => ratio[c] ?? 0) };
}

/** Red, green and blue of tokens [n, dim], 0 … 1: [n, 3]; the middle where the basis has no direction. */
export async function colorsOf(
  rows: Float32Array,
  { mean, components, low, range }: ColorBasis,
  between: Between,
): Promise<Float32Array<ArrayBuffer>> {
  const dim = mean.length;
  const n = rows.length / dim;
  const shares = new Float32Array(3 * n).fill(0.5);
  const breathe = paced(between);
  for (let row = 0; row < n; row++) {
    for (const [c, width] of range.entries()) {
      let score = 0;
      for (let j = 0; j < dim; j++)
        score += ((rows[row * dim + j] ?? 0) - (mean[j] ?? 0)) * (components[c * dim + j] ?? 0);
      if (width > 0) shares[3 * row + c] = Math.min(1, Math.max(0, (score - (low[c] ?? 0)) / width));
    }
    await breathe();
  }
  return shares;
}

/** NumPy's: between two values in proportion. */
function percentile(sorted: Float32Array, percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(at);
  const low = sorted[below] ?? 0;
  return low + ((sorted[below + 1] ?? low) - low) * (at - below);
}
