/** What prototypes a network's answers to some images name, and how many directions its features fill. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../config/schema.ts';
import type { Catalogue } from '../../data/catalogue.ts';
import { effectiveRank, prototypeUsage } from '../../eval/collapse.ts';
import { unitLength } from '../../eval/features.ts';
import type { Between } from '../../eval/pace.ts';
import { columnMeans } from '../../eval/standardize.ts';
import { evaluationFeatures } from '../../model/backbone.ts';
import { head } from '../../model/head.ts';
import type { Tensors } from '../../model/network.ts';
import { featureWidth, rowSide } from '../../model/shapes.ts';
import { tokenLayout } from '../../ops/layout.ts';
import { l2Normalize } from '../../ops/normalize.ts';
import type { Usage } from '../../protocol/diagnosis.ts';
import { evalRows } from '../evaluated-images.ts';

/** Images at once at most; a head's BatchNorm needs many. */
const BATCH = 32;

export interface Asked {
  catalogue: Catalogue;
  config: RunConfig;
  ids: readonly number[];
}

/**
 * The likeliest prototype of each image is that of the highest score without the center, as temperatures change no
 * order. `piece` does work on the device in its turn; both it and `between` may throw to give up.
 */
export async function usageOf(
  tensors: Tensors,
  center: Float32Array | null,
  { catalogue, config, ids }: Asked,
  piece: <T>(work: () => Promise<T>) => Promise<T>,
  between: Between,
): Promise<Usage> {
  const { backbone, views, loss, head: headShape } = config;
  const square = rowSide(backbone);
  const side = views.globalSize / square;
  const width = featureWidth(backbone);
  const rowsOf = evalRows(catalogue, config, ids, views.globalSize, square);
  const features = new Float32Array(ids.length * width);
  const chosen = new Int32Array(ids.length);
  // Batches of one size, so that a head's BatchNorm sees about as many images each time.
  const batches = Math.ceil(ids.length / BATCH);
  for (let batch = 0; batch < batches; batch++) {
    const from = Math.floor((batch * ids.length) / batches);
    const to = Math.floor(((batch + 1) * ids.length) / batches);
    await piece(async () => {
      const made = tf.tidy(() => {
        const count = to - from;
        const patches = tf.tensor2d(rowsOf(from, to), [count * side * side, 3 * square ** 2]);
        const layout = tokenLayout([{ sequences: count, rows: side, columns: side }]);
        const cls = evaluationFeatures(tensors, { patches, layout }, backbone); // [batch, width]
        const logits = head(tensors, cls, headShape); // [batch, K]
        return { cls, logits: loss.teacherLogitsL2 ? l2Normalize(logits) : logits };
      });
      features.set(await made.cls.data<'float32'>(), from * width);
      chosen.set(likeliest(await made.logits.data<'float32'>(), headShape.prototypes, center), from);
      tf.dispose(made);
    });
  }
  const { histogram, perplexity, used } = prototypeUsage(chosen, headShape.prototypes);
  return {
    histogram: Float32Array.from(histogram),
    perplexity,
    used,
    rank: await effectiveRank(differences(features, width), width, between),
  };
}

/**
 * Features of unit length without their mean: what tells images apart. With the mean, which RankMe leaves in, the one
 * direction that all features share hides the others.
 */
function differences(features: Float32Array, width: number): Float32Array {
  const unit = unitLength(features, width);
  const mean = columnMeans(unit, width);
  return unit.map((value, i) => value - (mean[i % width] ?? 0));
}

/** The place of the largest score of each row, without the center. */
export function likeliest(logits: Float32Array, prototypes: number, center: Float32Array | null): Int32Array {
  const chosen = new Int32Array(logits.length / prototypes);
  for (let row = 0; row < chosen.length; row++) {
    let best = 0;
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < prototypes; k++) {
      const score = (logits[row * prototypes + k] ?? 0) - (center?.[k] ?? 0);
      if (score > top) {
        top = score;
        best = k;
      }
    }
    chosen[row] = best;
  }
  return chosen;
}
