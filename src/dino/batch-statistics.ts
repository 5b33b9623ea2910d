/** Follows the running statistics of BatchNorms; they are kept for the state dict and evaluations, never used in training. */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormWatcher } from '../model/head.ts';
import { type Tensors, vector } from '../model/network.ts';
import type { MomentsWatcher } from '../model/resnet.ts';
import { followBatch, type RunningStatistics } from '../ops/batch-norm.ts';
import { followMoments } from '../ops/batch-norm-2d.ts';

export interface BatchStatistics {
  /** For the head, whose batches are few rows. */
  watch: BatchNormWatcher;
  /** For a backbone; a layer that sees several resolutions is told of each, in their order. */
  watchMoments: MomentsWatcher;
  /** The buffers take in what was watched, unless `apply` is 0. */
  commit(apply: tf.Scalar): void;
}

export function batchStatistics(buffers: Tensors): BatchStatistics {
  const watched: ((apply: tf.Scalar) => void)[] = [];
  return {
    // The student's forward pass runs in a scope of its own, which what was watched has to outlive.
    watch: (name, batch) => {
      const kept = tf.keep(tf.clone(batch));
      watched.push((apply) => {
        followBatch(buffersOf(buffers, name), kept, apply);
        kept.dispose();
      });
    },
    watchMoments: (name, { mean, variance, rows }) => {
      const moments = { mean: tf.keep(tf.clone(mean)), variance: tf.keep(tf.clone(variance)), rows };
      watched.push((apply) => {
        followMoments(buffersOf(buffers, name), moments, apply);
        tf.dispose([moments.mean, moments.variance]);
      });
    },
    commit: (apply) => {
      for (const follow of watched) follow(apply);
    },
  };
}

const buffersOf = (buffers: Tensors, name: string): RunningStatistics => ({
  mean: vector(buffers, `${name}.running_mean`),
  variance: vector(buffers, `${name}.running_var`),
  count: buffers.get(`${name}.num_batches_tracked`) ?? null,
});
