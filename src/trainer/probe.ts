/** How fast this machine trains: one block of each preset, forward and backward, timed for about a second in all. */
import * as tf from '@tensorflow/tfjs-core';
import { type PresetName, presetConfig } from '../config/presets.ts';
import type { RunConfig } from '../config/schema.ts';
import { blockWork } from '../config/work.ts';
import { initialNetwork } from '../model/border.ts';
import { disposeNetwork, type Tensors } from '../model/network.ts';
import { networkSpec } from '../model/specs.ts';
import { clsFeatures, type PackedViews } from '../model/vit.ts';
import { crossViewLoss } from '../ops/cross-view-loss.ts';
import { compileShaders } from '../ops/device/webgpu.ts';
import { tokenLayout } from '../ops/layout.ts';
import type { MachineSpeed } from '../protocol/values.ts';
import { breathe } from './breathe.ts';
import { vitOf } from './no-attention.ts';
import { networkShape } from './run-settings.ts';

/** In the order of their cost. */
const PROBED = ['nano', 'small', 'vit-tiny', 'vit-small'] satisfies PresetName[];
const BUDGET_MS = 1200;
/** A measurement is long enough to be believed from here on. */
const ENOUGH_MS = 60;
const FEWEST_VIEWS = 2;
const GROWTH = 4;

/**
 * Effective GFLOP/s by the width of the network. Wider networks than the time allows are left out. Between two
 * measurements it lets messages in, and gives up (null) once `wanted` says no.
 */
export async function probeSpeed(wanted: () => boolean): Promise<MachineSpeed | null> {
  const begun = performance.now();
  const rates: MachineSpeed['rates'] = [];
  for (const name of PROBED) {
    const config = presetConfig(name);
    const slowest = rates.at(-1)?.gflops ?? 0;
    const left = BUDGET_MS - (performance.now() - begun);
    // Twice: once to compile and warm up, once to measure.
    if (slowest > 0 && (2e3 * blockWork(config, FEWEST_VIEWS)) / slowest > left) break;
    const gflops = await rateOf(config, begun + BUDGET_MS, wanted);
    if (gflops === null) return null;
    rates.push({ dim: config.backbone.dim, gflops });
  }
  return { rates, seconds: (performance.now() - begun) / 1000 };
}

async function rateOf(config: RunConfig, deadline: number, wanted: () => boolean): Promise<number | null> {
  const network = initialNetwork(
    networkSpec({ ...networkShape(config), backbone: { ...vitOf(config), depth: 1 } }),
    0,
  );
  let best = 0;
  try {
    for (let views = FEWEST_VIEWS; ; views *= GROWTH) {
      const work = () => block(network.parameters, config, views);
      await compileShaders(() => void tf.tidy(work));
      if (!wanted()) return null;
      await timed(work);
      const milliseconds = await timed(work);
      best = Math.max(best, blockWork(config, views) / (milliseconds / 1000));
      await breathe();
      if (!wanted()) return null;
      const next = 2 * GROWTH * milliseconds;
      if (milliseconds >= ENOUGH_MS || performance.now() + next > deadline) return best;
    }
  } finally {
    disposeNetwork(network);
  }
}

async function timed(work: () => tf.Scalar): Promise<number> {
  const begun = performance.now();
  const value = tf.tidy(work);
  await value.data();
  value.dispose();
  return performance.now() - begun;
}

/** Forward and backward of one block and its embedding over `views` global views; a number that depends on every gradient. */
function block(parameters: Tensors, config: RunConfig, views: number): tf.Scalar {
  const backbone = vitOf(config);
  const side = config.views.globalSize / backbone.patchSize;
  const packed: PackedViews = {
    patches: tf.zeros([views * side * side, 3 * backbone.patchSize ** 2]),
    layout: tokenLayout([{ sequences: views, rows: side, columns: side }]),
  };
  const inBackbone = [...parameters].filter(([name]) => name.startsWith('backbone.'));
  const evenly = tf.fill<tf.Rank.R2>([views, backbone.dim], 1 / backbone.dim); // [views, dim]
  const { grads } = tf.valueAndGrads(() =>
    crossViewLoss(clsFeatures(parameters, packed, { ...backbone, depth: 1 }), evenly, 2, 1),
  )(inBackbone.map(([, tensor]) => tensor));
  return grads.map((gradient) => tf.sum<tf.Scalar>(gradient)).reduce((a, b) => tf.add(a, b));
}
