/** What a linear layer can read from frozen features: trained by SGD as the paper does, and fitted to convergence. */
import { officialRate } from '../../eval/linear-probe.ts';
import { readableBlocks } from '../../model/backbone.ts';
import { isResNet } from '../../model/shapes.ts';
import type { FindingOf, Study } from '../../protocol/studies.ts';
import type { Findings } from './knn.ts';
import { accuracyOf, besideBaselines, type Measured } from './scores.ts';
import { type Features, inWords, type Split, TURN, type Who, type Workbench } from './workbench.ts';

type LinearStudy = Extract<Study, { kind: 'linear' }>;

/** Few images make smaller batches, so that an epoch has steps enough to learn something. */
const BATCH = { most: 256, least: 16, steps: 10 };
/** Of the official eval_linear.py: 0.001 for a batch of 256. A sweep tries these instead. */
const OFFICIAL_BASE = 0.001;
const SWEPT_BASES = [1e-3, 1e-2, 1e-1, 1, 10];
/** Which rate is best shows long before the last epoch. */
const SWEEP_EPOCHS = 20;
/** scikit-learn's default strength of regularization, and its bound on iterations as recipes of the field set it. */
const C = 1;
const ITERATIONS = 1000;
/** Linear layers learn from raw pixels at this size at most: they have a weight for each of them. */
export const LINEAR_PIXELS = 16;

/** A pair of splits with features. */
export interface Material {
  train: Features;
  val: Features;
}

export async function material(
  bench: Workbench,
  who: Who,
  train: Split,
  val: Split,
  blocks: number,
): Promise<Material> {
  const side = Math.min(LINEAR_PIXELS, bench.pixelSide);
  return {
    train: await bench.features(who, train.ids, blocks, side),
    val: await bench.features(who, val.ids, blocks, side),
  };
}

export async function linearStudy(study: LinearStudy, bench: Workbench): Promise<Findings> {
  const { train, val, classes } = bench.labelled();
  const blocks = Math.min(study.blocks, readableBlocks(bench.config.backbone));
  let converged = true;
  const measure = async (who: Who): Promise<Measured<FindingOf<'linear'>>> => {
    const features = await material(bench, who, train, val, blocks);
    const stage = TURN[who];
    const probe = await probed(bench, study, features, { train, val, classes }, `Linear probe, ${stage}`);
    const logistic = await fitted(bench, features, train, classes, `Logistic regression, ${stage}`);
    if (!logistic.converged) converged = false;
    const figures = [
      accuracyOf(`linear probe, SGD, ${study.epochs} epochs`, probe.predictions, val.labels),
      accuracyOf(`logistic regression, L2, C = ${C}`, logistic.predictions, val.labels),
    ];
    return { figures, found: probe.finding };
  };
  const { scores, found } = await besideBaselines(measure);
  const side = Math.min(LINEAR_PIXELS, bench.pixelSide);
  return {
    train: train.ids.length,
    val: val.ids.length,
    classes,
    scores,
    notes: [
      `Features: ${readIn(bench, blocks)}. Raw pixels at ${side} × ${side} px. The probe learns from batches of ${batchOf(train.ids.length)}.`,
      ...(converged
        ? []
        : [`The logistic regression had not come to rest after ${inWords(ITERATIONS)} iterations.`]),
    ],
    finding: found,
  };
}

function readIn({ config }: Workbench, blocks: number): string {
  if (isResNet(config.backbone)) return 'the mean of the last stage over all places';
  return `CLS token${blocks === 1 ? ' of the last block' : `s of the last ${blocks} blocks side by side`}`;
}

/** A linear layer trained by SGD; with `sweep`, at the rate that does best on a fifth of the training images. */
export async function probed(
  bench: Workbench,
  { epochs, sweep }: Pick<LinearStudy, 'epochs' | 'sweep'>,
  { train, val }: Material,
  truth: { train: Split; val: Split; classes: number },
  stage: string,
) {
  const batch = batchOf(truth.train.ids.length);
  const settings = { batch, epochs, momentum: 0.9, weightDecay: 0, seed: bench.config.training.seed };
  const { width } = train;
  const rows = { rows: train.rows, labels: truth.train.labels };
  const common = { train: rows, width, classes: truth.classes };
  let rate = officialRate(batch, OFFICIAL_BASE);
  let tried: FindingOf<'linear'>['tried'] = [];
  if (sweep) {
    const rates = SWEPT_BASES.map((base) => officialRate(batch, base));
    const short = { ...settings, epochs: Math.min(epochs, SWEEP_EPOCHS) };
    const swept = await bench.numerics<'sweep'>(
      { task: 'sweep', ...common, settings: short, rates },
      (done) => bench.say(`${stage}: trying learning rates`, done / rates.length),
    );
    rate = swept.best;
    tried = swept.tried.map((each) => ({ rate: each.rate, accuracy: 100 * each.accuracy }));
  }
  const { curve, predictions } = await bench.numerics<'probe'>(
    {
      task: 'probe',
      ...common,
      test: { rows: val.rows, labels: truth.val.labels },
      settings: { ...settings, rate },
    },
    (done) => bench.say(`${stage}: epoch ${done} of ${epochs}`, done / epochs),
  );
  const finding: FindingOf<'linear'> = {
    kind: 'linear',
    curve: {
      loss: curve.map(({ loss }) => loss),
      train: curve.map(({ trainAccuracy }) => 100 * trainAccuracy),
      val: curve.map(({ testAccuracy }) => 100 * testAccuracy),
    },
    rate,
    tried,
  };
  return { predictions, finding };
}

function batchOf(images: number): number {
  const { most, least, steps } = BATCH;
  return Math.min(images, most, Math.max(least, Math.floor(images / steps)));
}

/** Logistic regression on standardized features, as scikit-learn fits it. */
export function fitted(
  bench: Workbench,
  { train, val }: Material,
  truth: Split,
  classes: number,
  stage: string,
): Promise<{ predictions: Int32Array; converged: boolean }> {
  bench.say(stage);
  return bench.numerics<'logistic'>(
    {
      task: 'logistic',
      train: { rows: train.rows, labels: truth.labels },
      test: val.rows,
      width: train.width,
      classes,
      C,
      iterations: ITERATIONS,
    },
    (done) => bench.say(`${stage}: iteration ${done} of at most ${inWords(ITERATIONS)}`),
  );
}
