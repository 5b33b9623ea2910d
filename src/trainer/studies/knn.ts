/** The votes of nearest neighbors, counted in each of the ways that others count them. */
import { predictByNeighbors } from '../../eval/knn-predict.ts';
import { fitScaler, standardized } from '../../eval/standardize.ts';
import type { Finding, Score } from '../../protocol/studies.ts';
import { cosine, euclidean, unitRows } from './likeness.ts';
import { accuracyOf, besideBaselines, type Measured } from './scores.ts';
import { inWords, TURN, type Who, type Workbench } from './workbench.ts';

/** Of the official eval_knn.py. */
const WEIGHTED_KS = [10, 20, 100, 200];
const MAJORITY_K = 20;
const STANDARDIZED_K = 5;

export interface Findings {
  train: number;
  val: number;
  classes: number;
  scores: Score[];
  notes: string[];
  finding: Finding;
}

export async function knnStudy(bench: Workbench): Promise<Findings> {
  const { train, val, classes } = bench.labelled();
  const temperature = bench.config.evaluation.knnTemperature;
  const n = val.ids.length;
  const ks = [...new Set(WEIGHTED_KS.map((k) => Math.min(k, train.ids.length)))];
  const measure = async (who: Who): Promise<Measured<null>> => {
    const raw = {
      train: await bench.features(who, train.ids),
      val: await bench.features(who, val.ids),
    };
    const unit = { train: unitRows(raw.train), val: unitRows(raw.val) };
    const scaler = fitScaler(raw.train.rows, raw.train.width);
    const scaled = {
      train: { ...raw.train, rows: standardized(raw.train.rows, scaler) },
      val: { ...raw.val, rows: standardized(raw.val.rows, scaler) },
    };
    const stage = `Neighbours, ${TURN[who]}`;
    const weighted = await predictByNeighbors(
      cosine(bench, unit.val, unit.train, `${stage}: weighted votes`),
      train.labels,
      { ks, classes, vote: { kind: 'weighted', temperature }, leaveOneOut: false },
      bench.between,
    );
    const among = await predictByNeighbors(
      cosine(bench, unit.train, unit.train, `${stage}: each training image left out once`),
      train.labels,
      { ks: [MAJORITY_K], classes, vote: { kind: 'majority' }, leaveOneOut: true },
      bench.between,
    );
    const plain = await predictByNeighbors(
      euclidean(bench, scaled.val, scaled.train, `${stage}: standardised features`),
      train.labels,
      { ks: [STANDARDIZED_K], classes, vote: { kind: 'majority' }, leaveOneOut: false },
      bench.between,
    );
    const figures = [
      ...weighted.map(({ used, predictions }) =>
        accuracyOf(`weighted vote, k = ${used}`, predictions, val.labels),
      ),
      ...plain.map(({ used, predictions }) =>
        accuracyOf(`majority, k = ${used}, standardised`, predictions, val.labels),
      ),
      ...among.map(({ used, predictions }) =>
        accuracyOf(`majority, k = ${used}, leave-one-out`, predictions, train.labels),
      ),
    ];
    return { figures, found: null };
  };
  return {
    train: train.ids.length,
    val: n,
    classes,
    scores: (await besideBaselines(measure)).scores,
    notes: [
      `Leave-one-out asks each of the ${inWords(train.ids.length)} training images for its own neighbours; the other rows score the ${inWords(n)} validation images.`,
      `Raw pixels are compared at ${bench.pixelSide} × ${bench.pixelSide} px.`,
    ],
    finding: { kind: 'knn' },
  };
}
