/** Which class is taken for which, by one classifier: the confusion matrix and the figures of each class. */
import { predictByNeighbors } from '../../eval/knn-predict.ts';
import { classificationReport } from '../../eval/report.ts';
import { type FindingOf, type Study, TUNING } from '../../protocol/studies.ts';
import { finetuned, finetunedBefore, type Task } from './finetune.ts';
import type { Findings } from './knn.ts';
import { cosine, unitRows } from './likeness.ts';
import { fitted, type Material, material, probed } from './linear.ts';
import { besideBaselines, type Figure, type Measured } from './scores.ts';
import { TURN, type Who, type Workbench } from './workbench.ts';

type ReportStudy = Extract<Study, { kind: 'report' }>;

const NAMES = {
  knn: 'k-NN, weighted vote',
  logistic: 'logistic regression',
  sgd: 'linear probe',
  finetune: 'fine-tuned',
} as const;
const PROBE = { epochs: 100, sweep: true };

export async function reportStudy({ classifier }: ReportStudy, bench: Workbench): Promise<Findings> {
  const task = bench.labelled();
  const { train, val, classes } = task;
  const measure = async (who: Who): Promise<Measured<FindingOf<'report'>>> => {
    const stage = `${NAMES[classifier]}, ${TURN[who]}`;
    const predicted = await predictions[classifier](bench, who, task, stage);
    const report = classificationReport(val.labels, predicted, classes);
    const found: FindingOf<'report'> = {
      kind: 'report',
      classes: bench.catalogue.classes,
      confusion: report.confusion,
      perClass: report.perClass,
      macro: report.macro,
      weighted: report.weighted,
      predictions: val.ids.map((id, i) => ({
        id,
        truth: val.labels[i] ?? -1,
        predicted: predicted[i] ?? -1,
      })),
    };
    const n = val.ids.length;
    const figures: Figure[] = [
      { method: `accuracy, ${NAMES[classifier]}`, unit: 'percent', n, value: 100 * report.accuracy },
      { method: 'F1, mean of the classes', unit: 'index', n, value: report.macro.f1 },
      { method: 'F1, weighted by support', unit: 'index', n, value: report.weighted.f1 },
    ];
    return { figures, found };
  };
  const { scores, found } = await besideBaselines(measure);
  return { train: train.ids.length, val: val.ids.length, classes, scores, notes: [], finding: found };
}

type Predict = (bench: Workbench, who: Who, task: Task, stage: string) => Promise<Int32Array>;

const lastBlock = (bench: Workbench, who: Who, { train, val }: Task): Promise<Material> =>
  material(bench, who, train, val, 1);

const predictions: Record<ReportStudy['classifier'], Predict> = {
  async knn(bench, who, { train, val, classes }, stage) {
    const { knnK, knnTemperature } = bench.config.evaluation;
    const unit = {
      train: unitRows(await bench.features(who, train.ids)),
      val: unitRows(await bench.features(who, val.ids)),
    };
    const [found] = await predictByNeighbors(
      cosine(bench, unit.val, unit.train, stage),
      train.labels,
      {
        ks: [knnK],
        classes,
        vote: { kind: 'weighted', temperature: knnTemperature },
        leaveOneOut: false,
      },
      bench.between,
    );
    return found?.predictions ?? new Int32Array();
  },
  async logistic(bench, who, task, stage) {
    const features = await lastBlock(bench, who, task);
    return (await fitted(bench, features, task.train, task.classes, stage)).predictions;
  },
  async finetune(bench, who, task, stage) {
    const before = finetunedBefore(bench, who, TUNING, task);
    return before ?? (await finetuned(bench, who, TUNING, task, stage)).predictions;
  },
  async sgd(bench, who, task, stage) {
    return (await probed(bench, PROBE, await lastBlock(bench, who, task), task, stage)).predictions;
  },
};
