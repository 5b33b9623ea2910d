/** The results of studies as files: a row a score as CSV, everything as JSON. */
import { version } from '../../package.json';
import type { RunConfig } from '../config/schema.ts';
import { wilson } from '../core/interval.ts';
import type { Score, StudyResult } from '../protocol/studies.ts';
import type { BackendInfo, DatasetSummary } from '../protocol/values.ts';
import type { DoneStudy } from './studies.ts';

export interface StudiesSource {
  backend: BackendInfo | null;
  summary: DatasetSummary | null;
  /** Of the present run. */
  config: RunConfig;
  run: number;
  done: readonly DoneStudy[];
}

/** What a study's score is worth: 95 % intervals of shares; null for measures that are no share of images. */
export function intervalOf({ unit, n }: Score, value: number): { low: number; high: number } | null {
  return unit === 'percent' ? wilson(value, n) : null;
}

const COLUMNS = [
  ...['run', 'step', 'study', 'network', 'images', 'method', 'unit', 'train', 'val', 'n'],
  ...['value', 'low', 'high', 'untrained', 'untrained_low', 'untrained_high'],
  ...['pixels', 'pixels_low', 'pixels_high'],
];

/** A row a score, after a heading; percent where the unit says so. */
export function studiesCsv(done: readonly DoneStudy[]): string {
  const rows = done.flatMap(({ run, result }) =>
    result.scores.map((score) => {
      const { study, step, train, val } = result;
      const figures = [score.network, score.untrained, score.pixels].flatMap((value) => {
        const interval = intervalOf(score, value);
        return [value, interval?.low ?? '', interval?.high ?? ''];
      });
      return [
        run,
        step,
        study.kind,
        study.network,
        study.images,
        score.method,
        score.unit,
        train,
        val,
        score.n,
      ]
        .concat(figures)
        .map(field)
        .join(',');
    }),
  );
  return `${[COLUMNS.join(','), ...rows].join('\n')}\n`;
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function studiesJson({ backend, summary, config, run, done }: StudiesSource): string {
  const evaluation = {
    version,
    backend: backend?.backend ?? null,
    adapter: backend?.adapter ?? null,
    dataset: summary?.name ?? null,
    fingerprint: summary?.fingerprint ?? null,
    classes: summary?.classes ?? [],
    /** The settings are those of this run. */
    run,
    config,
    results: done.map((each) => ({ run: each.run, ...withIntervals(each.result) })),
  };
  return `${JSON.stringify(evaluation, null, 1)}\n`;
}

function withIntervals({ scores, ...result }: StudyResult) {
  return {
    ...result,
    scores: scores.map((score) => ({ ...score, interval: intervalOf(score, score.network) })),
  };
}
