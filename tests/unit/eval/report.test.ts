/** Confusion and scores of each class against scikit-learn's numbers and printed table. */
import { describe, expect, it } from 'vitest';
import { printed } from '../../../src/core/printed.ts';
import { BadLabel } from '../../../src/eval/labels.ts';
import { type ClassScores, classificationReport } from '../../../src/eval/report.ts';
import { farthest, fixture } from './evaluation-fixture.ts';
import { reportText } from './report-text.ts';

const flat = ({ precision, recall, f1, support }: ClassScores) => [precision, recall, f1, support];

describe.each(fixture.reports.map((expected, i) => ({ i, expected })))('case $i', ({ expected }) => {
  const report = classificationReport(expected.truth, expected.predicted, expected.classes);

  it('gives the confusion matrix, true classes down', () => {
    expect(report.confusion).toEqual(expected.confusion);
  });

  it('gives precision, recall, F1 and support of each class and their means', () => {
    expect(farthest(report.perClass.flatMap(flat), expected.perClass.flatMap(flat))).toBeLessThan(1e-15);
    expect(farthest(flat(report.macro), flat(expected.macro))).toBeLessThan(1e-15);
    expect(farthest(flat(report.weighted), flat(expected.weighted))).toBeLessThan(1e-15);
    expect(report.accuracy).toBe(expected.accuracy);
  });

  it('prints the same table to the character', () => {
    // With a class that occurs nowhere scikit-learn calls the accuracy "micro avg", and prints it three times.
    const renamed = expected.text.replace(/^ +micro avg +\S+ +\S+( +\S+ +\d+)$/m, (line, cells: string) =>
      'accuracy'
        .padStart(12)
        .padEnd(line.length - cells.length)
        .concat(cells),
    );
    expect(reportText(report, expected.names)).toBe(renamed);
  });
});

it('makes F1 of counts, as scikit-learn does today: of 3/11 and 3/5 it would be 0.37499…, printed 0.37', () => {
  const truth = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
  const predicted = [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
  const { f1 } = classificationReport(truth, predicted, 2).perClass[1] ?? { f1: Number.NaN };
  expect(f1).toBe(0.375);
  expect(printed(f1)).toBe('0.38');
});

describe('printed', () => {
  it('rounds true ties to the even digit as Python does, and nothing else', () => {
    expect([0.125, 0.375, 0.625, 0.875, 0.0625].map((value) => printed(value))).toEqual([
      '0.12',
      '0.38',
      '0.62',
      '0.88',
      '0.06',
    ]);
    // As Python's format(value, '.2f'): no ties, these lie off them in binary.
    expect([0.145, 0.285, 0.295, 0.5, 1].map((value) => printed(value))).toEqual([
      '0.14',
      '0.28',
      '0.29',
      '0.50',
      '1.00',
    ]);
    expect([0.5, 1.5, 2.5].map((value) => printed(value, 0))).toEqual(['0', '2', '2']);
  });
});

describe('labels that cannot be', () => {
  it('are refused with the value', () => {
    expect(() => classificationReport([0, -1], [0, 0], 2)).toThrow(BadLabel);
    expect(() => classificationReport([0, 1], [0, 2], 2)).toThrow(/label 2/);
    expect(() => classificationReport([0, 1], [0], 2)).toThrow(RangeError);
  });
});
