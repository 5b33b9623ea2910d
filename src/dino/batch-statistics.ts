/** Follows the running statistics of a head's BatchNorms; they are kept for the state dict, never used in training. */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormWatcher } from '../model/head.ts';
import { type Tensors, vector } from '../model/network.ts';
import { runningStatistics } from '../ops/batch-norm.ts';
import { constant } from '../ops/constants.ts';

export interface BatchStatistics {
  watch: BatchNormWatcher;
  /** The buffers after all batches that were watched. */
  buffers(): Tensors;
}

export function batchNormWatcher(before: Tensors): BatchStatistics {
  const buffers = new Map(before);
  return {
    watch: (name, batch) => {
      const [mean, variance] = runningStatistics(
        batch,
        vector(buffers, `${name}.running_mean`),
        vector(buffers, `${name}.running_var`),
      );
      // The student's forward pass runs in a scope of its own, which these have to outlive.
      buffers.set(`${name}.running_mean`, tf.keep(mean));
      buffers.set(`${name}.running_var`, tf.keep(variance));
      const count = buffers.get(`${name}.num_batches_tracked`);
      if (count) buffers.set(`${name}.num_batches_tracked`, tf.keep(tf.add(count, constant(1))));
    },
    buffers: () => buffers,
  };
}
