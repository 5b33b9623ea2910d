/** The metrics of a run as JSON lines: a summary, then a line a step, then a line a k-NN score. Line by line, as runs are long. */
import { version } from '../../package.json';
import type { RunConfig } from '../config/schema.ts';
import type { BackendInfo, DatasetSummary, KnnResult, SessionStatus } from '../protocol/values.ts';
import type { StepTable } from './step-table.ts';

export interface MetricsSource {
  backend: BackendInfo | null;
  status: SessionStatus | null;
  summary: DatasetSummary | null;
  config: RunConfig;
  steps: StepTable;
  knn: readonly KnnResult[];
}

export function* metricsLines({
  backend,
  status,
  summary,
  config,
  steps,
  knn,
}: MetricsSource): Generator<string, void> {
  const head = {
    type: 'summary',
    version,
    backend: backend?.backend ?? null,
    adapter: backend?.adapter ?? null,
    software: backend?.software ?? null,
    threads: backend?.threads ?? null,
    reason: backend?.reason ?? null,
    dataset: summary?.name ?? null,
    fingerprint: summary?.fingerprint ?? null,
    images: summary ? summary.train + summary.val : 0,
    train: summary?.train ?? 0,
    val: summary?.val ?? 0,
    classes: summary?.classes ?? [],
    split: summary?.split ?? '',
    skipped: summary?.skipped ?? [],
    steps: steps.length,
    totalSteps: status?.totalSteps ?? 0,
    parameters: status?.parameters ?? 0,
    seed: config.training.seed,
    config,
  };
  yield line(head);
  for (let i = 0; i < steps.length; i++) yield line({ type: 'step', ...steps.row(i) });
  for (const result of knn) yield line({ type: 'knn', ...result });
}

const line = (value: object) => `${JSON.stringify(value)}\n`;
