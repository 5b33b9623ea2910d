/** Stochastic depth (Huang et al. 2016): a branch is dropped for whole samples, more often in later blocks. */
import { PURPOSE, rng } from '../core/rng.ts';
import type { TokenLayout } from '../ops/layout.ts';

/** A branch that is dropped now and then: 0 is attention, 1 the MLP. */
export interface DroppedBranch {
  block: number;
  branch: 0 | 1;
  /** How likely. */
  drop: number;
}

/** The branches that can be dropped; `rate` is the last block's, the first block drops nothing. */
export function droppedBranches(rate: number, depth: number): DroppedBranch[] {
  return Array.from({ length: depth }, (_, block) => block)
    .flatMap((block) => {
      const drop = depth > 1 ? (rate * block) / (depth - 1) : rate;
      return [0 as const, 1 as const].map((branch) => ({ block, branch, drop }));
    })
    .filter(({ drop }) => drop > 0);
}

/** What a branch is multiplied with in one step, row by row: 0 or 1/(1−p), alike within a sequence. [tokens] */
export function drawKeep(
  { block, branch, drop }: DroppedBranch,
  layout: TokenLayout,
  seed: number,
  step: number,
): Float32Array {
  const random = rng(seed, PURPOSE.dropPath, step, block, branch);
  const keep = new Float32Array(layout.tokens);
  for (const { offset, sequences, length } of layout.segments)
    for (let i = 0; i < sequences; i++)
      keep.fill(random.uniform() < drop ? 0 : 1 / (1 - drop), offset + i * length, offset + (i + 1) * length);
  return keep;
}
