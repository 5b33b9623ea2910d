/** Stochastic depth (Huang et al. 2016): a branch is dropped for whole samples, more often in later blocks. */
import * as tf from '@tensorflow/tfjs-core';
import { PURPOSE, rng } from '../core/rng.ts';
import type { DropPath } from '../model/vit.ts';
import type { TokenLayout } from '../ops/layout.ts';

/** The student's draw for one step; `rate` is the last block's, the first block drops nothing. */
export function drawDropPath(
  rate: number,
  depth: number,
  layout: TokenLayout,
  seed: number,
  step: number,
): DropPath {
  return (block, branch) => {
    const drop = depth > 1 ? (rate * block) / (depth - 1) : rate;
    if (drop === 0) return null;
    const random = rng(seed, PURPOSE.dropPath, step, block, branch);
    const keep = new Float32Array(layout.tokens);
    for (const { offset, sequences, length } of layout.segments)
      for (let i = 0; i < sequences; i++)
        keep.fill(
          random.uniform() < drop ? 0 : 1 / (1 - drop),
          offset + i * length,
          offset + (i + 1) * length,
        );
    return tf.tensor2d(keep, [layout.tokens, 1]);
  };
}
