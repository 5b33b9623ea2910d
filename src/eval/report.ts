/** How good predictions are, class by class: scikit-learn's confusion_matrix and classification_report (zero_division 0). */
import { type Labels, labelAt } from './labels.ts';

export interface ClassScores {
  /** Right among those predicted to be of the class, 0 where none is. */
  precision: number;
  /** Right among those of the class, 0 where there is none. */
  recall: number;
  /** Harmonic mean of the two. */
  f1: number;
  /** Rows that are truly of the class. */
  support: number;
}

export interface ClassificationReport {
  /** Row: the true class, column: the predicted one. [classes][classes] */
  confusion: number[][];
  perClass: ClassScores[];
  /** Share of rows that are right, 0 … 1. */
  accuracy: number;
  /** Plain mean over all classes, those that occur nowhere too. */
  macro: ClassScores;
  /** Mean over classes, weighted by their support. */
  weighted: ClassScores;
}

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** Throws BadLabel, and RangeError where the two are not of one length. */
export function classificationReport(
  truth: Labels,
  predicted: Labels,
  classes: number,
): ClassificationReport {
  const n = truth.length;
  if (predicted.length !== n)
    throw new RangeError(`${predicted.length} predictions do not belong to ${n} labels`);
  const counts = new Uint32Array(classes * classes);
  for (let i = 0; i < n; i++) {
    const at = labelAt(truth, i, classes) * classes + labelAt(predicted, i, classes);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const confusion = Array.from({ length: classes }, (_, c) => [
    ...counts.subarray(c * classes, (c + 1) * classes),
  ]);
  const perClass = confusion.map((row, c) => {
    const right = row[c] ?? 0;
    const support = row.reduce((sum, count) => sum + count, 0);
    const claimed = confusion.reduce((sum, other) => sum + (other[c] ?? 0), 0);
    return {
      precision: ratio(right, claimed),
      recall: ratio(right, support),
      f1: ratio(2 * right, claimed + support),
      support,
    };
  });
  const right = confusion.reduce((sum, row, c) => sum + (row[c] ?? 0), 0);
  return {
    confusion,
    perClass,
    accuracy: ratio(right, n),
    macro: averaged(perClass, () => 1),
    weighted: averaged(perClass, ({ support }) => support),
  };
}

function averaged(scores: readonly ClassScores[], weightOf: (scores: ClassScores) => number): ClassScores {
  const total = scores.reduce((sum, each) => sum + weightOf(each), 0);
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    ratio(
      scores.reduce((sum, each) => sum + weightOf(each) * each[key], 0),
      total,
    );
  return {
    precision: mean('precision'),
    recall: mean('recall'),
    f1: mean('f1'),
    support: scores.reduce((sum, { support }) => sum + support, 0),
  };
}
