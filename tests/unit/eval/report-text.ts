/** A report as scikit-learn prints it, to hold its figures against that to the digit. */
import { printed } from '../../../src/core/printed.ts';
import type { ClassificationReport, ClassScores } from '../../../src/eval/report.ts';

/**
 * The table that scikit-learn's classification_report prints, its columns and digits. It always says accuracy, where
 * scikit-learn says "micro avg" when some class occurs in neither labels nor predictions; the number is the same.
 */
export function reportText(report: ClassificationReport, names: readonly string[], digits = 2): string {
  const { perClass, accuracy, macro, weighted } = report;
  const width = Math.max(...names.map((name) => name.length), 'weighted avg'.length, digits);
  const line = (name: string, cells: readonly string[]) =>
    `${name.padStart(width)} ${cells.map((cell) => ` ${cell.padStart(9)}`).join('')}`;
  const scores = (name: string, { precision, recall, f1, support }: ClassScores) =>
    line(name, [...[precision, recall, f1].map((value) => printed(value, digits)), String(support)]);
  return [
    line('', ['precision', 'recall', 'f1-score', 'support']),
    '',
    ...perClass.map((each, c) => scores(names[c] ?? `class ${c}`, each)),
    '',
    line('accuracy', ['', '', printed(accuracy, digits), String(macro.support)]),
    scores('macro avg', macro),
    scores('weighted avg', weighted),
    '',
  ].join('\n');
}
