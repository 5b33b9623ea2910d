/** Follows the running statistics of a head's BatchNorms; they are kept for the state dict, never used in training. */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormWatcher } from '../model/head.ts';
import { type Tensors, vector } from '../model/network.ts';
import { assign } from '../ops/assign.ts';
import { runningStatistics } from '../ops/batch-norm.ts';
import { constant } from '../ops/constants.ts';

export interface BatchStatistics {
  watch: BatchNormWatcher;
  /** The buffers take in the batches that were watched, unless `apply` is 0. */
  commit(apply: tf.Scalar): void;
}

export function batchStatistics(buffers: Tensors): BatchStatistics {
  const moves: { target: tf.Tensor; value: tf.Tensor }[] = [];
  return {
    watch: (name, batch) => {
      const mean = vector(buffers, `${name}.running_mean`);
      const variance = vector(buffers, `${name}.running_var`);
      const [newMean, newVariance] = runningStatistics(batch, mean, variance);
      moves.push({ target: mean, value: newMean }, { target: variance, value: newVariance });
      const count = buffers.get(`${name}.num_batches_tracked`);
      if (count) moves.push({ target: count, value: tf.add(count, constant(1)) });
      // The student's forward pass runs in a scope of its own, which these have to outlive.
      for (const { value } of moves) tf.keep(value);
    },
    commit: (apply) => {
      for (const { target, value } of moves) {
        assign(target, value, apply);
        value.dispose();
      }
    },
  };
}
