/** Follows the running statistics of a head's BatchNorms; they are kept for the state dict, never used in training. */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormWatcher } from '../model/head.ts';
import { type Tensors, vector } from '../model/network.ts';
import { followBatch } from '../ops/batch-norm.ts';

export interface BatchStatistics {
  watch: BatchNormWatcher;
  /** The buffers take in the batches that were watched, unless `apply` is 0. */
  commit(apply: tf.Scalar): void;
}

export function batchStatistics(buffers: Tensors): BatchStatistics {
  const watched: { name: string; batch: tf.Tensor2D }[] = [];
  return {
    // The student's forward pass runs in a scope of its own, which its batches have to outlive.
    watch: (name, batch) => watched.push({ name, batch: tf.keep(tf.clone(batch)) }),
    commit: (apply) => {
      for (const { name, batch } of watched) {
        const mean = vector(buffers, `${name}.running_mean`);
        const variance = vector(buffers, `${name}.running_var`);
        const count = buffers.get(`${name}.num_batches_tracked`) ?? null;
        followBatch({ mean, variance, count }, batch, apply);
        batch.dispose();
      }
    },
  };
}
